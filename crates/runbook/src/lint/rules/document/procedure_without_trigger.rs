//! D18: a procedure that does not say when it applies.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D18",
    name: "procedure-without-trigger",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D18.md"),
    check,
};

/// Only where most procedures of the file say it: recipes do not need to, and the title of an alert says it.
fn check(document: &Document<'_>, report: &mut Report) {
    let procedures = &document.runbook.procedures;
    let triggered = procedures.iter().filter(|procedure| procedure.trigger.is_some()).count();
    if triggered * 2 < procedures.len() {
        return;
    }
    for said in document.diagnostics.iter().filter(|diagnostic| diagnostic.code == RULE.name) {
        let at = procedures.partition_point(|procedure| procedure.span.start < said.span.start);
        if procedures.get(at).is_some_and(|procedure| !names_symptom(&procedure.title)) {
            report.at(said.span, said.message.clone(), said.help.clone());
        }
    }
}

/// Whether a title is an alert's name, or says what goes wrong.
fn names_symptom(title: &str) -> bool {
    let lower = title.to_lowercase();
    let inner = title.chars().skip(1).any(char::is_uppercase);
    let alert = inner && !title.contains(' ') && title.len() > 6;
    alert || SYMPTOMS.iter().any(|symptom| lower.contains(symptom))
}

#[rustfmt::skip]
const SYMPTOMS: &[&str] = &[
    "fail", "down", "high", "full", "slow", "error", "expir", "crash", "unavailab", "lag", "missing", "stuck", "timeout", "timed out", "not ",
    "outage", "loss", "lost", "leak", "low ", "exceed", "overload", "unhealthy", "unreachable", "corrupt", "breach", "compromis", "problem",
    "issue", "incident", "alert", "500", "502", "503", "504", "5xx", "oom", "when ", "if ", "degraded", "broken", "dead", "spike", "can't", "cannot",
];
