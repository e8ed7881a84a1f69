//! PG12: `WHERE` asks for a column that a system view does not have, often the alias of an output column.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::sql::ast::{ExpressionKind, Query, Statement, StatementKind};

use super::activity::any;
use super::views::columns_of;

pub(super) const RULE: Rule = Rule {
    code: "PG12",
    name: "unknown-column",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG12.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()).filter(|sent| sent.batch.is_whole()) {
        for statement in &sent.batch.sql.statements {
            for (query, view, columns) in queries(statement) {
                let Some((span, column)) = unknown(query, columns) else { continue };
                let alias = query.targets.iter().any(|target| target.alias.as_deref() == Some(column.as_str()));
                let (message, help) = if alias {
                    (
                        format!(
                            "`{column}` is the name of an output column, which `WHERE` does not know: the query fails"
                        ),
                        "repeat the expression in `WHERE`".to_owned(),
                    )
                } else {
                    (
                        format!("`{view}` has no column `{column}`: the query fails"),
                        format!("look with `\\d {view}` which columns there are"),
                    )
                };
                report.at(sent.place(span), message, help);
            }
        }
    }
}

/// The queries that read one known view and nothing else.
fn queries(statement: &Statement) -> Vec<(&Query, &str, &'static [&'static str])> {
    let StatementKind::Select(arms) = &statement.kind else { return Vec::new() };
    let known = arms.iter().filter_map(|query| {
        let [source] = query.from.as_slice() else { return None };
        let name = source.name.as_ref()?;
        let in_catalogue = name.path.len() == 1 || name.path[0] == "pg_catalog";
        let view = name.last();
        let columns = columns_of(view).filter(|_| in_catalogue)?;
        let shadowed = !statement.with.is_empty();
        (!shadowed).then_some((query, view, columns))
    });
    known.collect()
}

/// The first column of the `WHERE` that the view does not have.
fn unknown(query: &Query, columns: &[&str]) -> Option<(Span, String)> {
    let filter = query.filter.as_ref()?;
    let found = std::cell::RefCell::new(None);
    any(filter, &|inner| {
        let ExpressionKind::Column(path) = &inner.kind else { return false };
        let name = path.last().map_or("", String::as_str);
        let special =
            name.starts_with("current_") || name.ends_with("_user") || name.starts_with("local") || name == "user";
        let is_unknown = !special && !columns.contains(&name) && name != "*" && name.is_ascii();
        if is_unknown {
            *found.borrow_mut() = Some((inner.span, name.to_owned()));
        }
        is_unknown
    });
    found.into_inner()
}
