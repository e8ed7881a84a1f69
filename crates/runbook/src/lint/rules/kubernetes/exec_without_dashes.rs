//! K09: `kubectl exec POD COMMAND` without `--` is refused since kubectl 1.31.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::kubectl::all_calls;
use crate::lint::{Document, Fix, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K09",
    name: "exec-without-dashes",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K09.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document).filter(|call| call.verb() == "exec" && call.call.rest.is_empty()) {
        let given = call.call.has(&["-f", "--filename"]);
        let Some(command) = call.operands().get(if given { 1 } else { 2 }) else { continue };
        if matches!(command.value.as_str(), "..." | "…" | "") {
            continue;
        }
        let span = call.at(command.span);
        let message = format!("without `--` in front of `{}`, kubectl 1.31 and newer refuse this", command.value);
        // Flags behind the command may be meant for kubectl: then they have to move, too.
        let last = call.call.flags.iter().all(|flag| flag.word.span.start < command.span.start);
        let fix = Fix::insert("put `--` in front of the command", span.start, "-- ");
        let help = "put `--` between the pod and the command, and kubectl's own flags in front of it";
        report.at(span, message, help).fix = last.then_some(fix);
    }
}
