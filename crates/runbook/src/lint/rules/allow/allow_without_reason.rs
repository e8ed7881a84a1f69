//! A01: a remark that allows something without saying why, or that names no rule, allows nothing.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule, find_rule};

pub(super) const RULE: Rule = Rule {
    code: "A01",
    name: "allow-without-reason",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/A01.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for allow in &document.allows {
        for unknown in allow.rules.iter().filter(|rule| find_rule(rule).is_none()) {
            report.at(
                allow.span,
                format!("there is no rule `{unknown}`, so this allows nothing"),
                "write the code in brackets of the finding, such as `K04`",
            );
        }
        if allow.reason.is_none() || allow.rules.is_empty() {
            report.at(
                allow.span,
                "this does not say which rule is allowed and why, so it allows nothing",
                "write `allclear: allow K04: the reason`",
            );
        }
    }
}
