//! What titles and sentences say of an outcome: that something is changed, is looked at afterwards, and what is to be seen
//! once it has worked.

use crate::parse::sentences::ADVERBS;
use crate::parse::vocabulary::normalised;

/// A checklist for when everything is over: "Post-failover validation".
pub(crate) fn is_afterwards(title: &str) -> bool {
    let phrase = normalised(title);
    phrase.starts_with("post") || phrase.starts_with("after ")
}

/// The title of a step that checks whether something worked.
pub(crate) fn verifies(title: &str) -> bool {
    let phrase = normalised(title);
    let phrase = ["then ", "finally ", "now "].iter().find_map(|adverb| phrase.strip_prefix(adverb)).unwrap_or(&phrase);
    let first = phrase.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    matches!(first, "verify" | "verification" | "confirm" | "validate" | "recheck")
        || [
            "check that",
            "check whether",
            "check if",
            "make sure",
            "test that",
            "smoke test",
            "run smoke",
            "run a smoke",
            "run the smoke",
            "test the fix",
            "check again",
            "monitor until",
            "check recovery",
            "watch until",
            "wait for",
            "wait until",
            "test connectivity",
            "test application",
            "check application",
            "check the application",
            "test the application",
            "check service",
            "run health",
        ]
        .iter()
        .any(|start| phrase.starts_with(start))
}

const SEEN: &[&str] = &[
    "should see",
    "should show",
    "should return",
    "should now",
    "should report",
    "should start",
    "should have",
    "should output",
    "should print",
    "should display",
    "should say",
    "should list",
    "should contain",
    "should succeed",
    "should read",
    "should become",
    "should go",
    "should drop",
    "should decrease",
    "should increase",
    "should recover",
    "should resolve",
    "should clear",
    "should disappear",
    "should match",
    "should equal",
    "should respond",
    "should work",
    "should come",
    "should appear",
    "must show",
    "must return",
    "must be healthy",
    "expect to see",
    "expected output",
    "expected result",
    "should all",
    "should no longer",
    "should also",
    "should stop",
];
#[rustfmt::skip]
const STATES: &[&str] = &[
    "healthy", "running", "ready", "up", "green", "empty", "zero", "0", "true", "active", "available", "in", "back", "gone", "no",
    "at", "visible", "present", "online", "reachable", "ok", "200", "successful", "synced", "restored", "resolved", "less",
    "below", "above", "around", "normal", "bound", "1", "open", "closed", "stable", "connected", "accessible", "complete",
    "completed", "within", "reduced", "lower", "false", "working", "listed", "responding",
];
const ADVICE: &[&str] = &[
    "should be done",
    "should be run",
    "should be used",
    "should be careful",
    "should be avoided",
    "should be considered",
    "should be set",
    "should be performed",
    "should be taken",
    "should be treated",
    "should be made",
    "should be kept",
    "should have access",
    "should have been",
    "should be able to access",
    "should be escalated",
    "should be notified",
    "should be updated",
    "should be reviewed",
    "should be added",
    "should be configured",
    "should be created",
];

/// A sentence or comment that says what is to be seen once an action has worked.
pub(crate) fn expects(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    // All that follows speaks of what should be; most sentences do not.
    if !["should", "must", "expect", "verify", "confirm", "validate", "check that"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return false;
    }
    let state = lower.split_once("should be ").or_else(|| lower.split_once("must be ")).is_some_and(|(_, behind)| {
        let word = behind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        STATES.contains(&word)
    });
    let advice = ADVICE.iter().any(|phrase| lower.contains(phrase));
    matches!(first, "verify" | "expected" | "expect" | "confirm" | "validate")
        || lower.starts_with("check that")
        || lower.starts_with("should ")
        || state
        || SEEN.iter().any(|phrase| lower.contains(phrase)) && !advice
}

/// The title of a manual step that changes something.
pub(crate) fn changes(title: &str) -> bool {
    #[rustfmt::skip]
    const CHANGES: &[&str] = &[
        "add", "adjust", "apply", "block", "bounce", "bump", "cancel", "change", "clear", "cordon", "create", "decrease", "delete",
        "deploy", "disable", "drain", "drop", "edit", "enable", "expand", "fail", "failover", "fix", "flush", "free", "increase", "kill",
        "merge", "migrate", "move", "patch", "pause", "promote", "provision", "purge", "push", "reboot", "rebuild", "recreate",
        "redeploy", "redirect", "reduce", "reindex", "reload", "remove", "renew", "replace", "replay", "reset", "resize", "restart",
        "restore", "resume", "retry", "revert", "revoke", "roll", "rollback", "rotate", "scale", "set", "start", "stop", "switch",
        "terminate", "trigger", "truncate", "update", "upgrade", "wipe",
    ];
    let phrase = normalised(title);
    let words: Vec<&str> = phrase.split(|c: char| !c.is_alphanumeric()).collect();
    words.iter().find(|word| !word.is_empty() && !ADVERBS.contains(word)).is_some_and(|word| CHANGES.contains(word))
        || matches!(words.first(), Some(&"if" | &"manually" | &"immediately"))
            && words.iter().any(|word| CHANGES.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_seen_is_told_from_advice() {
        assert!(expects("All pods should be Running.") && expects("Expected: 200") && expects("You should see 3 rows"));
        assert!(!expects("This should be done with care") && !expects("Backups should be reviewed"));
    }
}
