//! PG09: sessions ended in bulk by a condition that one's own session meets.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Fix, Report, Rule, Sent};
use crate::syntax::call::Call;
use crate::syntax::sql::ast::{Expression, ExpressionKind};

use super::activity::{any, calls, conditions, demands_age, demands_idle, endings, equals, mentions};
use super::restore::target;

pub(super) const RULE: Rule = Rule {
    code: "PG09",
    name: "ends-own-session",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG09.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let sent = document.scopes.iter().flat_map(|scope| scope.sent()).filter(|sent| sent.batch.is_whole());
    for sent in sent {
        for statement in &sent.batch.sql.statements {
            for query in endings(statement, &["pg_terminate_backend"]) {
                let conditions = conditions(query);
                if conditions.iter().any(|condition| excludes_oneself(condition, &sent)) {
                    continue;
                }
                let finding = report.at(
                    sent.place(statement.span),
                    "your own session meets the condition: it may end before the others do, and nothing is printed",
                    "add `AND pid <> pg_backend_pid()`",
                );
                let filter = query.filter.as_ref();
                let joined =
                    filter.filter(|filter| sent.batch.is_verbatim() && !matches!(filter.kind, ExpressionKind::Or(_)));
                finding.fix = joined.map(|filter| {
                    let end = sent.place(filter.span).end;
                    Fix::insert("leave your own session out", end, " AND pid <> pg_backend_pid()")
                });
            }
        }
    }
}

/// Whether one's own session cannot meet a condition, or may not.
fn excludes_oneself(condition: &Expression, sent: &Sent<'_, '_>) -> bool {
    let elsewhere =
        ["usename", "usesysid", "application_name", "client_addr", "wait_event", "wait_event_type", "query"];
    let nested = any(condition, &|inner| matches!(inner.kind, ExpressionKind::Query(_)));
    calls(condition, "pg_backend_pid")
        || mentions(condition, "pid")
        || demands_age(condition)
        || demands_idle(condition)
        || nested
        || elsewhere.iter().any(|column| mentions(condition, column))
        || other_database(condition, sent)
}

/// Whether a condition names a database that the session is not known to be in.
fn other_database(condition: &Expression, sent: &Sent<'_, '_>) -> bool {
    if !mentions(condition, "datname") || calls(condition, "current_database") {
        return false;
    }
    let connected = sent.psql().and_then(|psql| target(&Call::of(psql)));
    equals(condition, "datname").is_none_or(|named| connected.as_deref() != Some(named))
}
