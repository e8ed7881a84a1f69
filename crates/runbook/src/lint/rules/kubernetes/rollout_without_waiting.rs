//! K14: a restart, an undo or a changed environment returns at once; whether the new pods came up is never asked.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::call::Call;

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
    for place in scope.invocations().filter(|place| matches!(place.program(), "kubectl" | "oc")) {
        let call = place.call();
        if rolls_out(&call) {
            unwatched.push(place);
        } else if waits(&call) {
            unwatched.clear();
        }
    }
    for place in unwatched {
        report.at(
            place.span(),
            "this returns before a single pod has been replaced, and nothing behind it waits for the rollout",
            "follow it with `kubectl rollout status` of the same workload, with `--timeout`",
        );
    }
}

fn rolls_out(call: &Call<'_>) -> bool {
    let dry = call.flags.iter().any(|flag| flag.name == "--dry-run" && flag.value != Some("none"));
    let sets = call.begins(&["set", "env|image|resources"]) && !call.has(&["--list"]);
    (call.begins(&["rollout", "restart|undo"]) || sets) && !dry
}

fn waits(call: &Call<'_>) -> bool {
    call.begins(&["rollout", "status"])
        || call.begins(&["wait"])
        || call.begins(&["get"]) && call.has(&["-w", "--watch"])
}
