//! RD01: FLUSHALL and FLUSHDB empty everything, where the text speaks of some keys.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::redis::sent::{sent, words};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "RD01",
    name: "flush-for-some-keys",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/RD01.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in sent(document).filter(|sent| matches!(sent.request.name.as_str(), "FLUSHALL" | "FLUSHDB")) {
        let Some(meant) = meant(&sent.intent(document)) else { continue };
        let whole = if sent.request.name == "FLUSHALL" { "all databases of the server" } else { "the whole database" };
        report.at(
            sent.span(),
            format!("the text speaks of {meant}, but this empties {whole}, live keys included"),
            "keys that have expired are gone already; delete others with \
             `redis-cli --scan --pattern 'PREFIX:*' | xargs -r -d '\\n' redis-cli UNLINK`",
        );
    }
}

/// Which keys the text says are to go, if it does not mean all.
fn meant(intent: &str) -> Option<String> {
    const SOME: &[&str] = &[
        "expired",
        "expiring",
        "stale",
        "outdated",
        "obsolete",
        "old",
        "older",
        "orphaned",
        "unused",
        "temporary",
        "temp",
        "specific",
        "certain",
        "selected",
        "matching",
        "individual",
    ];
    const KEYS: &[&str] = &[
        "key", "keys", "entry", "entries", "session", "sessions", "record", "records", "item", "items", "lock",
        "locks", "token", "tokens", "object", "objects",
    ];
    let words = words(intent);
    for (at, some) in words.iter().enumerate().filter(|(_, word)| SOME.contains(word)) {
        let near = words[at + 1..].iter().take(3);
        if let Some(keys) = near.clone().find(|word| KEYS.contains(word)) {
            return Some(format!("{some} {keys}"));
        }
        if *some == "expired" && near.clone().any(|word| matches!(*word, "cache" | "data")) {
            return Some("what has expired".to_owned());
        }
    }
    let pairs: Vec<(&str, &str)> = words.iter().copied().zip(words.iter().copied().skip(1)).collect();
    let chosen = |(first, second): &(&str, &str)| {
        KEYS.contains(first) && matches!(*second, "matching" | "older" | "starting" | "by" | "like")
            || *first == "by" && *second == "pattern"
    };
    pairs.iter().any(chosen).then(|| "keys of a pattern".to_owned())
}
