//! PG22: a program of the shell called as if it were a function of SQL.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::sql::scan::{Kind, pieces};

pub(super) const RULE: Rule = Rule {
    code: "PG22",
    name: "shell-tool-in-sql",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG22.md"),
    check,
};

const TOOLS: &[&str] = &[
    "pg_ctl",
    "pg_ctlcluster",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_basebackup",
    "pg_rewind",
    "pg_resetwal",
    "pg_isready",
    "pg_controldata",
    "pg_receivewal",
    "pg_upgrade",
    "pg_lsclusters",
    "psql",
    "createdb",
    "dropdb",
    "vacuumdb",
    "reindexdb",
    "systemctl",
    "service",
    "sudo",
    "kubectl",
    "docker",
    "patronictl",
    "repmgr",
    "pgbackrest",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        let text = &sent.batch.text;
        let errors = &sent.batch.sql.errors;
        let called = if errors.is_empty() { Vec::new() } else { called(text) };
        if let Some(tool) = errors.iter().find_map(|error| in_front(&called, error.span)) {
            report.at(
                sent.place(tool),
                format!(
                    "`{}` is a program and no function of SQL: the server answers with a syntax error",
                    tool.slice(text)
                ),
                "run it in a shell on the database's host",
            );
        }
    }
}

/// The tool that an error stands behind, in the same statement.
fn in_front(called: &[(Span, usize)], error: Span) -> Option<Span> {
    let (tool, _) = called.get(called.partition_point(|(_, end)| *end < error.end))?;
    (tool.start <= error.end).then_some(*tool)
}

/// `SELECT tool words`, each with the end of its statement, in order.
fn called(text: &str) -> Vec<(Span, usize)> {
    let pieces = pieces(text);
    let ends: Vec<usize> = text.match_indices(';').map(|(at, _)| at).collect();
    let significant: Vec<_> =
        pieces.iter().filter(|piece| !matches!(piece.kind, Kind::Blank | Kind::Comment)).collect();
    let found = significant.windows(3).filter_map(|window| {
        let [select, tool, next] = window else { return None };
        let is_select = select.span.slice(text).eq_ignore_ascii_case("select");
        let is_tool = tool.kind == Kind::Word && TOOLS.contains(&tool.span.slice(text));
        let is_argument = next.kind == Kind::Word || next.span.slice(text) == "-";
        let end = ends.get(ends.partition_point(|end| *end < tool.span.start)).copied().unwrap_or(text.len());
        (is_select && is_tool && is_argument).then_some((tool.span, end))
    });
    found.collect()
}
