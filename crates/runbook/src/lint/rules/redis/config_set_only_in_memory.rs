//! RD06: CONFIG SET lasts until the next restart, which then brings the old value back.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::redis::sent::{Sent, within};
use crate::lint::{Document, Report, Rule, Scope};

pub(super) const RULE: Rule = Rule {
    code: "RD06",
    name: "config-set-only-in-memory",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD06.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let requests: Vec<Sent<'_, '_>> = within(scope).collect();
        let is = |sent: &Sent<'_, '_>, word: &str| sent.request.name == "CONFIG" && sent.request.subcommand() == word;
        let set: Vec<&Sent<'_, '_>> = requests.iter().filter(|sent| is(sent, "SET")).collect();
        if set.is_empty() || requests.iter().any(|sent| is(sent, "REWRITE")) || says_where_it_is_kept(document, scope) {
            continue;
        }
        for sent in &set {
            let same =
                set.iter().filter(|other| other.request.argument(1).eq_ignore_ascii_case(sent.request.argument(1)));
            // Set and set back, or set for the time of an inquiry.
            if same.count() == 1 && !is_passing(sent.request.argument(1)) && !is_said_to_pass(document, sent) {
                report.at(
                    sent.span(),
                    "this lasts only until the server restarts, and the old value comes back unannounced",
                    "follow it with `redis-cli CONFIG REWRITE` and check that it answers OK, or change the configuration that the server starts with",
                );
            }
        }
    }
}

/// Whether the text around tells where the setting is kept.
fn says_where_it_is_kept(document: &Document<'_>, scope: &Scope<'_>) -> bool {
    const KEPT: &[&str] = &[
        "redis.conf",
        "valkey.conf",
        "config rewrite",
        "values.yaml",
        "values.yml",
        "configmap",
        "parameter group",
        "parameter-group",
        "redis_extra_flags",
        "docker-compose.yml",
        "docker-compose.yaml",
        "compose.yaml",
        "--maxmemory",
    ];
    let all = document.lower.as_str();
    let text = scope.procedure.map_or(all, |procedure| procedure.span.slice(all));
    KEPT.iter().any(|kept| text.contains(kept))
}

/// Whether a setting is one that people change for as long as they look at something.
fn is_passing(setting: &str) -> bool {
    let setting = setting.to_ascii_lowercase();
    ["slowlog-", "latency-", "loglevel", "activedefrag"].iter().any(|passing| setting.starts_with(passing))
}

fn is_said_to_pass(document: &Document<'_>, sent: &Sent<'_, '_>) -> bool {
    let prose = sent.entry.step.map_or("", |step| step.prose.as_str()).to_lowercase();
    let intent = sent.intent(document);
    ["temporar", "restart", "persist", "runtime", "permanent", "for now", "revert"]
        .iter()
        .any(|cue| intent.contains(cue) || prose.contains(cue))
}
