//! K03: a Secret or ConfigMap written by `create --dry-run | apply` holds the keys of this command and no other.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::block::{says, titles};
use crate::lint::rules::kubernetes::kubectl::{Kubectl, calls};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "K03",
    name: "apply-drops-other-keys",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K03.md"),
    check,
};

/// Words that tell that the object exists already.
const CHANGES: &[&str] =
    &["updat", "rotat", "renew", "chang", "replac", "refresh", "revok", "correct", "new value", "fix"];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for call in calls(scope) {
            drops_keys(document, scope, &call, report);
        }
    }
}

fn drops_keys(document: &Document<'_>, scope: &Scope<'_>, call: &Kubectl<'_, '_>, report: &mut Report) {
    let kind = match (call.verb(), call.second()) {
        ("create", "secret") if call.call.begins(&["create", "secret", "generic"]) => "secret",
        ("create", "configmap" | "cm") => "configmap",
        _ => return,
    };
    let whole =
        call.call.has(&["--from-env-file"]) || call.call.flags.iter().any(|flag| is_folder(&flag.name, flag.value));
    let Some(name) = call.objects().first().and_then(|object| object.name) else { return };
    let keys =
        call.call.flags.iter().filter(|flag| matches!(flag.name.as_str(), "--from-literal" | "--from-file")).count();
    if !call.is_dry() || whole || keys == 0 || !is_applied(call) {
        return;
    }
    // One key under a name in the singular is most likely all there is.
    let many = ["secrets", "config", "env", "credentials", "settings", "vars"].iter().any(|end| name.ends_with(end));
    let before = document.text.get(..call.start()).unwrap_or_default();
    let exists = says(&titles(scope, call.place.entry), CHANGES)
        || says(before.lines().next_back().unwrap_or_default(), CHANGES);
    if !many && !exists || keys > 3 || keys == 1 && !many && says_all(call) {
        return;
    }
    let message =
        format!("if `{name}` was last written by `apply`, this deletes every key of it that is not named here");
    let patch = format!("change the one key: `kubectl patch {kind} {name} -p '{{\"{}\":{{…}}}}'`", field(kind));
    report.at(call.head(), message, patch);
}

const fn field(kind: &str) -> &str {
    if kind.len() == 6 { "stringData" } else { "data" }
}

fn is_folder(name: &str, value: Option<&str>) -> bool {
    name == "--from-file" && value.is_some_and(|value| value.ends_with('/') || value == ".")
}

/// A file given as its key is the whole content of a file-like object.
fn says_all(call: &Kubectl<'_, '_>) -> bool {
    call.call.flag(&["--from-file"]).is_some()
}

fn is_applied(call: &Kubectl<'_, '_>) -> bool {
    let applies = |word: &crate::syntax::bash::Word| word.value == "apply";
    let server = |word: &crate::syntax::bash::Word| word.value == "--server-side" || word.value == "--server-side=true";
    let mut next = call.place.downstream().filter(|next| matches!(next.program(), "kubectl" | "oc"));
    next.any(|next| next.arguments().iter().any(applies) && !next.arguments().iter().any(server))
}
