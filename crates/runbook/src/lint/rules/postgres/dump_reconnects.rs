//! PG04: a dump made with `-C` connects to the database that it was made from, whatever the restore's target is.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

use super::restore::{Tool, is_copy, restores, said_before};

pub(super) const RULE: Rule = Rule {
    code: "PG04",
    name: "dump-reconnects",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let how_made = dumped_without_create(document);
    for scope in &document.scopes {
        for restore in restores(scope).filter(|restore| restore.tool == Tool::Psql && restore.dump) {
            let Some(target) = restore.target.as_deref().filter(|target| is_copy(target)) else { continue };
            let before = said_before(document, scope, restore.place.entry);
            if how_made || ["\\connect", ".connect", "^connect"].iter().any(|word| before.contains(word)) {
                continue;
            }
            report.at(
                restore.place.span(),
                format!("if the dump was made with `-C`, its `\\connect` sends the data into the live database instead of `{target}`"),
                "look first: `grep -m1 -E '^(\\\\connect|CREATE DATABASE)'` on the dump has to find nothing",
            );
        }
    }
}

/// Whether the document shows a dump being made, and without what makes it reconnect.
fn dumped_without_create(document: &Document<'_>) -> bool {
    let mut dumps =
        document.invocations().filter(|place| matches!(place.program(), "pg_dump" | "pg_dumpall")).peekable();
    let plain = dumps.peek().is_some();
    plain && dumps.all(|place| place.program() == "pg_dump" && !place.call().has(&["-C", "--create"]))
}
