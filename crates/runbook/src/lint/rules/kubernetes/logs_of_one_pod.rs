//! K05: `kubectl logs deployment/x` reads one of its pods, the first that it finds.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::kubectl::{all_calls, is_workload};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K05",
    name: "logs-of-one-pod",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K05.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document).filter(|call| call.verb() == "logs" && !call.call.has(&["--all-pods"])) {
        let Some(object) = call.objects().into_iter().find(|it| is_workload(it.kind) || it.kind == "service") else {
            continue;
        };
        // An operator has one pod that works.
        if object.name.is_some_and(|name| name.ends_with("operator")) {
            continue;
        }
        report.at(
            call.at(object.span),
            format!("of all pods behind a {}, this reads the log of one", object.kind),
            "add `--all-pods --prefix` (kubectl 1.31 or newer), or select them with `-l LABEL --tail=-1 --prefix`",
        );
    }
}
