//! K06: what stands in one block behind a command that never ends by itself does not run.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::holdup::{is_cut_short, is_endless};
use crate::lint::document::{Entry, Place};
use crate::lint::rules::kubernetes::block::{between, one_block, says};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K06",
    name: "endless-command-in-block",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K06.md"),
    check,
};

/// What tells the reader that the next lines are for another terminal or another time.
const APART: &[&str] =
    &["terminal", "another", "separate", "second ", "new tab", "window", "ctrl", "^c", "interrupt", " or ", "option"];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        for pair in scope.entries.windows(2) {
            let [entry, next] = pair else { continue };
            if next.command.option.is_none()
                && one_block(document, entry, next)
                && !says(between(document, entry, next), APART)
            {
                entry_ends(entry, report);
            }
        }
    }
}

/// Says it of the command that holds up the block, if there is one.
fn entry_ends(entry: &Entry<'_>, report: &mut Report) {
    let blocks = |place: &Place<'_, '_>| {
        place.invocation.via.is_none()
            && is_endless(place.invocation, place.call())
            && !is_cut_short(place.entry.script, place.index)
            && !goes_on(place)
    };
    let Some(place) = entry.invocations().find(blocks) else { return };
    report.at(
        place.span(),
        "this goes on until it is interrupted, and the commands below it in the block wait for that",
        "put it at the end of the block, or into a block of its own with what ends it",
    );
}

/// A flag at the end of the line waits for its value: the line is broken by mistake.
fn goes_on(place: &Place<'_, '_>) -> bool {
    place
        .invocation
        .words
        .last()
        .is_some_and(|word| word.value.starts_with('-') && !word.value.contains(['f', 'w', 'F']))
}
