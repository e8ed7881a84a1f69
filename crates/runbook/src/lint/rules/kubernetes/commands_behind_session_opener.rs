//! K07: lines in one block with the command that opens a shell elsewhere run here, once that shell is left.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Entry;
use crate::lint::rules::kubernetes::block::{between, one_block, says};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K07",
    name: "commands-behind-session-opener",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K07.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for pair in scope.entries.windows(2) {
            let [entry, next] = pair else { continue };
            if one_block(document, entry, next) && is_meant_for_inside(document, entry, next) {
                report.at(
                    entry.command.span,
                    "pasted or run as a whole, the lines below this run here once it is left, not in the session that it opens",
                    "give the session its commands: `… -- sh -c 'COMMANDS'`, `ssh HOST 'COMMANDS'`, `psql -c`; \
                     or put them into a block of their own that says where it runs",
                );
            }
        }
    }
}

fn is_meant_for_inside(document: &Document<'_>, entry: &Entry<'_>, next: &Entry<'_>) -> bool {
    let inside = next.command.session.as_deref() == Some(entry.command.text.as_str());
    let first = next.invocations().next();
    let program = first.as_ref().map_or("", |place| place.program());
    let local = matches!(program, "kubectl" | "oc" | "exit" | "logout" | "helm" | "docker" | "" | "ssh" | "scp");
    let opens = inside || opens_debug_shell(entry) && next.command.session == entry.command.session;
    let tests = entry
        .invocations()
        .next()
        .is_some_and(|place| place.program() == "ssh" && place.call().has(&["-T", "-N", "-V", "-f"]));
    opens
        && !tests
        && !local
        && next.command.option.is_none()
        && !is_transcript(document, entry, next)
        && !says(
            between(document, entry, next),
            &[
                "terminal",
                "exit",
                "locally",
                "back on",
                "ctrl",
                "inside",
                "in the container",
                "in the pod",
                "in the debug",
            ],
        )
}

/// `oc debug node/x` without a command.
fn opens_debug_shell(entry: &Entry<'_>) -> bool {
    let Some(place) = entry.invocations().next().filter(|place| place.invocation.stages == 1 && !place.invocation.fed)
    else {
        return false;
    };
    let call = place.call();
    let debug = place.program() == "oc" && call.operand(0) == "debug" && call.operands.len() == 2;
    debug && call.rest.is_empty() && place.entry.script.invocations.len() == 1
}

/// Whether the second command stands behind another prompt than the first: then the block shows a session.
fn is_transcript(document: &Document<'_>, entry: &Entry<'_>, next: &Entry<'_>) -> bool {
    let prompt = |entry: &Entry<'_>| {
        let before = document.text.get(..entry.command.span.start).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default().trim().to_owned()
    };
    prompt(entry) != prompt(next)
}
