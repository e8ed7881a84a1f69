//! PG05: a restore into a database that already has data doubles rows or stops halfway.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

use super::restore::{restores, said_before};

pub(super) const RULE: Rule = Rule {
    code: "PG05",
    name: "restore-onto-data",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG05.md"),
    check,
};

/// Words in front of a restore that say that the database is new or emptied.
const EMPTIED: &[&str] = &[
    "createdb",
    "create database",
    "dropdb",
    "drop database",
    "drop schema",
    "drop table",
    "truncate",
    "--clean",
    "empty",
    "fresh",
    "new database",
    "new instance",
    "new cluster",
    "initdb",
    "provision",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for restore in restores(scope).filter(|restore| restore.dump) {
            let call = restore.place.call();
            let cleans = call.program == "pg_restore"
                && call.has(&["-c", "--clean", "-C", "--create", "-t", "--table", "-s", "--schema-only", "-L"]);
            let before = said_before(document, scope, restore.place.entry);
            let same = restore.place.entry.command.text.to_lowercase();
            if cleans || EMPTIED.iter().any(|word| before.contains(word) || same.contains(word)) {
                continue;
            }
            report.at(
                restore.place.span(),
                "if the database has data, the restore adds to it: rows twice, or errors where keys collide",
                "restore into a new database (`createdb`) and swap the names, or use `pg_restore --clean --if-exists`",
            );
        }
    }
}
