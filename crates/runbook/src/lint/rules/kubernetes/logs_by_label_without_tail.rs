//! K04: `kubectl logs -l` prints the last ten lines of each container unless it is told otherwise.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls};
use crate::lint::{Document, Fix, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K04",
    name: "logs-by-label-without-tail",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for Kubectl { place, call } in all_calls(document) {
        let Some(label) = call.flag(&["-l", "--selector"]) else { continue };
        // Following goes on from the last ten lines, which is what people want.
        if !call.begins(&["logs"]) || call.has(&["--tail", "-f", "--follow"]) {
            continue;
        }
        let search = place.downstream().find(|next| matches!(next.program(), "grep" | "egrep" | "rg" | "jq" | "wc"));
        let since = call.value(&["--since", "--since-time"]);
        // Who only looks may want few lines; who searches or names a time wants all of it.
        let all = since.is_some() || search.is_some();
        let message = match (since, search) {
            (Some(since), _) => {
                format!("with a label, `logs` prints ten lines per container, whatever happened since {since}")
            }
            (None, Some(search)) => {
                format!("with a label, `logs` prints ten lines per container, and `{}` reads no more", search.program())
            }
            (None, None) => "with a label, `logs` prints only the last ten lines of each container".to_owned(),
        };
        let end = place.entry.place(label.span()).end;
        let help = "add `--tail=-1` for all lines, or the number of lines that you need";
        let finding = report.at(place.span(), message, help);
        finding.fix = all.then(|| Fix::insert("print all lines", end, " --tail=-1"));
    }
}
