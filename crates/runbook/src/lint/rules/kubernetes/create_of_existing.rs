//! K19: `kubectl create` of something that exists already fails, in the middle of the procedure.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::rules::kubernetes::block::{most, says, titles};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls, calls, is_open};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "K19",
    name: "create-of-existing",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K19.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let mut left = most(document);
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        for call in calls(scope).filter(|call| call.verb() == "create" && !call.is_dry() && !is_guarded(&call.place)) {
            let Some(object) = call.objects().into_iter().next() else { continue };
            let Some(name) = object.name.filter(|name| !is_open(name) || name.contains('-')) else { continue };
            if left == 0 {
                return;
            }
            left -= 1;
            if !matches!(object.kind, "secret" | "configmap" | "namespace") || !exists(document, scope, &call, name) {
                continue;
            }
            report.at(
                call.head(),
                format!("`{name}` is there already, and `create` answers \"already exists\" and changes nothing"),
                "print it with `--dry-run=client -o yaml` into `kubectl apply -f -`, which makes it or changes it",
            );
        }
    }
}

/// Whether a failure is expected, or asked for before.
fn is_guarded(place: &Place<'_, '_>) -> bool {
    let text = place.entry.command.text.as_str();
    text.contains("||")
        || place.invocation.frames.iter().any(|frame| matches!(frame, crate::syntax::bash::Frame::Branch))
}

/// Whether the runbook speaks of the object before, or of renewing it, and does not delete it.
fn exists(document: &Document<'_>, scope: &Scope<'_>, call: &Kubectl<'_, '_>, name: &str) -> bool {
    let uses = |place: &Place<'_, '_>| {
        place.span().start < call.start() && place.invocation.arguments().iter().any(|word| names(&word.value, name))
    };
    let removed = all_calls(document).any(|other| {
        let before = other.start() < call.start() && matches!(other.verb(), "delete" | "create");
        before && other.call.operands.iter().any(|word| names(&word.value, name))
    });
    let used = scope.invocations().any(|place| uses(&place));
    let renews = says(&titles(scope, call.place.entry), &["renew", "rotat", "recreat", "update", "replace"]);
    !removed && (used || renews && is_closed(name))
}

fn is_closed(name: &str) -> bool {
    !is_open(name)
}

/// `NAME`, `kind/NAME`, `-n NAME` and `--namespace=NAME` speak of it.
fn names(word: &str, name: &str) -> bool {
    word == name || word.rsplit(['/', '=']).next() == Some(name)
}
