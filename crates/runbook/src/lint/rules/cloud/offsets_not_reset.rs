//! C05: offsets are reset only while the group is at rest, and only with `--execute`.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "C05",
    name: "offsets-not-reset",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C05.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let resets = scope.invocations().filter(|place| is_reset(place.call()));
        let resets: Vec<_> = resets.map(|place| (place, place.call())).collect();
        let executes = |call: &Call<'_>| call.has(&["--execute"]);
        let executed = resets.iter().any(|(_, call)| executes(call));
        for (place, call) in &resets {
            let Some(flag) = call.flag(&["--reset-offsets"]) else { continue };
            let span = place.entry.place(flag.span());
            if executes(call) && !is_stopped(document, scope) {
                report.at(
                    span,
                    "Kafka refuses to reset offsets while a member of the group is connected, and no step stops the consumers",
                    "stop them first, and see with `--describe --state` that the group is empty",
                );
            } else if !executed && !call.has(&["--dry-run", "--export"]) {
                report.at(
                    span,
                    "without `--execute` this only prints the new offsets and changes nothing",
                    "read what it prints, then run it again with `--execute`",
                );
            }
        }
    }
}

fn is_reset(call: &Call<'_>) -> bool {
    call.program.starts_with("kafka-consumer-groups") && call.has(&["--reset-offsets"])
}

/// Whether the text speaks of consumers that are at rest.
fn is_stopped(document: &Document<'_>, scope: &Scope<'_>) -> bool {
    const RESTS: &[&str] =
        &["stop", "scale", "shut", "inactive", "no active", "pause", "--replicas=0", "empty", "down"];
    let all = document.lower.as_str();
    let text = scope.procedure.map_or(all, |procedure| procedure.span.slice(all));
    RESTS.iter().any(|rest| text.contains(rest))
}
