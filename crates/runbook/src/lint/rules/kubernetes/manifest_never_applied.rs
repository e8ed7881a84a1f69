//! K22: a manifest is shown and nothing applies it, but later a command counts on the object.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::block::{most, says};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, Object, calls, kind_of};
use crate::lint::rules::kubernetes::manifest::{Shown, shown};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "K22",
    name: "manifest-never-applied",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K22.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let all = shown(document, &["kind:"]);
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        let own = |it: &&Shown<'_, '_>| !it.fed && scope.entries.iter().any(|entry| std::ptr::eq(entry, it.entry));
        if calls(scope).any(|call| applies(&call)) || deploys_otherwise(scope) {
            continue;
        }
        for it in all.iter().take(most(document)).filter(own) {
            never_applied(document, scope, it, report);
        }
    }
}

fn never_applied(document: &Document<'_>, scope: &Scope<'_>, it: &Shown<'_, '_>, report: &mut Report) {
    let Some(name) = it.manifest.name.as_deref() else { return };
    let kind = it.manifest.kind.to_ascii_lowercase();
    let counts_on = |object: &Object<'_>| object.name == Some(name) && kind_of(&kind) == object.kind;
    let later =
        |call: &Kubectl<'_, '_>| call.start() > it.entry.command.span.start && call.objects().iter().any(counts_on);
    let Some(later) = calls(scope).find(later) else { return };
    let between = document.text.get(it.entry.command.span.end..later.start()).unwrap_or_default();
    if says(between, &["apply", "kubectl create", "save ", "file"]) {
        return;
    }
    report.at(
        it.at(it.manifest.head),
        format!("nothing applies this {}, but line {} counts on it", it.words(), later.line(document)),
        "keep it in a file beside the runbook and write `kubectl apply -n NAMESPACE -f FILE`",
    );
}

fn applies(call: &Kubectl<'_, '_>) -> bool {
    let file = call.call.flag(&["-f", "--filename", "-k", "--kustomize"]).is_some();
    file && matches!(call.verb(), "apply" | "create" | "replace" | "patch")
}

fn deploys_otherwise(scope: &Scope<'_>) -> bool {
    scope.invocations().any(|place| {
        matches!(place.program(), "helm" | "helmfile" | "argocd" | "flux" | "git" | "kustomize" | "terraform")
    })
}
