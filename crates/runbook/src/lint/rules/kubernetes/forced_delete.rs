//! K16: a forced deletion makes the API forget a pod whose processes may still run.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::kubectl::all_calls;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K16",
    name: "forced-delete",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K16.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document).filter(|call| call.verb() == "delete" && !call.is_dry()) {
        let Some(force) = call.call.flag(&["--force"]).filter(|flag| flag.value != Some("false")) else { continue };
        if call.call.value(&["--grace-period"]).is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|it| it > 0)) {
            continue;
        }
        report.at(
            call.at(force.span()),
            "the API forgets the object at once, while its processes may go on on the node and write beside their successor",
            "delete without `--force` and wait; force only when the node is known to be switched off",
        );
    }
}
