//! PG19: a statement that keeps writers, or everybody, out of a table while it works.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::sql::ast::StatementKind;

use super::restore::said;

pub(super) const RULE: Rule = Rule {
    code: "PG19",
    name: "locks-whole-table",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG19.md"),
    check,
};

/// Words that say that the author knows.
const KNOWN: &[&str] = &[
    "maintenance window",
    "downtime",
    "offline",
    "exclusive lock",
    "locks the table",
    "blocks writes",
    "off-peak",
    "off peak",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        in_scope(document, scope, report);
    }
}

fn is_known(document: &Document<'_>, scope: &Scope<'_>) -> bool {
    let said = said(document, scope);
    KNOWN.iter().any(|word| said.contains(word))
}

fn in_scope(document: &Document<'_>, scope: &Scope<'_>, report: &mut Report) {
    // Nobody waits for a table that was made a moment ago.
    let mut makes_tables = false;
    for sent in scope.sent() {
        for statement in &sent.batch.sql.statements {
            makes_tables |= matches!(statement.kind, StatementKind::Create);
            let (message, help) = match &statement.kind {
                StatementKind::Vacuum { full: true } => (
                    "`VACUUM FULL` rewrites the table and locks out even readers until it is done",
                    "plain `VACUUM (ANALYZE)` works beside them; to give back disk space online, use `pg_repack`",
                ),
                StatementKind::Cluster => (
                    "`CLUSTER` rewrites the table and locks out even readers until it is done",
                    "use `pg_repack`, or say when it is allowed",
                ),
                StatementKind::CreateIndex { concurrently: false, only: false, .. } if !makes_tables => (
                    "without `CONCURRENTLY`, every write to the table waits until the index is built",
                    "`CREATE INDEX CONCURRENTLY`, outside a transaction",
                ),
                StatementKind::Reindex { concurrently: false } => (
                    "without `CONCURRENTLY`, writes to the table, and reads by that index, wait until it is rebuilt",
                    "`REINDEX … CONCURRENTLY`, from PostgreSQL 12 on",
                ),
                _ => continue,
            };
            if is_known(document, scope) {
                return;
            }
            report.at(sent.place(statement.span), message, help);
        }
    }
}
