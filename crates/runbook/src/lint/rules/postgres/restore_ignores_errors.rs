//! PG03: `psql` goes on after an error and exits with 0.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::call::Call;

use super::restore::{Tool, restores};

pub(super) const RULE: Rule = Rule {
    code: "PG03",
    name: "restore-ignores-errors",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG03.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for restore in document.scopes.iter().flat_map(restores).filter(|restore| restore.tool == Tool::Psql) {
        let call = restore.place.call();
        if stops_on_error(call) || (!restore.dump && only_asks(&restore.source)) {
            continue;
        }
        let what = if restore.dump { "half a restore" } else { "half of the script" };
        report.at(
            restore.place.span(),
            format!("`psql` goes on after an error and exits with 0: {what} looks like a success"),
            "add `-v ON_ERROR_STOP=1`, and `-1` where all or nothing is wanted",
        );
    }
}

fn stops_on_error(call: &Call<'_>) -> bool {
    let set = call.flags.iter().filter(|flag| matches!(flag.name.as_str(), "-v" | "--set" | "--variable"));
    let stops = set.filter_map(|flag| flag.value).any(|value| {
        let value = value.to_ascii_lowercase();
        value.starts_with("on_error_stop") && !matches!(value.rsplit('=').next(), Some("0" | "off" | "false"))
    });
    stops || call.has(&["-1", "--single-transaction"])
}

/// A script whose name says that it only reads.
fn only_asks(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["check", "query", "select", "list", "show", "report", "diag", "verify", "status", "count", "find"]
        .iter()
        .any(|word| name.contains(word))
}
