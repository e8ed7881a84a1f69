//! PG08: sessions ended in bulk by a condition that walsenders meet as well.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::sql::ast::{Expression, ExpressionKind, StatementKind};

use super::activity::{any, conditions, demands_idle, endings, equals, mentions};

pub(super) const RULE: Rule = Rule {
    code: "PG08",
    name: "ends-replication",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG08.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for sent in scope.sent().filter(|sent| sent.batch.is_whole()) {
            for statement in &sent.batch.sql.statements {
                for query in endings(statement, &["pg_terminate_backend"]) {
                    let conditions = conditions(query);
                    if conditions.iter().any(|condition| spares_replication(condition)) {
                        continue;
                    }
                    let Some(whom) = hit(&conditions, scope) else { continue };
                    report.at(
                        sent.place(statement.span),
                        format!("this also ends {whom}: nothing in the condition says that it means clients"),
                        "add `AND backend_type = 'client backend'`",
                    );
                }
            }
        }
    }
}

/// Whether a walsender never meets a condition.
fn spares_replication(condition: &Expression) -> bool {
    let by_client = ["backend_type", "usename", "usesysid", "application_name", "client_addr", "client_hostname"];
    // A walsender has no transaction, and a query of its own kind.
    let by_work = ["xact_start", "backend_xid", "query", "leader_pid"];
    let names = by_client.iter().chain(&by_work).any(|column| mentions(condition, column));
    let one = equals(condition, "pid").is_some() || picks_pids(condition);
    let nested = any(condition, &|inner| matches!(inner.kind, ExpressionKind::Query(_)));
    names || one || nested || demands_idle(condition)
}

fn picks_pids(condition: &Expression) -> bool {
    let ExpressionKind::Binary { operator, left, .. } = &condition.kind else { return false };
    matches!(operator.as_str(), "=" | "IN") && mentions(left, "pid")
}

/// Who else meets the conditions.
fn hit(conditions: &[&Expression], scope: &Scope<'_>) -> Option<&'static str> {
    let database = conditions.iter().any(|condition| {
        mentions(condition, "datname") || mentions(condition, "datid") || mentions(condition, "current_database")
    });
    if !database {
        return Some("replication and other processes of the server");
    }
    // Whoever drops or renames the database wants everybody out of it.
    let wants_all = scope.sent().any(|sent| {
        sent.batch.sql.statements.iter().any(|statement| {
            matches!(statement.kind, StatementKind::AlterDatabase { .. } | StatementKind::DropDatabase { .. })
        })
    }) || scope.invocations().any(|place| place.program() == "dropdb");
    (!wants_all).then_some("logical replication and autovacuum in that database")
}
