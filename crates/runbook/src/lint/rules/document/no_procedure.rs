//! D16: a text in which nothing can be followed.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D16",
    name: "no-procedure-found",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D16.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for said in document.diagnostics.iter().filter(|diagnostic| diagnostic.code == RULE.name) {
        report.at(said.span, said.message.clone(), said.help.clone());
    }
}
