//! D02: a command that destroys or stops something, with no warning in front of it.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Entry, Report, Rule};
use crate::span::Span;
use allclear_core::EffectClass;

pub(super) const RULE: Rule = Rule {
    code: "D02",
    name: "destructive-without-warning",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/D02.md"),
    check,
};

/// How many lines in front of a command are read for a warning.
const LINES: usize = 12;

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        let deletes = scope.procedure.is_some_and(|procedure| announces(&procedure.title, DELETING));
        for entry in scope.entries.iter().filter(|entry| !entry.undoes()) {
            if !matches!(entry.command.effect, EffectClass::Destroy | EffectClass::Outage) {
                continue;
            }
            let before = before(document, entry);
            let (message, known) = match entry.command.effect {
                EffectClass::Destroy => (
                    "what this deletes does not come back, and nothing in front of it warns of that",
                    deletes || is_local(entry),
                ),
                EffectClass::Outage => {
                    ("this takes a service away, and nothing in front of it says so", announces(before, STOPPING))
                }
                _ => continue,
            };
            if !known && !is_warning(before) {
                let length = entry.command.text.lines().next().unwrap_or_default().trim_end().len();
                let help = "say in front of it what is lost or down, for how long, and when not to do it";
                report.at(entry.place(Span::new(0, length)), message, help);
            }
        }
    }
}

/// How far in front of a command a warning may stand, in bytes: lines may be of any length.
const FARTHEST: usize = 4_000;

/// The lines in front of a command.
fn before<'d>(document: &'d Document<'_>, entry: &Entry<'_>) -> &'d str {
    let end = entry.command.span.start;
    let near = &document.text[document.text.floor_char_boundary(end.saturating_sub(FARTHEST))..end];
    let near = &near[..near.rfind('\n').map_or(0, |at| at + 1)];
    &near[near.rmatch_indices('\n').nth(LINES).map_or(0, |(at, _)| at + 1)..]
}

/// Whether one of these words begins a word of the text.
fn announces(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| words.iter().any(|start| word.starts_with(start)))
}

/// Files and images of the responder's own machine, which are made again: nobody's data.
fn is_local(entry: &Entry<'_>) -> bool {
    entry.invocations().any(|place| {
        let call = place.call();
        let recursive = call.has(&["-r", "-R", "--recursive"]);
        let at_root = call
            .operands
            .iter()
            .any(|word| word.value.starts_with(['/', '~', '$', '<']) && !word.value.starts_with("/tmp"));
        match place.program() {
            "rm" => !recursive || !at_root && entry.command.session.is_none(),
            "docker" | "podman" | "nerdctl" => call.begins(&["rm|rmi|image|container|builder"]),
            "truncate" | "shred" | "find" => true,
            // What the runbook made itself to try something out.
            _ if call.operands.last().is_some_and(|word| announces(&word.value, &["test", "tmp", "temp"])) => true,
            _ => false,
        }
    })
}

/// Procedures that are there to delete say so by their title.
const DELETING: &[&str] = &[
    "delet",
    "destroy",
    "remov",
    "clean",
    "uninstall",
    "decommission",
    "tear",
    "wip",
    "reset",
    "purg",
    "drop",
    "eras",
];

/// Words by which a step says that something stops.
const STOPPING: &[&str] = &[
    "stop", "restart", "shut", "scal", "delet", "kill", "terminat", "disabl", "bounc", "recreat", "reboot", "drain",
    "evict", "roll", "cycle", "reset", "down",
];

fn is_warning(text: &str) -> bool {
    let lower = text.to_lowercase();
    CUES.iter().any(|cue| lower.contains(cue))
}

#[rustfmt::skip]
const CUES: &[&str] = &[
    "warning", "caution", "danger", "careful", "destructive", "irreversib", "cannot be undone", "can't be undone", "not be recover",
    "data loss", "lose data", "loss of", "be lost", "is lost", "are lost", "downtime", "permanent", "⚠", "❗", "🚨", "make sure", "be sure",
    "double-check", "double check", "backup", "back up", "backed up", "only if", "only when", "last resort", "if safe", "safe to",
    "is safe", "safely", "confirm", "beware", "be aware", "risk", "will delete", "will remove", "will erase", "will destroy",
    "wipe", "attention", "approval", "important", "no longer needed", "will be deleted", "will be removed", "deletes all", "removes all",
];
