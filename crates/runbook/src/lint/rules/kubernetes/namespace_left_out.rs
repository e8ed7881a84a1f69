//! K01: a call without `-n` beside calls with `-n` acts on another namespace, and succeeds there.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::block::says;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls, calls, is_namespaced};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "K01",
    name: "namespace-left-out",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K01.md"),
    check,
};

/// What makes a namespace the current one.
const SETTLED: &[&str] =
    &["set-context", "oc project ", "oc new-project", "kubens", "kubectl ns ", "switch to the namespace", "oc login"];

fn check(document: &Document<'_>, report: &mut Report) {
    if says(document.text, SETTLED) {
        return;
    }
    let all: Vec<Kubectl<'_, '_>> = all_calls(document).filter(|call| !call.place.is_elsewhere()).collect();
    // Objects that the runbook makes without a namespace are found without one, too.
    if all.iter().any(|call| makes_here(call)) {
        return;
    }
    let open = all.iter().filter(|call| leaves_open(call)).count();
    let named = all.iter().filter(|call| call.namespace().is_some()).count();
    let usual = all.iter().find_map(Kubectl::namespace).filter(|_| named >= open);
    for scope in &document.scopes {
        scope_agrees(scope, usual, report);
    }
}

/// `usual` is what the file names, where most of it names one.
fn scope_agrees(scope: &Scope<'_>, usual: Option<&str>, report: &mut Report) {
    let all: Vec<Kubectl<'_, '_>> = calls(scope).filter(|call| !call.place.is_elsewhere()).collect();
    let near = all.iter().find_map(Kubectl::namespace);
    for call in all.iter().filter(|call| leaves_open(call)) {
        let Some(named) = near.or(usual.filter(|_| call.mutates())) else { continue };
        let effect = if call.mutates() || call.is_dry() { "acts on" } else { "looks into" };
        let message = format!(
            "without `-n` this {effect} the current namespace, `default` unless set, while the commands around it \
             name `{named}`"
        );
        report.at(call.head(), message, "say the namespace here too, with `-n`");
    }
}

/// Whether it makes something of a file in whatever namespace is current.
fn makes_here(call: &Kubectl<'_, '_>) -> bool {
    let file = call.call.value(&["-f", "--filename", "-k", "--kustomize"]).is_some_and(|file| file != "-");
    file && call.namespace().is_none() && matches!(call.verb(), "apply" | "create" | "replace")
}

/// Whether neither the call nor what it is piped into says the namespace.
fn leaves_open(call: &Kubectl<'_, '_>) -> bool {
    needs_namespace(call) && !pipeline_names_one(call) && !is_bare_mention(call)
}

/// `oc expose svc` in a sentence is the name of a command, not a command.
fn is_bare_mention(call: &Kubectl<'_, '_>) -> bool {
    call.call.flags.is_empty()
        && call.objects().iter().all(|object| object.name.is_none())
        && call.place.entry.command.text.lines().count() == 1
        && call.verb() != "get"
}

/// Whether it concerns objects in a namespace and leaves open which.
fn needs_namespace(call: &Kubectl<'_, '_>) -> bool {
    // An alias such as `k` may hold a namespace.
    if call.place.program() == "k" {
        return false;
    }
    let told = ["-n", "--namespace", "-A", "--all-namespaces", "-f", "--filename", "-k", "--kustomize", "--raw"];
    let told = told.iter().any(|flag| call.call.flag(&[flag]).is_some() && !(call.verb() == "logs" && *flag == "-f"));
    // A dry run prints an object; where it goes is told by what reads it.
    let prints = call.is_dry() && !applied(call);
    if told || prints {
        return false;
    }
    let objects = call.objects();
    let namespaced = |kind: &str| is_namespaced(kind) == Some(true);
    match call.verb() {
        "run" => !call.call.has(&["--rm"]),
        "logs" | "top" if objects.is_empty() => call.verb() == "logs" && call.call.has(&["-l", "--selector"]),
        "debug" | "config" | "api-resources" | "explain" | "auth" => false,
        _ => !objects.is_empty() && objects.iter().all(|object| namespaced(object.kind)),
    }
}

fn applied(call: &Kubectl<'_, '_>) -> bool {
    call.place
        .downstream()
        .any(|next| next.arguments().iter().any(|word| matches!(word.value.as_str(), "apply" | "replace" | "create")))
}

/// `create … -o yaml | kubectl apply -n shop -f -` says it behind the pipe.
fn pipeline_names_one(call: &Kubectl<'_, '_>) -> bool {
    let names = |value: &str| value == "-n" || value.starts_with("--namespace") || value.starts_with("-n=");
    call.place
        .downstream()
        .filter(|next| matches!(next.program(), "kubectl" | "oc"))
        .any(|next| next.arguments().iter().any(|word| names(&word.value)))
}
