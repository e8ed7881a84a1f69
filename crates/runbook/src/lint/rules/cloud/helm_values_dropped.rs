//! C03: `helm upgrade --set` forgets every value that was given before.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::call::{Call, Flag};

pub(super) const RULE: Rule = Rule {
    code: "C03",
    name: "helm-values-dropped",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C03.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.program() == "helm") {
        let call = place.call();
        if !call.begins(&["upgrade"]) || call.has(KEEPING) {
            continue;
        }
        let Some(set) = sets(call) else { continue };
        report.at(
            place.entry.place(set.span()),
            "with `--set` alone, Helm starts from the chart's defaults: every other value of the running release is dropped",
            "add `--reuse-values`, or give the release's values again with `-f values.yaml`; look first with `helm get values`",
        );
    }
}

/// Flags that bring the other values along, or say that they are to go; an install has none to lose.
const KEEPING: &[&str] = &[
    "--reuse-values",
    "--reset-then-reuse-values",
    "--reset-values",
    "-f",
    "--values",
    "--install",
    "-i",
    "--dry-run",
];

fn sets<'c, 'd>(call: &'c Call<'d>) -> Option<&'c Flag<'d>> {
    call.flag(&["--set", "--set-string", "--set-file", "--set-json", "--set-literal"])
}
