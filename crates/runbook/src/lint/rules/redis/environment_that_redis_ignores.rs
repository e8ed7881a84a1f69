//! RD11: the official image reads no settings from the environment, and changing it restarts the store.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "RD11",
    name: "environment-that-redis-ignores",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/RD11.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations() {
        let Some((word, restarts)) = ignored(&place) else { continue };
        let name = word.value.split('=').next().unwrap_or_default();
        let then = if restarts { ", and the rollout restarts it: what was not persisted is lost" } else { "" };
        report.at(
            place.entry.place(word.span),
            format!("the official image of Redis reads no `{name}`, so the server keeps its limit{then}"),
            "set it in the running server with `redis-cli CONFIG SET maxmemory 2gb`, and for the next start among the arguments: `redis-server --maxmemory 2gb`",
        );
    }
}

/// The variable that a command gives to a Redis server, and whether that restarts it.
fn ignored<'d>(place: &Place<'d, '_>) -> Option<(&'d Word, bool)> {
    let call = place.call();
    let setting = place.invocation.arguments().iter().find(|word| is_setting(&word.value))?;
    match call.program {
        "kubectl" | "oc" if call.begins(&["set", "env"]) => {
            let mut targets = call.operands.iter().skip(2).filter(|word| !word.value.contains('='));
            let named = targets.any(|word| is_redis(word.value.rsplit('/').next().unwrap_or_default()));
            named.then_some((setting, true))
        }
        "docker" | "podman" if call.begins(&["run"]) => {
            let image = call.operand(1);
            let name = image.split([':', '@']).next().unwrap_or_default();
            matches!(name, "redis" | "library/redis" | "docker.io/redis" | "valkey/valkey").then_some((setting, false))
        }
        _ => None,
    }
}

fn is_setting(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    let name = name.strip_prefix("REDIS_").or_else(|| name.strip_prefix("VALKEY_")).unwrap_or(name);
    matches!(name, "MAXMEMORY" | "MAX_MEMORY" | "MAXMEMORY_POLICY" | "MAX_MEMORY_POLICY")
}

fn is_redis(name: &str) -> bool {
    name.split(|letter: char| !letter.is_alphanumeric()).any(|word| matches!(word, "redis" | "valkey"))
}
