//! S19: a fixed pause is too short in the night when it matters, and too long in any other.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::bash::Frame;

pub(super) const RULE: Rule = Rule {
    code: "S19",
    name: "fixed-sleep",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S19.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        pauses(scope, report);
    }
}

fn pauses(scope: &Scope<'_>, report: &mut Report) {
    let places: Vec<Place<'_, '_>> = scope.invocations().collect();
    for (at, place) in places.iter().enumerate() {
        let goes_on = places.get(at + 1).is_some();
        if goes_on && waits_blindly(place) {
            let seconds = place.call().operand(0).to_owned();
            report.at(
                place.span(),
                format!("whatever this waits for may take longer than {}, and nothing asks whether it is done", said(&seconds)),
                "wait for the condition itself: `kubectl wait`, `kubectl rollout status`, or `until CHECK; do sleep 2; done` in a `timeout`",
            );
        }
    }
}

/// A pause in a sequence: not the step of a loop that asks again, nor what keeps a container alive.
fn waits_blindly(place: &Place<'_, '_>) -> bool {
    const SHORTEST: u32 = 5;
    let repeats = place
        .invocation
        .frames
        .iter()
        .any(|frame| matches!(frame, Frame::Loop | Frame::Substitution | Frame::Function));
    let alone = place.invocation.stages == 1 && place.invocation.via.is_none() && !place.invocation.background;
    let call = place.call();
    place.program() == "sleep"
        && alone
        && !repeats
        && call.operands.len() == 1
        && seconds(call.operand(0)).is_some_and(|length| length >= SHORTEST)
}

fn seconds(value: &str) -> Option<u32> {
    let (number, factor) = match value.strip_suffix(['s', 'm', 'h']) {
        Some(number) if value.ends_with('m') => (number, 60),
        Some(number) if value.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (value, 1),
    };
    number.parse::<u32>().ok()?.checked_mul(factor)
}

fn said(value: &str) -> String {
    match value.bytes().last() {
        Some(b'm') => format!("{} minutes", value.trim_end_matches('m')),
        Some(b'h') => format!("{} hours", value.trim_end_matches('h')),
        _ => format!("{} seconds", value.trim_end_matches('s')),
    }
}
