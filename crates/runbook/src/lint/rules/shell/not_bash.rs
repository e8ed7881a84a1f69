//! S03: a fence tagged `bash` that bash refuses runs nothing, or half of it.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::effect::built_in;
use crate::lint::{Document, Entry, Fence, Fix, Report, Rule};
use crate::parse::is_query_text;
use crate::shell::programs::is_variable_name;
use crate::span::Span;
use crate::syntax::bash::{self, SyntaxError};

pub(super) const RULE: Rule = Rule {
    code: "S03",
    name: "not-bash",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S03.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for fence in document.fences.iter().filter(|fence| fence.is_script()) {
        if is_query_text(fence.body.slice(document.text)) {
            let finding = report.at(fence.tag, "this is a query for Prometheus, which no shell runs", RETAG_QUERY);
            finding.fix = Some(Fix::replace("name the language", fence.tag, "promql"));
        }
    }
    for (fence, entries) in document.bash_fences().into_iter().filter(|(fence, _)| fence.is_script()) {
        let Some((at, message)) = first_error(document.text, fence, &entries) else { continue };
        if is_printed(fence.body.slice(document.text)) {
            report.at(fence.tag, "this reads like what a program prints, and bash refuses it", "tag the fence `text`");
            continue;
        }
        let at = document.text.floor_char_boundary(at);
        let length = document.text[at..].chars().next().map_or(0, char::len_utf8);
        report.at(
            Span::new(at, at + length),
            message,
            "close what is open; what is output or another language goes into a fence of its own",
        );
    }
}

const RETAG_QUERY: &str = "tag the fence `promql`";

/// Whether no line begins like a command; of one line alone, it may be a program that nobody knows.
fn is_printed(body: &str) -> bool {
    let lines = || body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines().count() > 1 && !lines().any(is_for_shell)
}

/// Whether a line begins like a command: a program that the catalogue knows, a path, a prompt, a word of the shell.
fn is_for_shell(line: &str) -> bool {
    const WORDS: &[&str] =
        &["if", "for", "while", "until", "case", "do", "done", "then", "else", "fi", "{", "}", "function"];
    let first = line.split([' ', ';', '(']).next().unwrap_or_default();
    let assigns = first.split_once('=').is_some_and(|(name, _)| is_variable_name(name));
    let path = first.starts_with(['/', '.', '~', '$']) && first.len() > 1 && !first.contains(':');
    assigns || path || first == "$" || WORDS.contains(&first) || built_in(first).is_some()
}

/// Where bash gives up, in the file, and why. What the parser took for single commands may belong together.
fn first_error(text: &str, fence: &Fence<'_>, entries: &[&Entry<'_>]) -> Option<(usize, &'static str)> {
    let refused = entries.iter().find(|entry| entry.script.error.is_some())?;
    if entries.iter().all(|entry| stands_alone(text, entry)) {
        let body = fence.body.slice(text);
        return match explained(&bash::parse(body).error?, body)? {
            (Some(at), message) => Some((fence.body.start + at, message)),
            (None, message) => Some((refused.command.span.start, message)),
        };
    }
    let (at, message) = explained(refused.script.error.as_ref()?, &refused.command.text)?;
    Some((refused.command.position(at.unwrap_or(0)), message))
}

/// The place of what is wrong, where it is known, and a sentence about it.
fn explained(error: &SyntaxError, text: &str) -> Option<(Option<usize>, &'static str)> {
    if error.too_large {
        return None;
    }
    let told = if error.message.ends_with("quote") {
        (Some(error.at), "this quotation mark is never closed: bash takes everything behind it for text")
    } else if error.message.contains("here document") {
        (text.find("<<"), "the line that would end this here-document is missing: bash takes everything for its text")
    } else if error.at >= text.trim_end().len() {
        (None, "bash finds no end of this: a bracket, `if` or a loop stays open, or it is no command at all")
    } else {
        let first = !text[..text.floor_char_boundary(error.at)].trim_start().contains('\n');
        let message = match first {
            true => "bash refuses this line: it cannot read on from here",
            false => "bash refuses this line, and has run those before it by then",
        };
        (Some(error.at), message)
    };
    Some(told)
}

/// Whether nothing but blanks stands in front of a command on its line.
fn stands_alone(text: &str, entry: &Entry<'_>) -> bool {
    let start = entry.command.span.start;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[line..start].trim().is_empty()
}
