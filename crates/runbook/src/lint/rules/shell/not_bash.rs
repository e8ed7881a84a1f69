//! S03: a fence tagged `bash` that bash refuses runs nothing, or half of it.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Entry, Fence, Report, Rule};
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
    for (fence, entries) in document.bash_fences().into_iter().filter(|(fence, _)| fence.is_script()) {
        let Some((at, message)) = first_error(document.text, fence, &entries) else { continue };
        let at = document.text.floor_char_boundary(at);
        let length = document.text[at..].chars().next().map_or(0, char::len_utf8);
        report.at(
            Span::new(at, at + length),
            message,
            "close what is open; what is output or another language goes into a fence of its own",
        );
    }
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
