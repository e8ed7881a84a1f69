//! PG02: several statements in one `psql -c` are one transaction, and some statements refuse to run in one.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{BatchSource, Document, Fix, Report, Rule, Sent};
use crate::span::Span;
use crate::syntax::bash::Quoting;
use crate::syntax::sql::ast::{Statement, StatementKind};

pub(super) const RULE: Rule = Rule {
    code: "PG02",
    name: "one-transaction-for-all",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG02.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        let statements = &sent.batch.sql.statements;
        if sent.batch.source != BatchSource::Argument || statements.len() < 2 || !sent.batch.is_whole() {
            continue;
        }
        let controls = |statement: &Statement| {
            matches!(statement.kind, StatementKind::Begin | StatementKind::Commit | StatementKind::Rollback)
        };
        let Some((refusing, words)) = statements.iter().find_map(|it| Some((it, refuses(it)?))) else { continue };
        if statements.iter().any(controls) || !sent.batch.sql.metas.is_empty() {
            continue;
        }
        let finding = report.at(
            sent.place(refusing.span),
            format!(
                "`{words}` cannot run inside a transaction, and all that one `-c` holds is one: nothing of it happens"
            ),
            "give each statement a `-c` of its own",
        );
        finding.fix = split(&sent);
    }
}

/// The words of a statement that refuses to run in a transaction.
fn refuses(statement: &Statement) -> Option<&'static str> {
    match &statement.kind {
        StatementKind::AlterSystem { .. } => Some("ALTER SYSTEM"),
        StatementKind::Vacuum { .. } => Some("VACUUM"),
        StatementKind::CreateIndex { concurrently: true, .. } => Some("CREATE INDEX CONCURRENTLY"),
        StatementKind::DropIndex { concurrently: true, .. } => Some("DROP INDEX CONCURRENTLY"),
        StatementKind::Reindex { concurrently: true } => Some("REINDEX CONCURRENTLY"),
        StatementKind::CreateDatabase { .. } => Some("CREATE DATABASE"),
        StatementKind::DropDatabase { .. } => Some("DROP DATABASE"),
        _ => None,
    }
}

/// `-c "A; B"` becomes `-c "A" -c "B"`.
fn split(sent: &Sent<'_, '_>) -> Option<Fix> {
    let word = sent.psql()?.words.iter().find(|word| word.value == sent.batch.text)?;
    let quote = match word.quoting {
        Quoting::Double => '"',
        Quoting::Single => '\'',
        Quoting::Bare | Quoting::Mixed => return None,
    };
    let statements = &sent.batch.sql.statements;
    if !sent.batch.is_verbatim() || sent.batch.text.contains("--") {
        return None;
    }
    let mut fix = Fix { title: "send each statement on its own".to_owned(), edits: Vec::new() };
    for pair in statements.windows(2) {
        let between = Span::new(pair[0].span.end, pair[1].span.start);
        let replaced = Fix::replace("", sent.place(between), format!("{quote} -c {quote}"));
        fix.edits.extend(replaced.edits);
    }
    Some(fix)
}
