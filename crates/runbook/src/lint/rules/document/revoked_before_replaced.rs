//! D19: a key is revoked before the one that replaces it is in use.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::model::{Procedure, Step};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D19",
    name: "revoked-before-replaced",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D19.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for procedure in &document.runbook.procedures {
        let Some((revoked, replaced)) = order(procedure) else { continue };
        let first = revoked.span.slice(document.text).lines().next().unwrap_or_default().trim_end();
        report.at(
            Span::new(revoked.span.start, revoked.span.start + first.len()),
            format!(
                "the old one is gone from here on, and the new one is not in use before step {}: in between every call fails",
                replaced.number
            ),
            "make the new one, bring it out and see that it is used; then revoke the old one",
        );
    }
}

/// The step that revokes, and the later one after which the replacement is in use.
fn order(procedure: &Procedure) -> Option<(&Step, &Step)> {
    let steps = &procedure.steps;
    let revoking = steps.iter().position(|step| revokes(&step.title))?;
    if steps[..revoking].iter().any(|step| makes(&step.title)) {
        return None;
    }
    let making = revoking + 1 + steps[revoking + 1..].iter().position(|step| makes(&step.title))?;
    let deployed = steps[making + 1..].iter().find(|step| deploys(&step.title));
    Some((&steps[revoking], deployed.unwrap_or(&steps[making])))
}

/// Whether one of these words, in lower case, stands in the title.
fn has(title: &str, wanted: &[&str]) -> bool {
    title
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
}

#[rustfmt::skip]
const CREDENTIALS: &[&str] = &[
    "key", "keys", "token", "tokens", "credential", "credentials", "password", "passwords", "certificate", "certificates", "secret",
];

/// "Delete the compromised key", but not "Remove the key from the repository".
fn revokes(title: &str) -> bool {
    let verb = has(title, &["revoke", "deactivate", "invalidate"])
        || has(title, &["delete", "disable", "expire", "remove"]) && !has(title, &["from"]);
    let other = has(title, &["new", "cache", "cached", "redis", "lock", "locks", "foreign", "primary"]);
    verb && has(title, CREDENTIALS) && !other
}

fn makes(title: &str) -> bool {
    has(title, &["generate", "create", "issue", "mint", "make", "add", "request", "rotate", "provision"])
        && has(title, CREDENTIALS)
}

/// "Put the key into the Secret", "Update production": where the new one goes into use.
fn deploys(title: &str) -> bool {
    let verb =
        ["update", "deploy", "roll", "rollout", "set", "put", "replace", "distribute", "store", "restart", "install"];
    let place = [
        "secrets",
        "config",
        "configuration",
        "production",
        "service",
        "services",
        "workers",
        "application",
        "app",
        "pods",
    ];
    has(title, &verb) && (has(title, CREDENTIALS) || has(title, &place))
}
