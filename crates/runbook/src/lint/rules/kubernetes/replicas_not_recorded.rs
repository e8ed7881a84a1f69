//! K12: scaled to nothing and later to a number that somebody wrote down once: how many ran tonight is lost.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::block::{most, says, scope_text};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, calls, is_open};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K12",
    name: "replicas-not-recorded",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K12.md"),
    check,
};

/// What tells to write the number down, or that it is one.
const NOTED: &[&str] = &[
    "replica count",
    "number of replicas",
    "current replicas",
    "original replica",
    "previous replica",
    "jsonpath",
    "spec.replicas",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let mut left = most(document);
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        let all: Vec<Kubectl<'_, '_>> = calls(scope).collect();
        let stops = all.iter().filter(|call| call.replicas() == Some("0")).count();
        if stops > 0 && stops <= left && !says(scope_text(document, scope), NOTED) {
            left -= stops;
            scope_records(document, &all, report);
        }
    }
}

fn scope_records(document: &Document<'_>, all: &[Kubectl<'_, '_>], report: &mut Report) {
    for (at, stop) in all.iter().enumerate().filter(|(_, call)| call.replicas() == Some("0") && !call.is_dry()) {
        let Some(object) = stop.objects().into_iter().next() else { continue };
        let seen = all[..at].iter().any(|call| looks_at(call, object.kind));
        let again = all[at + 1..].iter().find(|call| {
            let literal =
                call.replicas().is_some_and(|count| count != "0" && count.bytes().all(|byte| byte.is_ascii_digit()));
            literal && call.objects().iter().any(|other| other.is(&object))
        });
        // An operator has one replica; without a name all of the kind are meant.
        let many = match object.name {
            Some(name) => !name.ends_with("operator") || is_open(name),
            None => stop.call.has(&["--all", "-l", "--selector"]),
        };
        let Some(again) = again.filter(|_| !seen && many) else { continue };
        report.at(
            stop.place.span(),
            format!(
                "how many replicas run now is written down nowhere, and line {} puts back {} whatever it was",
                again.line(document),
                again.replicas().unwrap_or_default()
            ),
            match object.name {
                Some(_) => format!(
                    "keep it first: `kubectl get {} -o jsonpath='{{.spec.replicas}}'`; 0 also switches an autoscaler off",
                    object.words()
                ),
                None => format!(
                    "keep the counts first, and put each back: `kubectl get {} -o wide`; 0 also switches autoscalers off",
                    object.kind
                ),
            },
        );
    }
}

/// Whether the call shows how many replicas there are.
fn looks_at(call: &Kubectl<'_, '_>, kind: &str) -> bool {
    matches!(call.verb(), "get" | "describe")
        && call.objects().iter().any(|object| object.kind == kind || object.kind == "all")
}
