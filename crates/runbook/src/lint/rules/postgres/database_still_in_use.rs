//! PG06: a database with sessions can be neither renamed nor dropped.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::sql::ast::{DatabaseAction, StatementKind};

use super::restore::{is_copy, said_before};

pub(super) const RULE: Rule = Rule {
    code: "PG06",
    name: "database-still-in-use",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG06.md"),
    check,
};

/// What ends sessions, or keeps them out.
const ENDED: &[&str] = &[
    "pg_terminate_backend",
    "allow_connections",
    "datallowconn",
    "with (force",
    "with(force",
    "--force",
    "connection limit 0",
    "revoke connect",
    "pg_ctl restart",
    "restart postgresql",
    "restart the database",
    "terminate all connections",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        if !ended_before(document, scope) {
            statements(scope, report);
            programs(scope, report);
        }
    }
}

/// Whether sessions are ended in front of the first command that needs it.
fn ended_before(document: &Document<'_>, scope: &Scope<'_>) -> bool {
    let first = scope.entries.iter().find(|entry| {
        let text = entry.command.text.to_lowercase();
        text.contains("rename to") || text.contains("drop database") || text.contains("dropdb")
    });
    first.is_some_and(|entry| {
        let before = format!("{}{}", said_before(document, scope, entry), entry.command.text.to_lowercase());
        ENDED.iter().any(|word| before.contains(word))
    })
}

fn statements(scope: &Scope<'_>, report: &mut Report) {
    for sent in scope.sent() {
        for statement in &sent.batch.sql.statements {
            let (name, verb, help) = match &statement.kind {
                StatementKind::AlterDatabase { name, action: DatabaseAction::Rename { .. } } => (
                    name,
                    "renamed",
                    format!(
                        "first `ALTER DATABASE {} ALLOW_CONNECTIONS false`, then `pg_terminate_backend` for its sessions",
                        name.last()
                    ),
                ),
                StatementKind::DropDatabase { name, force: false } => {
                    (name, "dropped", "`DROP DATABASE … WITH (FORCE)` ends the sessions itself".to_owned())
                }
                _ => continue,
            };
            if !is_copy(name.last()) {
                report.at(sent.place(statement.span), message(verb), help);
            }
        }
    }
}

fn programs(scope: &Scope<'_>, report: &mut Report) {
    for place in scope.invocations().filter(|place| place.program() == "dropdb") {
        let call = place.call();
        let name = call.operands.last().map_or("", |word| word.value.as_str());
        if !call.has(&["-f", "--force", "--help"]) && !is_copy(name) {
            report.at(place.span(), message("dropped"), "`dropdb --force` ends the sessions itself");
        }
    }
}

fn message(verb: &str) -> String {
    format!("a database cannot be {verb} while anybody is connected: one pool, job or monitor left makes this fail")
}
