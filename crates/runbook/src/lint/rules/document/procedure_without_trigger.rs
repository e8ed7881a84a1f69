//! D18: a procedure that does not say when it applies.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};
use crate::model::Procedure;

pub(super) const RULE: Rule = Rule {
    code: "D18",
    name: "procedure-without-trigger",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D18.md"),
    check,
};

/// Only where most procedures of the same level say it: recipes do not need to, nor do the cases of one incident, and
/// the title of an alert says it.
fn check(document: &Document<'_>, report: &mut Report) {
    let procedures = &document.runbook.procedures;
    let mut levels: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for procedure in procedures {
        let (all, triggered) = levels.entry(level(document, procedure)).or_default();
        *all += 1;
        *triggered += usize::from(procedure.trigger.is_some());
    }
    for said in document.diagnostics.iter().filter(|diagnostic| diagnostic.code == RULE.name) {
        let at = procedures.partition_point(|procedure| procedure.span.start < said.span.start);
        let Some(procedure) = procedures.get(at) else { continue };
        let (all, triggered) = levels.get(&level(document, procedure)).copied().unwrap_or_default();
        if triggered > 0 && triggered * 2 >= all && !names_symptom(&procedure.title) {
            report.at(said.span, said.message.clone(), said.help.clone());
        }
    }
}

/// How many signs stand in front of a heading; none for a title that is no heading.
fn level(document: &Document<'_>, procedure: &Procedure) -> usize {
    procedure.span.slice(document.text).bytes().take_while(|byte| *byte == b'#').count()
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
