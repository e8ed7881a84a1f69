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
                "-u" => of_address(&value.value).is_some(),
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
    let stands = password(place, option, value).map(|it| place.entry.place(it));
    let finding = report.at(
        span,
        format!("the password can be read by everybody on the host, in the list of processes{history}"),
        "put it into the environment: `export REDISCLI_AUTH=…`, or let `redis-cli --askpass` ask for it",
    );
    finding.secrets = stands.into_iter().collect();
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

/// Where the password itself stands, unless a variable or somebody is going to put it there.
fn password(place: &Place<'_, '_>, option: &Word, value: &Word) -> Option<Span> {
    let password = if option.value == "-u" { of_address(&value.value)? } else { &value.value };
    if value.expands || password.starts_with(['<', '$', '{']) {
        return None;
    }
    let source = value.span.slice(&place.entry.command.text);
    let at = source.rfind(password).map(|at| value.span.start + at);
    Some(at.map_or(value.span, |at| Span::new(at, at + password.len())))
}

/// Length of the blanks behind a word, up to the next one.
fn blanks(place: &Place<'_, '_>, word: &Word) -> usize {
    let rest = place.entry.command.text.get(word.span.end..).unwrap_or_default();
    rest.len() - rest.trim_start_matches(' ').len()
}

/// The password of `redis://user:password@host`.
fn of_address(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (user, _) = rest.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// Whether the value comes from a variable of the container in which a shell of its own reads it.
fn is_expanded_inside(place: &Place<'_, '_>, value: &Word) -> bool {
    let mut wrappers = place.entry.script.wrappers(place.index);
    let shell = wrappers.next().is_some_and(|outer| {
        outer.wraps == Some(Wrapper::Shell) && outer.words.last().is_some_and(|text| !text.expands)
    });
    shell && value.expands && wrappers.any(|outer| outer.wraps == Some(Wrapper::Container))
}
