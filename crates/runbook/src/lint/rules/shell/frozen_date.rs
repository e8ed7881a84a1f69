//! S22: a date that was right when the runbook was written picks the wrong backup tonight.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Entry, Report, Rule};
use crate::shell::programs::is_program;
use crate::span::Span;
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "S22",
    name: "frozen-date",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S22.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for entry in document.entries() {
        let mut seen: Option<Span> = None;
        for place in entry.invocations().filter(|place| place.invocation.wraps.is_none() && selects(place)) {
            let redirected = place.invocation.redirects.iter().map(|redirect| &redirect.target);
            for word in place.invocation.arguments().iter().chain(redirected) {
                let Some(date) = date(word).filter(|_| !ends_a_blank(entry, word)) else { continue };
                let span = entry.place(word.part(date));
                if seen.replace(span) == Some(span) {
                    continue;
                }
                report.at(
                    span,
                    format!("this is always {}, whatever day the incident is on", date.slice(&word.value)),
                    "write a variable, and say how to find its value",
                );
            }
        }
    }
}

/// Whether this is a program, not a line of output, and its arguments say what is acted upon.
fn selects(place: &Place<'_, '_>) -> bool {
    let program = place.program();
    let known = is_program(program) || place.entry.script.error.is_none() && place.entry.command.text.starts_with("./");
    known
        && !matches!(
            program,
            "echo"
                | "printf"
                | "date"
                | "touch"
                | "grep"
                | "jq"
                | "sed"
                | "awk"
                | "curl"
                | "wget"
                | "docker"
                | "podman"
                | "skopeo"
                | ""
        )
}

/// Whether the word is the last one of a blank that is too long to be known as one.
fn ends_a_blank(entry: &Entry<'_>, word: &Word) -> bool {
    entry.command.text.get(word.span.end..).is_some_and(|rest| rest.starts_with('>'))
}

/// The day in a word that is the name of a file, an identifier or a time.
fn date(word: &Word) -> Option<Span> {
    let value = word.value.as_str();
    let other = value.contains("://") && !["s3://", "gs://", "file://"].iter().any(|scheme| value.contains(scheme))
        || value.contains(['{', '(', ';', '\n', ':', ' ', '<']) && !is_time(value) && !value.contains("://")
        || ["ersion", "schema", "RELEASE."].iter().any(|part| value.contains(part));
    if other {
        return None;
    }
    let bytes = value.as_bytes();
    (0..bytes.len()).find_map(|at| day(bytes, at).map(|length| Span::new(at, at + length)))
}

/// `2025-01-20T10:00:00Z`, alone or behind `--flag=`.
fn is_time(value: &str) -> bool {
    let value = value.split_once('=').map_or(value, |(_, value)| value);
    value.starts_with(|c: char| c.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || b"-:TZ.+ ".contains(&byte))
}

/// Length of a day of this century at this place: `2025-01-20`, `20250120`.
fn day(bytes: &[u8], at: usize) -> Option<usize> {
    let number = |from: usize, length: usize| {
        let digits = bytes.get(from..from + length)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let free = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_digit);
    if number(at, 2)? != 20 || at > 0 && !free(at - 1) {
        return None;
    }
    number(at, 4)?;
    let separator = bytes.get(at + 4).copied().filter(|byte| matches!(byte, b'-' | b'_' | b'.'));
    let (month, day, length) = match separator {
        Some(byte) if bytes.get(at + 7) == Some(&byte) => (number(at + 5, 2)?, number(at + 8, 2)?, 10),
        Some(_) => return None,
        None => (number(at + 4, 2)?, number(at + 6, 2)?, 8),
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day) && free(at + length)).then_some(length)
}
