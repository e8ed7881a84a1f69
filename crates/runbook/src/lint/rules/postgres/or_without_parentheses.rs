//! PG13: `a AND b OR c`, where `c` alone is enough.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::sql::ast::{Expression, ExpressionKind, StatementKind};

use super::activity::any;

pub(super) const RULE: Rule = Rule {
    code: "PG13",
    name: "or-without-parentheses",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG13.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()).filter(|sent| sent.batch.is_whole()) {
        for statement in &sent.batch.sql.statements {
            let filters: Vec<&Expression> = match &statement.kind {
                StatementKind::Select(arms) => arms.iter().filter_map(|arm| arm.filter.as_ref()).collect(),
                StatementKind::Update { filter, .. } | StatementKind::Delete { filter, .. } => filter.iter().collect(),
                _ => continue,
            };
            for filter in filters.into_iter().filter(|filter| looks_forgotten(filter)) {
                report.at(
                    sent.place(filter.span),
                    "`AND` binds tighter than `OR`: what stands behind the `OR` is enough alone, whatever the rest demands",
                    "put the alternatives in parentheses: `a AND (b OR c)`",
                );
            }
        }
    }
}

/// One arm with `AND`, and beside it a bare condition on the column that the arm's neighbouring condition asks, too.
fn looks_forgotten(filter: &Expression) -> bool {
    let ExpressionKind::Or(arms) = &filter.kind else { return false };
    let joined: Vec<usize> = (0..arms.len()).filter(|at| matches!(arms[*at].kind, ExpressionKind::And(_))).collect();
    let [at] = joined.as_slice() else { return false };
    let ExpressionKind::And(all) = &arms[*at].kind else { return false };
    let before = at.checked_sub(1).and_then(|before| Some((all.first()?, &arms[before])));
    let behind = arms.get(at + 1).and_then(|behind| Some((all.last()?, behind)));
    before
        .into_iter()
        .chain(behind)
        .any(|(inside, outside)| compared(inside).is_some() && compared(inside) == compared(outside))
}

/// The column that a simple comparison is about.
fn compared(condition: &Expression) -> Option<&str> {
    let ExpressionKind::Binary { left, .. } = &condition.kind else { return None };
    let ExpressionKind::Column(path) = &left.kind else { return None };
    let simple = !any(condition, &|inner| matches!(inner.kind, ExpressionKind::Query(_)));
    path.last().map(String::as_str).filter(|_| simple)
}
