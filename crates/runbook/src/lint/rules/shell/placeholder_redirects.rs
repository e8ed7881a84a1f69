//! S01: a `<placeholder>` that nobody fills in is a redirection to the shell.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::shell::lexer::placeholder;
use crate::span::Span;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    code: "S01",
    name: "placeholder-redirects",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S01.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for place in document.invocations().filter(|place| place.invocation.via.is_none()) {
        let text = place.entry.command.text.as_str();
        for word in place.invocation.words.iter().filter(|word| word.value.contains('<')) {
            let Some(found) = bare_placeholder(text, word.span) else { continue };
            let Some(target) = written(&text[found.end..]) else { continue };
            let name = &found.slice(text)[1..found.slice(text).len() - 1];
            if !seen.insert(name) {
                continue;
            }
            report.at(
                place.entry.place(found),
                said(name, target),
                "fill it in with `--set`, or write a variable such as `\"$NAME\"`",
            );
        }
    }
}

fn said(name: &str, target: &str) -> String {
    match name.split_once(' ') {
        Some((file, rest)) => format!(
            "left as it is, the shell reads a file `{file}` here, passes `{rest}` on and writes over a file `{target}`"
        ),
        None => format!("left as it is, the shell reads a file `{name}` here and writes over a file `{target}`"),
    }
}

/// The first placeholder of a word that no quotes protect.
fn bare_placeholder(text: &str, word: Span) -> Option<Span> {
    let source = word.slice(text);
    let mut quote: Option<char> = None;
    let mut skip = 0;
    for (at, c) in source.char_indices() {
        if at < skip {
            continue;
        }
        match (quote, c) {
            (None, '\\') => skip = at + 2,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '<') => {
                let length = placeholder(&source[at..]);
                if let Some(length) = length {
                    return Some(Span::new(word.start + at, word.start + at + length));
                }
            }
            _ => {}
        }
    }
    None
}

/// The word that `>` would write to; without one the shell refuses the line, and nothing happens.
fn written(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches([' ', '\t']);
    let length = rest.find(|c: char| c.is_whitespace() || "|;&()<>#".contains(c)).unwrap_or(rest.len());
    let target = rest[..length].trim_matches(['"', '\'']);
    (!target.is_empty() && !target.ends_with('/') && target != "\\" && !target.contains('`')).then_some(target)
}
