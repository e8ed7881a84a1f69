//! K02: a file that changes a cluster and never says which acts on whatever context is current.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::block::says;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, calls, is_open};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K02",
    name: "cluster-never-named",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K02.md"),
    check,
};

/// What tells, chooses or checks the cluster.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "--context", "use-context", "current-context", "get-contexts", "kubectx", "kubeconfig", "get-credentials", "oc login",
    "oc whoami", "tsh kube", "tsh login", "kubie", "kubelogin", "aws eks", "gcloud container", "az aks", "cluster-info",
    "cluster context", "kube context", "kubectl context", "right cluster", "correct cluster", "cluster_name", "config view",
    "use-cluster-credentials", "minikube", "kind create", "k3d", "--cluster", "log in to the cluster", "log into the cluster",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let scopes = document.scopes.iter().filter(|scope| scope.procedure.is_some());
    let changes = |call: &Kubectl<'_, '_>| call.mutates() && !call.place.is_elsewhere() && hurts_elsewhere(call);
    let Some(first) = scopes.flat_map(calls).filter(changes).min_by_key(Kubectl::start) else { return };
    if says(document.text, TOLD) {
        return;
    }
    report.at(
        first.head(),
        "nothing in this file says or checks which cluster is meant: from here on it changes whichever is current",
        "begin with `kubectl config current-context` and what it has to answer, or write `--context` into the commands",
    );
}

/// What would hurt in another cluster, too: it takes something away that is called the same there.
fn hurts_elsewhere(call: &Kubectl<'_, '_>) -> bool {
    let takes = match call.verb() {
        "delete" | "scale" | "replace" | "set" => true,
        "rollout" => matches!(call.second(), "restart" | "undo"),
        _ => false,
    };
    let objects = call.objects();
    let known = objects.iter().any(|object| object.name.is_some_and(|name| !is_open(name)));
    let all = objects.iter().any(|object| object.name.is_none()) && call.call.has(&["--all", "-l", "--selector"]);
    takes && (known || all)
}
