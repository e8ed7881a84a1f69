//! PG21: the number of rows is the only proof that a restore is good.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule, Scope, Sent};
use crate::syntax::sql::ast::{ExpressionKind, Statement, StatementKind};

use super::restore::restores;

pub(super) const RULE: Rule = Rule {
    code: "PG21",
    name: "only-counted",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/PG21.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let Some(restored) = restores(scope).filter(|restore| restore.dump).last() else { continue };
        let behind = restored.place.entry.command.span.start;
        let asked = asked(scope, behind);
        let Some((sent, statement)) = asked.first().filter(|_| asked.iter().all(|(_, it)| only_counts(it))) else {
            continue;
        };
        report.at(
            sent.place(statement.span),
            "a count is the only proof that the restore is good: old, cut or mixed-up rows count as well",
            "compare something that the live system would know: the newest row, sums, a checksum of some rows",
        );
    }
}

/// The queries behind the restore.
fn asked<'d, 'a>(scope: &'d Scope<'a>, behind: usize) -> Vec<(Sent<'d, 'a>, &'d Statement)> {
    let later = scope.sent().filter(|sent| sent.entry.command.span.start >= behind);
    let statements = later.flat_map(|sent| sent.batch.sql.statements.iter().map(move |it| (sent, it)));
    statements.filter(|(_, statement)| matches!(statement.kind, StatementKind::Select(_))).collect()
}

/// Whether a query is `SELECT count(*) FROM table`.
fn only_counts(statement: &Statement) -> bool {
    let StatementKind::Select(arms) = &statement.kind else { return false };
    let counts =
        |kind: &ExpressionKind| matches!(kind, ExpressionKind::Call(call) if call.star && call.name.last() == "count");
    arms.iter().all(|query| {
        let targets = query.targets.iter().map(|target| target.expression.as_ref());
        query.from.len() == 1
            && query.filter.is_none()
            && query.targets.iter().any(|target| target.expression.as_ref().is_some_and(|it| counts(&it.kind)))
            && targets.flatten().all(|it| counts(&it.kind) || matches!(it.kind, ExpressionKind::Constant(_)))
    })
}
