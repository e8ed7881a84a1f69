//! PG11: idle sessions picked by when their last query began, not by when they became idle.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Fix, Report, Rule};
use crate::span::Span;
use crate::syntax::sql::ast::{Expression, ExpressionKind};

use super::activity::{any, conditions, demands_idle, endings, mentions};

pub(super) const RULE: Rule = Rule {
    code: "PG11",
    name: "idle-by-query-start",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG11.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        for statement in &sent.batch.sql.statements {
            for query in endings(statement, &["pg_terminate_backend"]) {
                let conditions = conditions(query);
                let idle = conditions.iter().any(|condition| demands_idle(condition));
                let changed = conditions.iter().any(|it| mentions(it, "state_change") || mentions(it, "xact_start"));
                let by_query =
                    conditions.iter().find(|condition| compares(condition) && mentions(condition, "query_start"));
                let Some(condition) = by_query.filter(|_| idle && !changed) else { continue };
                let finding = report.at(
                    sent.place(condition.span),
                    "`query_start` is when the last query began: a session that has only just become idle is ended, too",
                    "ask `state_change`, the time since when the session is idle",
                );
                let column = column_name(condition, "query_start", &sent.batch.text);
                finding.fix = column
                    .filter(|_| sent.batch.is_verbatim())
                    .map(|column| Fix::replace("count from when it became idle", sent.place(column), "state_change"));
            }
        }
    }
}

fn compares(condition: &Expression) -> bool {
    matches!(&condition.kind, ExpressionKind::Binary { operator, .. } if matches!(operator.as_str(), "<" | ">" | "<=" | ">="))
}

/// Where the column's own name stands, without its table's.
fn column_name(condition: &Expression, column: &str, text: &str) -> Option<Span> {
    let mut found = None;
    let at = std::cell::Cell::new(None);
    any(condition, &|inner| {
        let is_it =
            matches!(&inner.kind, ExpressionKind::Column(path) if path.last().is_some_and(|last| last == column));
        if is_it {
            at.set(Some(inner.span));
        }
        is_it
    });
    if let Some(span) = at.get() {
        let start = span.end.checked_sub(column.len())?;
        let name = Span::new(start, span.end);
        found = name.slice(text).eq_ignore_ascii_case(column).then_some(name);
    }
    found
}
