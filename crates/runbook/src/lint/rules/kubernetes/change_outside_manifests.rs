//! K15: a change made to the live object only: no file knows of it, and the next deployment takes it back.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::block::says;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, calls, is_workload};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K15",
    name: "change-outside-manifests",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K15.md"),
    check,
};

/// What tells where the change belongs, or that it is not meant to stay.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "commit", "pull request", "merge request", "in git", "gitops", "values.yaml", "helm upgrade", "terraform", "argocd",
    "argo cd", "fluxcd", "kustomiz", "manifest", "infrastructure as code", "helm chart", "config repo", "overwritten",
    "reconcile",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let scopes = document.scopes.iter().filter(|scope| scope.procedure.is_some());
    let first = scopes.flat_map(calls).filter(|call| changes_configuration(call) && !call.place.entry.undoes());
    let Some(first) = first.min_by_key(Kubectl::start).filter(|_| !says(document.text, TOLD)) else { return };
    report.at(
        first.place.span(),
        "this changes the live object and no file: the next deployment takes it back, or it stays and nobody knows",
        "say where the same change is made for good (chart, manifest, repository), or when this one is taken back",
    );
}

/// Whether it changes what usually comes from a file.
fn changes_configuration(call: &Kubectl<'_, '_>) -> bool {
    let sets = call.verb() == "set" && matches!(call.second(), "env" | "image" | "resources") && call.mutates();
    let edits = matches!(call.verb(), "edit" | "patch") && call.mutates();
    let patch = call.call.value(&["-p", "--patch"]).unwrap_or_default();
    let passing = ["finalizers", "restartedAt", "suspend", "replicas"].iter().any(|word| patch.contains(word));
    let kept = |kind: &str| {
        is_workload(kind) || matches!(kind, "configmap" | "service" | "ingress" | "horizontalpodautoscaler" | "cronjob")
    };
    (sets || edits) && !passing && call.objects().iter().any(|object| kept(object.kind))
}
