//! D03: a runbook that changes things and says neither how to undo it nor how to see that it worked.

use allclear_core::EffectClass;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Entry, Report, Rule, Scope};
use crate::model::SectionKind;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D03",
    name: "change-without-way-back",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D03.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let scopes = || document.scopes.iter().filter(|scope| scope.procedure.is_some());
    let Some(first) = scopes().find_map(|scope| scope.entries.iter().find(|entry| keeps(entry))) else { return };
    let text = &document.lower;
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let has =
        |kind: SectionKind| scopes().filter_map(|scope| scope.procedure).any(|it| it.sections_of(kind).count() > 0);
    let undone = says(UNDO) || has(SectionKind::Rollback) || has(SectionKind::ReEnable);
    let verified = says(VERIFY) || has(SectionKind::Verification) || scopes().any(looks_afterwards);
    let missing: Vec<&str> = [
        ("how to undo it", undone),
        ("how to see that it worked", verified),
        ("who owns it", says(OWNER)),
        ("how bad it is", says(SEVERITY)),
    ]
    .into_iter()
    .filter(|(_, there)| !there)
    .map(|(what, _)| what)
    .collect();
    if undone || verified {
        return;
    }
    let line = first.command.text.lines().next().unwrap_or_default().trim_end().len();
    report.at(
        first.place(Span::new(0, line)),
        format!("this runbook changes things from here on, and never says {}", listed(&missing)),
        "add a `Rollback` and a `Verify` section with commands, or say in a sentence why there is none",
    );
}

/// Whether a command leaves something changed that somebody may want back: more than a restart.
fn keeps(entry: &Entry<'_>) -> bool {
    let restarts = entry.invocations().any(|place| {
        let call = place.call();
        let pods = matches!(call.operand(0), "delete")
            && matches!(call.operand(1).split('/').next(), Some("pod" | "pods" | "po"));
        pods || call.operands.iter().any(|word| word.value == "restart")
            || matches!(place.program(), "mkdir" | "touch" | "chmod" | "tee" | "git" | "kill" | "pkill")
    });
    // `kubectl apply/create/delete` names commands; a manifest may be an example.
    let example =
        entry.command.language == "yaml" || entry.invocations().any(|place| place.call().operand(0).contains('/'));
    let changes = matches!(entry.command.effect, EffectClass::Change | EffectClass::Outage | EffectClass::Destroy);
    changes && !restarts && !example && !entry.undoes()
}

/// Whether something is looked at behind the last change.
fn looks_afterwards(scope: &Scope<'_>) -> bool {
    let last = scope.entries.iter().rposition(keeps);
    last.is_some_and(|last| scope.entries[last + 1..].iter().any(|entry| entry.command.effect == EffectClass::Observe))
}

fn listed(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

const UNDO: &[&str] = &[
    "rollback",
    "roll back",
    "rolled back",
    "rolling back",
    "undo",
    "revert",
    "re-enable",
    "reenable",
    "uncordon",
    "scale back",
    "back to normal",
    "restore",
    "switch back",
    "turn back on",
    "put back",
    "back up",
    "backup",
];

const VERIFY: &[&str] = &[
    "verif",
    "confirm",
    "validate",
    "should ",
    "expect",
    "ensure",
    "make sure",
    "check that",
    "check if",
    "check whether",
    "test that",
    "to see if",
    "succeeded",
    "successful",
];

const OWNER: &[&str] = &[
    "owner",
    "owned by",
    "team",
    "contact",
    "escalat",
    "slack",
    "on-call",
    "on call",
    "oncall",
    "pager",
    "maintainer",
];

const SEVERITY: &[&str] =
    &["severity", "critical", "priority", "impact", "p0", "p1", "p2", "sev1", "sev-1", "sev2", "warning", "urgent"];
