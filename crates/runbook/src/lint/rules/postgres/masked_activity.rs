//! PG14: what other roles do is hidden from an ordinary role, so a check for activity finds none.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};
use crate::syntax::call::Call;
use crate::syntax::sql::ast::StatementKind;

use super::activity::{conditions, mentions, reads};

pub(super) const RULE: Rule = Rule {
    code: "PG14",
    name: "masked-activity",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/PG14.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let lower = &document.lower;
    if ["pg_monitor", "pg_read_all_stats", "superuser"].iter().any(|word| lower.contains(word)) {
        return;
    }
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        let Some(role) = sent.psql().and_then(|psql| Call::of(psql).value(&["-U", "--username"])) else { continue };
        let asked = sent.batch.sql.statements.iter().find(|statement| match &statement.kind {
            StatementKind::Select(arms) => arms.iter().any(|query| {
                let masked = |column: &&str| conditions(query).iter().any(|condition| mentions(condition, column));
                reads(query, "pg_stat_activity") && ["state", "query", "query_start"].iter().any(masked)
            }),
            _ => false,
        });
        let Some(statement) = asked.filter(|_| is_ordinary(role)) else { continue };
        report.at(
            sent.place(statement.span),
            format!(
                "unless `{role}` is privileged, what other roles do is hidden from it: the answer is few rows or none"
            ),
            format!("use a role with `pg_monitor`, or `GRANT pg_monitor TO {role}` beforehand"),
        );
        return;
    }
}

/// Whether a role's name says nothing about privileges.
fn is_ordinary(role: &str) -> bool {
    let role = role.to_lowercase();
    let privileged =
        ["postgres", "admin", "root", "super", "monitor", "dba", "master", "owner", "rds", "cloudsql", "patroni"];
    let plain = role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    plain && !privileged.iter().any(|word| role.contains(word))
}
