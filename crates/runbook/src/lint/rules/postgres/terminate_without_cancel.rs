//! PG10: a session is ended where cancelling its query might have done.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::sql::ast::{Statement, StatementKind};

use super::activity::{conditions, demands_idle, endings, mentions};
use super::restore::said;

pub(super) const RULE: Rule = Rule {
    code: "PG10",
    name: "terminate-without-cancel",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/PG10.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        if said(document, scope).contains("pg_cancel_backend") || needs_everybody_out(scope) {
            continue;
        }
        let mut all = scope.sent().flat_map(|sent| sent.batch.sql.statements.iter().map(move |it| (sent, it)));
        let Some((sent, statement)) = all.find(|(_, statement)| ends_queries(statement)) else { continue };
        report.at(
            sent.place(statement.span),
            "this ends whole sessions: cancelling the query first is gentler, and no step offers it",
            "try `pg_cancel_backend(pid)` first, and end the session only if the query is still there",
        );
    }
}

/// Whether a statement ends sessions for what they run; idle ones have nothing to cancel.
fn ends_queries(statement: &Statement) -> bool {
    let called = statement.calls.iter().any(|call| call.name.last() == "pg_terminate_backend");
    let spared = endings(statement, &["pg_terminate_backend"]).iter().any(|query| {
        let conditions = conditions(query);
        conditions.iter().any(|condition| {
            demands_idle(condition)
                || mentions(condition, "datname") && conditions.len() <= 2
                || mentions(condition, "usename")
        })
    });
    called && !spared
}

/// Whether the sessions have to go because the database, or its role, does.
fn needs_everybody_out(scope: &Scope<'_>) -> bool {
    let goes = scope.sent().flat_map(|sent| &sent.batch.sql.statements).any(|statement| {
        matches!(
            statement.kind,
            StatementKind::AlterDatabase { .. } | StatementKind::DropDatabase { .. } | StatementKind::Drop
        )
    });
    goes || scope.invocations().any(|place| matches!(place.program(), "dropdb" | "pg_ctl" | "pg_ctlcluster"))
}
