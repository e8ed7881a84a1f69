//! PG20: `UPDATE` and `DELETE` without `WHERE`.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::sql::ast::StatementKind;

pub(super) const RULE: Rule = Rule {
    code: "PG20",
    name: "changes-every-row",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG20.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let mut open = false;
        for sent in scope.sent().filter(|sent| sent.batch.is_whole()) {
            for statement in &sent.batch.sql.statements {
                let (verb, table) = match &statement.kind {
                    StatementKind::Begin => {
                        open = true;
                        continue;
                    }
                    StatementKind::Commit | StatementKind::Rollback => {
                        open = false;
                        continue;
                    }
                    StatementKind::Update { table, filtered: false, .. } => ("changes", table),
                    StatementKind::Delete { table, filtered: false, .. } => ("deletes", table),
                    _ => continue,
                };
                let committed = if open { "" } else { ", and it is committed at once" };
                report.at(
                    sent.place(statement.span),
                    format!("without `WHERE` this {verb} every row of `{}`{committed}", table.path.join(".")),
                    "say which rows, and rehearse: `BEGIN`, the statement, look at the count, `COMMIT` or `ROLLBACK`",
                );
            }
        }
    }
}
