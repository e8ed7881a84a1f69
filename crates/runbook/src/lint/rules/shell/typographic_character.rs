//! S05: quotes, dashes and blanks as word processors set them mean nothing to a shell.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Edit, Entry, Fix, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "S05",
    name: "typographic-character",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S05.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for entry in document.entries().filter(|entry| matches!(entry.command.language.as_str(), "bash" | "sql")) {
        if entry.command.text.is_ascii() || is_drawing(&entry.command.text) {
            continue;
        }
        let found = mistyped(entry);
        let Some(first) = found.first() else { continue };
        let span = entry.place(first.span);
        let finding = report.at(span, said(first.kind), "type it on the keyboard: `'`, `\"`, `-` or a plain blank");
        let quotes = found.iter().filter(|it| it.kind == Kind::Quote).count();
        if quotes % 2 == 0 {
            let edit = |it: &Mistyped| Edit { span: entry.place(it.span), text: it.meant.to_owned() };
            let edits = found.iter().map(edit).collect();
            finding.fix = Some(Fix { title: "use what the shell reads".to_owned(), edits });
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Quote,
    Dash,
    Blank,
}

const fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Quote => "a typographic quotation mark quotes nothing: it becomes a part of the word",
        Kind::Dash => "a typographic dash begins no option: the program takes the word for an argument",
        Kind::Blank => "a blank that does not break, or is not seen, separates nothing: it becomes a part of the word",
    }
}

struct Mistyped {
    span: Span,
    kind: Kind,
    meant: &'static str,
}

/// Trees of files and boxes are drawn with blanks that do not break.
fn is_drawing(text: &str) -> bool {
    text.contains(|c: char| ('\u{2500}'..='\u{257f}').contains(&c))
}

/// The characters outside quotes that were meant to be others.
fn mistyped(entry: &Entry<'_>) -> Vec<Mistyped> {
    let text = entry.command.text.as_str();
    let bodies: Vec<Span> = bodies(entry);
    let (mut found, mut quote, mut escaped, mut before) = (Vec::new(), None, false, ' ');
    for (at, c) in text.char_indices() {
        let previous = std::mem::replace(&mut before, c);
        if std::mem::take(&mut escaped) || bodies.iter().any(|body| body.start <= at && at < body.end) {
            continue;
        }
        match (quote, c) {
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, _) if !c.is_ascii() => {
                let rest = &text[at + c.len_utf8()..];
                if let Some((kind, meant)) = meant(previous, c, rest) {
                    found.push(Mistyped { span: Span::new(at, at + c.len_utf8()), kind, meant });
                }
            }
            _ => {}
        }
    }
    found
}

fn bodies(entry: &Entry<'_>) -> Vec<Span> {
    let redirects = entry.script.invocations.iter().flat_map(|invocation| &invocation.redirects);
    let bodies = redirects.filter_map(|redirect| redirect.body.as_ref());
    bodies.filter_map(|body| body.start.map(|start| Span::new(start, start + body.text.len()))).collect()
}

fn meant(previous: char, c: char, rest: &str) -> Option<(Kind, &'static str)> {
    let next = rest.chars().next().unwrap_or(' ');
    match c {
        // An apostrophe within a word of prose.
        '\u{2019}' if previous.is_alphanumeric() && next.is_alphanumeric() => None,
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' => Some((Kind::Quote, "\"")),
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => Some((Kind::Quote, "'")),
        '\u{2010}'..='\u{2015}' | '\u{2212}' if previous.is_whitespace() || previous == '-' => {
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).len();
            match letters {
                0 if rest.starts_with('-') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    Some((Kind::Dash, "-"))
                }
                0 => None,
                1 => Some((Kind::Dash, "-")),
                _ if previous == '-' => Some((Kind::Dash, "-")),
                _ => Some((Kind::Dash, "--")),
            }
        }
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => Some((Kind::Blank, " ")),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Some((Kind::Blank, "")),
        _ => None,
    }
}
