//! K17: data, a namespace, or everything under a label deleted, and nothing looked at or kept before.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::block::most;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, Object, all_calls, calls};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K17",
    name: "delete-unseen",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K17.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let mut left = most(document);
    // Most runbooks delete nothing: they are not searched.
    let known = LazyCell::new(|| Known::of(document));
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        let mut shown = Shown::default();
        for call in calls(scope) {
            let what = if call.verb() == "delete" && !call.is_dry() { loss(&call) } else { None };
            if let Some(what) = what.filter(|_| left > 0) {
                left -= 1;
                if !known.before(&call) && !shown.has(&call) && !was_asked_for(document, &call) {
                    report.at(
                        call.place.span(),
                        format!("{what}, and nothing before it shows or keeps what that is"),
                        "list it first with the same words and `get`, and keep what cannot be made again: `kubectl get … -o yaml > kept.yaml`",
                    );
                }
            }
            shown.take(&call);
        }
    }
}

/// What goes, in words; nothing for what a controller makes again.
fn loss(call: &Kubectl<'_, '_>) -> Option<String> {
    let objects = call.objects();
    let many = call.call.has(&["--all"]) || call.call.flag(&["-l", "--selector"]).is_some();
    let first = objects.first()?;
    if many && first.name.is_none() {
        let reach = if call.call.has(&["--all"]) { "" } else { " with the label" };
        let made_again = matches!(first.kind, "pod" | "job" | "event" | "certificaterequest");
        return (!made_again || call.call.has(&["--all"]) && first.kind == "pod")
            .then(|| format!("this deletes every {}{reach}", first.kind));
    }
    objects.iter().find_map(lost_with)
}

fn lost_with(object: &Object<'_>) -> Option<String> {
    let consequence = match object.kind {
        "namespace" | "project" => "with a namespace goes everything in it",
        "persistentvolumeclaim" => "with the claim most storage classes delete the volume and its data",
        "persistentvolume" => "with the volume its data may go",
        "customresourcedefinition" => "with the definition go all its objects in all namespaces",
        "secret" => "the Secret's values are gone with it",
        _ => return None,
    };
    Some(consequence.to_owned())
}

/// What tells that the loss is known, or a copy kept.
const KEPT: &[&str] =
    &["backup", "back up", "velero", "snapshot", "pg_dump", "data loss", "lose data", "retain", "reclaim"];

/// Whether it makes objects: what a runbook makes, it may take away.
fn makes(call: &Kubectl<'_, '_>) -> bool {
    matches!(call.verb(), "apply" | "create" | "new-project" | "run")
}

/// Where the text first speaks of a copy, and where something is first made.
struct Known {
    kept: Option<usize>,
    made: Option<usize>,
}

impl Known {
    fn of(document: &Document<'_>) -> Self {
        let kept = KEPT.iter().filter_map(|phrase| document.lower.find(phrase).map(|at| at + phrase.len())).min();
        let made = all_calls(document).filter(makes).map(|call| call.start()).min();
        Self { kept, made }
    }

    fn before(&self, call: &Kubectl<'_, '_>) -> bool {
        self.kept.is_some_and(|end| end <= call.start()) || self.made.is_some_and(|start| start < call.start())
    }
}

/// What the calls of a procedure have shown so far.
#[derive(Default)]
struct Shown<'d> {
    kinds: BTreeSet<&'d str>,
    /// Whether something was applied: then what is there is known.
    applied: bool,
}

impl<'d> Shown<'d> {
    fn has(&self, call: &Kubectl<'d, '_>) -> bool {
        let known = || self.kinds.contains("all") || call.objects().iter().any(|it| self.kinds.contains(it.kind));
        self.applied || known()
    }

    fn take(&mut self, call: &Kubectl<'d, '_>) {
        if matches!(call.verb(), "get" | "describe" | "create" | "apply" | "wait") {
            self.applied |= call.verb() == "apply";
            self.kinds.extend(call.objects().into_iter().map(|object| object.kind));
        }
    }
}

/// `PVC=$(kubectl get …)`: the name was asked for.
fn was_asked_for(document: &Document<'_>, call: &Kubectl<'_, '_>) -> bool {
    let text = document.text.get(..call.start()).unwrap_or_default();
    let asked = |name: &str| text.contains(&format!("{}=$(", name.trim_matches(['$', '{', '}', '"'])));
    call.objects().iter().filter_map(|object| object.name).any(|name| name.starts_with('$') && asked(name))
}
