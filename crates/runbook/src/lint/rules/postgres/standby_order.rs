//! PG24: settings that a standby needs at least as high as its primary, changed without saying in which order.

use std::cell::LazyCell;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::sql::ast::StatementKind;

pub(super) const RULE: Rule = Rule {
    code: "PG24",
    name: "standby-order",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG24.md"),
    check,
};

const CHECKED: &[&str] = &[
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
];

fn check(document: &Document<'_>, report: &mut Report) {
    let leaves_order_open = LazyCell::new(|| has_standby(&document.lower) && !says_order(&document.lower));
    for sent in document.scopes.iter().flat_map(|scope| scope.sent()) {
        for statement in &sent.batch.sql.statements {
            let StatementKind::AlterSystem { setting: Some(setting), .. } = &statement.kind else { continue };
            let name = setting.last();
            if !CHECKED.contains(&name) || !*leaves_order_open {
                continue;
            }
            report.at(
                sent.place(statement.span),
                format!("a standby whose `{name}` is below the primary's stops replaying or does not start, and no order is given"),
                "to lower it, change and restart the primary first; to raise it, the standbys first",
            );
        }
    }
}

fn has_standby(text: &str) -> bool {
    ["replica", "standby"].iter().any(|word| text.contains(word))
}

/// Whether a line names the servers and says which comes first.
fn says_order(text: &str) -> bool {
    text.lines().any(|line| {
        let servers = ["replica", "standby", "primary", "master"].iter().any(|word| line.contains(word));
        servers && [" first", "before", "then the", "after the"].iter().any(|word| line.contains(word))
    })
}
