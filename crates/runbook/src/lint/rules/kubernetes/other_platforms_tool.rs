//! K26: a runbook for one platform that once calls the tool of another: the lines were copied.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::block::says;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K26",
    name: "other-platforms-tool",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K26.md"),
    check,
};

/// Words of a runbook that is about OpenShift.
const OPENSHIFT: &[&str] = &[
    "openshift",
    "okd",
    "red hat",
    "redhat",
    "microshift",
    "crc ",
    "oc login",
    "clusteroperator",
    "oc or kubectl",
    "kubectl or oc",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let calls: Vec<Kubectl<'_, '_>> = all_calls(document).collect();
    let kubectl = calls.iter().filter(|call| call.place.program() == "kubectl").count();
    let copied: Vec<&Kubectl<'_, '_>> = calls.iter().filter(|call| call.place.program() == "oc").collect();
    let Some(first) = copied.first().filter(|_| copied.len() < kubectl) else { return };
    if says(document.text, OPENSHIFT) {
        return;
    }
    report.at(
        first.head(),
        "this is OpenShift's client, in a runbook that works with kubectl everywhere else",
        "write the command of kubectl that does the same, such as `kubectl debug node/NODE -it --image=IMAGE`",
    );
}
