//! K18: one name used as two kinds of workload: one of the commands finds nothing.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::block::{most, says_from};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, Object, all_calls, is_open, is_workload};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K18",
    name: "one-name-two-kinds",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K18.md"),
    check,
};

/// What tells that the reader chooses, or that the kind has changed.
const CHOICE: &[&str] = &[
    "migrat",
    "convert",
    "statefulset or",
    "deployment or",
    "or statefulset",
    "or deployment",
    "daemonset or",
    "or daemonset",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let most = most(document);
    let mut left = most;
    let mut seen: Vec<(Kubectl<'_, '_>, Object<'_>)> = Vec::new();
    for call in all_calls(document).filter(|call| call.place.entry.command.option.is_none() && !is_attempt(call)) {
        for object in
            call.objects().into_iter().filter(|object| is_workload(object.kind) && object.kind != "replicaset")
        {
            let Some(name) = object.name.filter(|name| !is_open(name)) else { continue };
            let place = call.namespace();
            let same = seen.iter().find(|(other, it)| {
                it.name == Some(name) && (place.is_none() || other.namespace().is_none() || place == other.namespace())
            });
            match same {
                Some((other, it)) if it.kind != object.kind => {
                    left -= 1;
                    if !says_from(document, 0, CHOICE) {
                        let message = format!(
                            "`{name}` is a {} here and a {} on line {}: one of the two is not found",
                            object.kind,
                            it.kind,
                            other.line(document)
                        );
                        report.at(call.at(object.span), message, "ask the cluster which it is (`kubectl get deployment,statefulset,daemonset`) and write that");
                    }
                }
                Some(_) => {}
                None => seen.push((call.clone(), object)),
            }
            if seen.len() > most || left == 0 {
                return;
            }
        }
    }
}

/// `A || B` tries both.
fn is_attempt(call: &Kubectl<'_, '_>) -> bool {
    call.place.entry.command.text.contains("||")
}
