//! PG07: databases swapped by two renames, between which there is no database.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{BatchSource, Document, Report, Rule, Scope, Sent};
use crate::span::Span;
use crate::syntax::sql::ast::{DatabaseAction, StatementKind};

pub(super) const RULE: Rule = Rule {
    code: "PG07",
    name: "swap-in-two-steps",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/PG07.md"),
    check,
};

/// Neighbours of which the second takes the name that the first gave up; what swaps back later is a pair of its own.
fn swaps<'r, 'd, 'a>(renames: &'r [Rename<'d, 'a>]) -> Vec<&'r [Rename<'d, 'a>]> {
    let mut found = Vec::new();
    let mut rest = renames;
    while let [one, other, ..] = rest {
        let swap = one.from == other.to && one.from != other.from;
        found.extend(swap.then(|| &rest[..2]));
        rest = &rest[if swap { 2 } else { 1 }..];
    }
    found
}

struct Rename<'d, 'a> {
    sent: Sent<'d, 'a>,
    span: Span,
    from: &'d str,
    to: &'d str,
    /// Number of the transaction in which it runs; 0 outside any.
    transaction: usize,
}

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let renames = renames(scope);
        for pair in swaps(&renames).into_iter().filter(|pair| !together(&pair[0], &pair[1])) {
            report.at(
                pair[0].sent.place(pair[0].span),
                format!("if the second renaming fails, there is no database `{}` any more", pair[0].from),
                "rename both in one transaction: `psql -d postgres -1 -c '…' -c '…'`",
            );
        }
    }
}

fn renames<'d, 'a>(scope: &'d Scope<'a>) -> Vec<Rename<'d, 'a>> {
    let mut found = Vec::new();
    let (mut open, mut begun) = (0, 0);
    for sent in scope.sent() {
        for statement in &sent.batch.sql.statements {
            match &statement.kind {
                StatementKind::Begin => (open, begun) = (begun + 1, begun + 1),
                StatementKind::Commit | StatementKind::Rollback => open = 0,
                StatementKind::AlterDatabase { name, action: DatabaseAction::Rename { to } } => {
                    let (from, to) = (name.last(), to.last());
                    found.push(Rename { sent, span: statement.span, from, to, transaction: open });
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether both are in one transaction.
fn together(one: &Rename<'_, '_>, other: &Rename<'_, '_>) -> bool {
    let same_text = std::ptr::eq(one.sent.batch, other.sent.batch) && one.sent.batch.source == BatchSource::Argument;
    let same_psql =
        std::ptr::eq(one.sent.entry, other.sent.entry) && one.sent.batch.invocation == other.sent.batch.invocation;
    let single = one
        .sent
        .psql()
        .is_some_and(|psql| psql.words.iter().any(|word| matches!(word.value.as_str(), "-1" | "--single-transaction")));
    same_text || (same_psql && single) || (one.transaction > 0 && one.transaction == other.transaction)
}
