//! S24: a pipe reports how its last program ended: half a dump looks like a whole one.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::rules::shell::transfer;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::bash::{Invocation, Redirect};

pub(super) const RULE: Rule = Rule {
    code: "S24",
    name: "pipe-hides-failure",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S24.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        sequence(scope, report);
    }
}

fn sequence(scope: &Scope<'_>, report: &mut Report) {
    let mut strict = false;
    for place in scope.invocations() {
        strict |=
            place.program() == "set" && place.invocation.arguments().iter().any(|word| word.value.contains("pipefail"));
        let invocation = place.invocation;
        if strict
            || invocation.stage > 0
            || invocation.stages < 2
            || invocation.via.is_some_and(|via| in_words(&place, via))
        {
            continue;
        }
        if let Some(program) = hidden(&place) {
            report.at(
                place.span(),
                format!(
                    "if `{program}` breaks off, what came before is taken for all of it, and the pipe reports success"
                ),
                "run `set -o pipefail` first",
            );
        }
    }
}

/// Whether the invocation stands in the same pipeline as what starts it.
fn in_words(place: &Place<'_, '_>, via: usize) -> bool {
    place.entry.script.invocations.get(via).is_some_and(|outer| outer.pipeline == place.invocation.pipeline)
}

/// The first program of a pipeline whose failure is lost and matters.
fn hidden<'d>(place: &Place<'d, '_>) -> Option<&'d str> {
    let stages: Vec<&Invocation> =
        stages(place).into_iter().map(|stage| transfer::innermost(place.entry.script, stage)).collect();
    let (last, others) = stages.split_last()?;
    let source = others
        .iter()
        .find(|stage| transfer::dumps(stage) || transfer::prints_object(stage) || transfer::unpacks(stage))?;
    keeps(last).then(|| source.program())
}

fn stages<'d>(place: &Place<'d, '_>) -> Vec<&'d Invocation> {
    let number = place.invocation.pipeline;
    let via = place.invocation.via;
    place.entry.script.invocations.iter().filter(|other| other.pipeline == number && other.via == via).collect()
}

/// Whether what arrives is stored, or performed, as it comes.
fn keeps(last: &Invocation) -> bool {
    let call = crate::syntax::call::Call::of(last);
    match last.program() {
        "psql" | "mysql" | "mariadb" | "sqlite3" | "mongorestore" | "mongoimport" | "redis-cli"
        | "clickhouse-client" | "cockroach" | "tee" | "split" | "dd" => true,
        "aws" => call.begins(&["s3", "cp"]) && call.operand(2) == "-",
        "gsutil" => call.begins(&["cp"]) && call.operand(1) == "-",
        _ => last.redirects.iter().any(Redirect::writes),
    }
}
