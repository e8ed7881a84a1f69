//! PG18: `CREATE INDEX CONCURRENTLY` that fails leaves an index that is kept up and never used.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::sql::ast::StatementKind;

use super::restore::said;

pub(super) const RULE: Rule = Rule {
    code: "PG18",
    name: "invalid-index-left",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG18.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let said = said(document, scope);
        if ["indisvalid", "invalid", "drop index"].iter().any(|word| said.contains(word)) {
            continue;
        }
        let mut all = scope.sent().flat_map(|sent| sent.batch.sql.statements.iter().map(move |it| (sent, it)));
        // Said once per procedure: one check covers all its indexes.
        let first = all.find_map(|(sent, statement)| match &statement.kind {
            StatementKind::CreateIndex { concurrently: true, if_not_exists, .. } => {
                Some((sent, statement, *if_not_exists))
            }
            _ => None,
        });
        let Some((sent, statement, if_not_exists)) = first else { continue };
        let message = if if_not_exists {
            "if the build fails, an invalid index stays, and `IF NOT EXISTS` skips it when this is run again"
        } else {
            "if the build fails, an invalid index stays: every write keeps it up, no query uses it, the name is taken"
        };
        report.at(
            sent.place(statement.span),
            message,
            "check `SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid` behind it, and `DROP INDEX` what it lists",
        );
    }
}
