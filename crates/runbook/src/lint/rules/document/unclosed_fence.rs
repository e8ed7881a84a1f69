//! D17: a code block without an end.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D17",
    name: "unclosed-fence",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D17.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    super::said_by_the_parser(document, RULE.name, report);
}
