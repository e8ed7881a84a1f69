//! K24: a manifest applied from a branch or `latest` is another one tomorrow.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::kubectl::all_calls;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K24",
    name: "apply-from-moving-url",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K24.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document).filter(|call| matches!(call.verb(), "apply" | "create" | "replace")) {
        for flag in &call.call.flags {
            let source = matches!(flag.name.as_str(), "-f" | "--filename" | "-k" | "--kustomize");
            let Some(moving) = flag.value.filter(|_| source).and_then(moving) else { continue };
            report.at(
                flag.value_word.map_or_else(|| call.head(), |word| call.at(word.span)),
                format!("this applies whatever `{moving}` holds at that moment, unread"),
                "name a release or a commit in the address, or keep the file beside the runbook",
            );
        }
    }
}

/// The part of an address that names a branch or the latest release.
fn moving(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let reference = address.split_once("?ref=").map(|(_, reference)| reference);
    let is_moving = |part: &&str| matches!(*part, "main" | "master" | "latest" | "HEAD" | "develop" | "trunk");
    reference.filter(is_moving).or_else(|| rest?.split('/').skip(1).find(is_moving))
}
