//! Queries over the sessions of a server, as the rules about ending them see them. No rule of its own.

use crate::syntax::sql::ast::{Expression, ExpressionKind, Query, Statement, StatementKind};

/// The queries over `pg_stat_activity` in a statement that call one of the functions.
pub(super) fn endings<'s>(statement: &'s Statement, functions: &[&str]) -> Vec<&'s Query> {
    let StatementKind::Select(arms) = &statement.kind else { return Vec::new() };
    let over_sessions = arms.iter().filter(|query| reads(query, "pg_stat_activity"));
    let calls_one = |query: &&Query| {
        let mut calls = statement.calls.iter();
        calls.any(|call| query.span.start <= call.span.start && functions.contains(&call.name.last()))
    };
    over_sessions.filter(calls_one).collect()
}

/// Whether a query reads a relation of this name.
pub(super) fn reads(query: &Query, relation: &str) -> bool {
    query.from.iter().any(|source| source.name.as_ref().is_some_and(|name| name.last() == relation))
}

/// The conditions that must all hold.
pub(super) fn conditions(query: &Query) -> Vec<&Expression> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Expression> = query.filter.iter().chain(&query.on).collect();
    while let Some(condition) = waiting.pop() {
        match &condition.kind {
            ExpressionKind::And(all) => waiting.extend(all),
            ExpressionKind::Group(inside) => waiting.push(inside),
            _ => found.push(condition),
        }
    }
    found
}

/// Whether an expression mentions a column of this name.
pub(super) fn mentions(expression: &Expression, column: &str) -> bool {
    any(
        expression,
        &|inner| matches!(&inner.kind, ExpressionKind::Column(path) if path.last().is_some_and(|last| last == column)),
    )
}

/// Whether an expression calls a function of this name.
pub(super) fn calls(expression: &Expression, function: &str) -> bool {
    any(expression, &|inner| matches!(&inner.kind, ExpressionKind::Call(call) if call.name.last() == function))
}

/// Whether something holds of an expression or of one inside it; sub-queries are not entered.
pub(super) fn any(expression: &Expression, holds: &dyn Fn(&Expression) -> bool) -> bool {
    let mut waiting = vec![expression];
    while let Some(next) = waiting.pop() {
        if holds(next) {
            return true;
        }
        match &next.kind {
            ExpressionKind::Call(call) => waiting.extend(&call.arguments),
            ExpressionKind::And(all) | ExpressionKind::Or(all) | ExpressionKind::Other(all) => waiting.extend(all),
            ExpressionKind::Not(inner) | ExpressionKind::Group(inner) => waiting.push(inner),
            ExpressionKind::Cast { operand, .. } => waiting.push(operand),
            ExpressionKind::Binary { left, right, .. } => waiting.extend([left.as_ref(), right.as_ref()]),
            ExpressionKind::Column(_)
            | ExpressionKind::Constant(_)
            | ExpressionKind::Placeholder
            | ExpressionKind::Query(_) => {}
        }
    }
    false
}

/// The constant that a condition compares a column with, `column = 'x'`.
pub(super) fn equals<'s>(condition: &'s Expression, column: &str) -> Option<&'s str> {
    let ExpressionKind::Binary { operator, left, right } = &condition.kind else { return None };
    match (operator.as_str(), &left.kind, &right.kind) {
        ("=", ExpressionKind::Column(path), ExpressionKind::Constant(value)) if path.last()? == column => Some(value),
        _ => None,
    }
}

/// Whether a condition demands a state other than `active`: `state = 'idle'`, `state IN ('idle', …)`, `state LIKE 'idle%'`.
pub(super) fn demands_idle(condition: &Expression) -> bool {
    let ExpressionKind::Binary { operator, left, right } = &condition.kind else { return false };
    let is_state =
        matches!(&left.kind, ExpressionKind::Column(path) if path.last().is_some_and(|last| last == "state"));
    let named = |start: &str| {
        any(right, &|inner| matches!(&inner.kind, ExpressionKind::Constant(value) if value.starts_with(start)))
    };
    is_state && matches!(operator.as_str(), "=" | "IN" | "LIKE" | "ILIKE" | "~") && named("idle") && !named("active")
}

/// Whether a condition picks sessions by what runs long: their own would not be among them.
pub(super) fn demands_age(condition: &Expression) -> bool {
    ["query_start", "state_change", "xact_start", "backend_start"].iter().any(|column| mentions(condition, column))
}
