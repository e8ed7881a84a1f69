//! K14: a restart, an undo or a changed environment returns at once; whether the new pods came up is never asked.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, calls, is_workload};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "K14",
    name: "rollout-without-waiting",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K14.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        scope_waits(scope, report);
    }
}

/// Says it at every rollout behind which nothing waits.
fn scope_waits(scope: &Scope<'_>, report: &mut Report) {
    let mut unwatched = Vec::new();
    for call in calls(scope) {
        if rolls_out(&call) {
            unwatched.push(call);
        } else if waits(&call) {
            unwatched.clear();
        }
    }
    for call in unwatched {
        report.at(
            call.place.span(),
            "this returns before a single pod has been replaced, and nothing behind it waits for the rollout",
            "follow it with `kubectl rollout status` of the same workload, with `--timeout`",
        );
    }
}

fn rolls_out(call: &Kubectl<'_, '_>) -> bool {
    let rolls = match call.verb() {
        "rollout" => matches!(call.second(), "restart" | "undo"),
        "set" => matches!(call.second(), "env" | "image" | "resources"),
        _ => false,
    };
    rolls && call.mutates()
}

/// Whether it waits for the rollout, or shows the pods or workloads as they are.
fn waits(call: &Kubectl<'_, '_>) -> bool {
    let shows = |kind: &str| is_workload(kind) || matches!(kind, "pod" | "all");
    match call.verb() {
        "rollout" => matches!(call.second(), "status"),
        "wait" => true,
        "get" | "describe" => {
            call.call.has(&["-w", "--watch"]) || call.objects().iter().any(|object| shows(object.kind))
        }
        _ => false,
    }
}
