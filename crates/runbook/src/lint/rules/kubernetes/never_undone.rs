//! K13: something switched off for the incident and never switched on again.

use std::cell::LazyCell;

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::block::{most, says, says_from, titles};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, Object, all_calls, calls};
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "K13",
    name: "never-undone",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K13.md"),
    check,
};

/// Titles of what is meant to stay.
const FOR_GOOD: &[&str] = &[
    "delet",
    "decommission",
    "remov",
    "uninstall",
    "destroy",
    "shut down",
    "shutdown",
    "retire",
    "tear",
    "clean",
    "migrat",
    "terminat",
    "replac",
    "upgrad",
];

/// One act that asks for its opposite.
#[derive(Debug)]
enum Deed<'d> {
    /// Name of what has no replicas any more.
    Stopped(&'d str),
    /// A node that takes no pods.
    Cordoned,
    /// Name of the workload whose rollout is paused.
    Paused(&'d str),
    /// A variable that says that something is off.
    Flag(&'d str),
    /// Name of the job that is suspended.
    Suspended(&'d str),
}

fn check(document: &Document<'_>, report: &mut Report) {
    let mut left = most(document);
    let later = LazyCell::new(|| Later::all(document));
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        for call in calls(scope).filter(|call| !call.is_dry() && !call.place.entry.undoes()) {
            let Some(deed) = deed(&call).filter(|_| left > 0) else { continue };
            left -= 1;
            if !is_undone(document, scope, (&call, &deed), &later) {
                say(&call, &deed, report);
            }
        }
    }
}

/// A call that may take a deed back, and the objects that it names.
struct Later<'d, 'a> {
    start: usize,
    call: Kubectl<'d, 'a>,
    objects: Vec<Object<'d>>,
}

impl<'d, 'a> Later<'d, 'a> {
    /// All calls of the document in the order of the text.
    fn all(document: &'d Document<'a>) -> Vec<Self> {
        let calls = all_calls(document);
        let mut all: Vec<Self> =
            calls.map(|call| Self { start: call.start(), objects: call.objects(), call }).collect();
        all.sort_by_key(|later| later.start);
        all
    }
}

fn deed<'d>(call: &Kubectl<'d, '_>) -> Option<Deed<'d>> {
    let name = || call.objects().first().and_then(|object| object.name);
    match call.verb() {
        "scale" if call.replicas() == Some("0") => name().map(Deed::Stopped),
        "cordon" => Some(Deed::Cordoned),
        "rollout" if call.second() == "pause" => name().map(Deed::Paused),
        "set" if call.second() == "env" => call.operands().iter().find_map(|word| flag_of(word)).map(Deed::Flag),
        "patch" => {
            let patch = call.call.value(&["-p", "--patch"])?.replace([' ', '\n', '\''], "");
            let suspends = patch.contains("\"suspend\":true") || patch.contains("suspend:true");
            suspends.then(name).flatten().map(Deed::Suspended)
        }
        _ => None,
    }
}

/// The name in `NAME=VALUE` where it says that something is out of service.
fn flag_of(word: &Word) -> Option<&str> {
    let (name, value) = word.value.split_once('=')?;
    let upper = name.to_ascii_uppercase();
    let value = value.to_ascii_lowercase();
    let off = matches!(value.as_str(), "false" | "off" | "0" | "no" | "disabled" | "");
    let closes = ["MAINTENANCE", "READ_ONLY", "READONLY", "DISABLE", "BANNER", "EMERGENCY", "KILL_SWITCH", "LOCKDOWN"];
    let opens = ["ENABLE", "_ON", "ALLOW"];
    let is_off =
        closes.iter().any(|part| upper.contains(part)) && !off || opens.iter().any(|part| upper.contains(part)) && off;
    is_off.then_some(name)
}

fn is_undone(
    document: &Document<'_>,
    scope: &Scope<'_>,
    (call, deed): (&Kubectl<'_, '_>, &Deed<'_>),
    all: &[Later<'_, '_>],
) -> bool {
    let start = call.start();
    let mut later = all[all.partition_point(|later| later.start <= start)..].iter();
    let behind = |phrases: &[&str]| says_from(document, call.place.entry.command.span.end, phrases);
    let title = titles(scope, call.place.entry);
    match deed {
        Deed::Stopped(name) => {
            let starts = |Later { call: other, objects, .. }: &Later<'_, '_>| {
                let named = objects.iter().any(|object| object.name == Some(*name));
                match other.verb() {
                    "scale" => {
                        other.replicas() != Some("0") && (named || other.call.operands.iter().any(|word| word.expands))
                    }
                    "patch" | "delete" | "replace" | "rollout" | "autoscale" | "edit" => named,
                    "apply" | "create" => true,
                    _ => false,
                }
            };
            later.any(starts) || says(&title, FOR_GOOD) || behind(SCALED_BACK) || deploys(scope, start)
        }
        Deed::Cordoned => {
            later.any(|other| matches!(other.call.verb(), "uncordon" | "delete"))
                || says_from(
                    document,
                    0,
                    &[
                        "uncordon",
                        "schedulable",
                        "delete the node",
                        "replace the node",
                        "terminate the",
                        "recreate",
                        "delete machine",
                        "delete the machine",
                        "drain and remove",
                        "new node",
                        "decommission",
                    ],
                )
                || says(&title, FOR_GOOD)
        }
        Deed::Paused(_) => {
            later.any(|other| other.call.verb() == "rollout" && matches!(other.call.second(), "resume" | "undo"))
                || behind(&["resume", "unpause"])
        }
        Deed::Flag(name) => {
            let sets = |word: &&Word| word.value.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', '-']));
            later.any(|other| other.call.call.operands.iter().any(sets))
                || document.text.get(call.place.entry.command.span.end..).is_some_and(|behind| behind.contains(name))
                || says(&title, FOR_GOOD)
        }
        Deed::Suspended(_) => {
            later.any(|other| other.call.verb() == "patch" && other.call.place.entry.command.text.contains("suspend"))
                || behind(&["suspend", "resume"])
        }
    }
}

/// Prose that tells to start again what was stopped.
const SCALED_BACK: &[&str] = &[
    "scale back",
    "scale up",
    "scale it",
    "scale them",
    "scaled back",
    "scaling back",
    "scale the deployment back",
    "restore the replica",
    "replicas back",
    "to 1 replica",
    "scale to 1",
];

/// Whether a later command of the procedure deploys the whole application.
fn deploys(scope: &Scope<'_>, start: usize) -> bool {
    let deploys = |program: &str| {
        matches!(program, "helm" | "helmfile" | "argocd" | "flux" | "kustomize" | "terraform" | "skaffold")
    };
    scope.invocations().any(|place| place.span().start > start && deploys(place.program()))
}

fn say(call: &Kubectl<'_, '_>, deed: &Deed<'_>, report: &mut Report) {
    let (what, help) = match deed {
        Deed::Stopped(name) => (
            format!("`{name}` is scaled to nothing here, and nothing in the runbook starts it again"),
            "add the step that scales it back, with the number that ran before",
        ),
        Deed::Cordoned => (
            "the node is cordoned here, and nothing in the runbook uncordons it".to_owned(),
            "add `kubectl uncordon` of the node, or say that it is replaced",
        ),
        Deed::Paused(name) => (
            format!("the rollout of `{name}` is paused here and never resumed: later changes wait unseen"),
            "add `kubectl rollout resume`",
        ),
        Deed::Flag(name) => (
            format!("`{name}` is set here for the incident, and nothing in the runbook takes it back"),
            "set it back where the procedure switches on again: `kubectl set env … NAME-` takes a variable away",
        ),
        Deed::Suspended(name) => (
            format!("`{name}` is suspended here and never resumed"),
            "add the patch that sets `suspend` to false again",
        ),
    };
    report.at(call.place.span(), what, help);
}
