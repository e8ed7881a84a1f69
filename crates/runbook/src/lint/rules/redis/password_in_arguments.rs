//! RD09: a password among the arguments of redis-cli can be read in the list of processes.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Edit, Fix, Report, Rule};
use crate::span::Span;
use crate::syntax::bash::{Word, Wrapper};
use crate::syntax::redis::{self, Options};

pub(super) const RULE: Rule = Rule {
    code: "RD09",
    name: "redis-password-in-arguments",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD09.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| redis::is_client(place.program())) {
        for (option, value) in Options::of(place.invocation).all {
            let Some(value) = value else { continue };
            let secret = match option.value.as_str() {
                "-a" | "--pass" => !value.value.is_empty(),
                "-u" => holds_password(&value.value),
                _ => false,
            };
            if secret && !is_expanded_inside(&place, value) {
                say(&place, option, value, report);
            }
        }
    }
}

fn say(place: &Place<'_, '_>, option: &Word, value: &Word, report: &mut Report) {
    let span = place.entry.place(option.span.cover(value.span));
    let history = if value.expands { "" } else { ", and stays in the shell's history" };
    let finding = report.at(
        span,
        format!("the password can be read by everybody on the host, in the list of processes{history}"),
        "put it into the environment: `export REDISCLI_AUTH=…`, or let `redis-cli --askpass` ask for it",
    );
    // Only a value that comes from a variable moves in front unread; through `kubectl exec` it would not get there.
    if option.value != "-u" && value.expands && place.invocation.via.is_none() {
        let source = value.span.slice(&place.entry.command.text);
        let start = place.span().start;
        let edits = vec![
            Edit { span: Span::new(start, start), text: format!("REDISCLI_AUTH={source} ") },
            Edit { span: Span::new(span.start, span.end + blanks(place, value)), text: String::new() },
        ];
        finding.fix = Some(Fix { title: "give the password by the environment".to_owned(), edits });
    }
}

/// Length of the blanks behind a word, up to the next one.
fn blanks(place: &Place<'_, '_>, word: &Word) -> usize {
    let rest = place.entry.command.text.get(word.span.end..).unwrap_or_default();
    rest.len() - rest.trim_start_matches(' ').len()
}

/// `redis://user:password@host`
fn holds_password(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let Some((user, _)) = rest.rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
}

/// Whether the value comes from a variable of the container in which a shell of its own reads it.
fn is_expanded_inside(place: &Place<'_, '_>, value: &Word) -> bool {
    let mut wrappers = place.entry.script.wrappers(place.index);
    let shell = wrappers.next().is_some_and(|outer| {
        outer.wraps == Some(Wrapper::Shell) && outer.words.last().is_some_and(|text| !text.expands)
    });
    shell && value.expands && wrappers.any(|outer| outer.wraps == Some(Wrapper::Container))
}
