//! PG16: a meta-command of psql inside a `-c` that also holds SQL.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{BatchSource, Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "PG16",
    name: "backslash-inside-sql",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG16.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        let sql = &sent.batch.sql;
        let begins_with_it = sent.batch.text.trim_start().starts_with('\\');
        let Some(meta) = sql.metas.first().filter(|_| sent.batch.source == BatchSource::Argument) else { continue };
        if begins_with_it || sql.statements.is_empty() {
            continue;
        }
        report.at(
            sent.place(meta.span),
            format!(
                "`-c` is either SQL or one backslash command: the server answers \"syntax error at \\{}\"",
                meta.name
            ),
            "give each part a `-c` of its own, or feed them as lines: `psql <<'EOF'`",
        );
    }
}
