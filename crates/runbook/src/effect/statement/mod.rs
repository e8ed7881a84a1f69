//! What goes with a statement of PostgreSQL that changes something: what to record before, how to undo and verify it, and
//! what it would touch.
//!
//! The knowledge is in `catalogue/statements.toml`. Every capture is one query with one value: the text of the
//! statements that bring back what was, written by the server itself with its own quoting. So the undo of a statement
//! does not depend on what is found in the database, and a value never has to be quoted here.

mod backends;
mod lock;
mod pattern;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use allclear_core::EffectClass;
use serde::Deserialize;

use super::query;
use crate::syntax::sql::ast::{Statement, StatementKind};
use lock::Lock;
use pattern::{Bindings, StatementPattern};

/// What is known about statements of one shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryTable {
    #[serde(rename = "match")]
    patterns: Vec<StatementPattern>,
    capture: Option<String>,
    undo: Option<String>,
    preview: Option<String>,
    /// What it locks of its `{table}`; of that of its `{index}` where it has none.
    locks: Option<Lock>,
    /// Whether one may do it: an expression over `c`, the row of `pg_class` of what is locked.
    may: Option<String>,
    verify: Option<String>,
    irreversible: Option<String>,
    /// Only a `MERGE` that deletes.
    #[serde(default)]
    deletes: bool,
    #[serde(default)]
    transient: bool,
    #[serde(default)]
    needs: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are for the tests"))]
    #[serde(default)]
    examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    statement: Vec<EntryTable>,
}

static ENTRIES: LazyLock<Vec<EntryTable>> = LazyLock::new(|| {
    let text = include_str!("../../../catalogue/statements.toml");
    let file: FileTable = toml::from_str(text).expect("the catalogue of statements is read by the tests of this crate");
    file.statement
});

/// What goes with one statement.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StatementMeasures {
    /// A query that prints what the undo takes.
    pub(super) capture: Option<String>,
    /// Statements; `:CAPTURED` stands for what the capture printed.
    pub(super) undo: Option<String>,
    /// Queries that show what would be touched.
    pub(super) previews: Vec<String>,
    pub(super) verify: Option<String>,
    pub(super) irreversible: Option<String>,
    pub(super) needs: Vec<String>,
    /// Whether it passes by itself, so that there is nothing to undo.
    pub(super) transient: bool,
}

/// What goes with every statement of a text that changes something, in order.
pub(super) fn measures(text: &str) -> Vec<StatementMeasures> {
    let sql = crate::syntax::sql::parse(text);
    let changing = sql.statements.iter().filter(|it| query::statement(it) != EffectClass::Observe);
    let mut found: Vec<_> = changing.map(|it| of_statement(it, text)).collect();
    if !sql.errors.is_empty() {
        // Not understood: whatever it does, nobody knows how to undo it.
        found.push(StatementMeasures::default());
    }
    found
}

fn of_statement(statement: &Statement, source: &str) -> StatementMeasures {
    let text = statement.span.slice(source);
    if passes(statement) {
        let previews = backends::preview(statement, source).into_iter().collect();
        return StatementMeasures { transient: true, previews, ..StatementMeasures::default() };
    }
    let found = decided(statement, text);
    let whole = text.trim_end_matches(';').trim_end();
    found.map_or_else(StatementMeasures::default, |(entry, bindings)| entry.filled(&bindings.with("statement", whole)))
}

/// The first entry that fits.
fn decided(statement: &Statement, text: &str) -> Option<(&'static EntryTable, Bindings)> {
    let deletes = matches!(statement.kind, StatementKind::Merge { deletes: true });
    let mut entries = ENTRIES.iter().filter(|entry| deletes || !entry.deletes);
    entries.find_map(|entry| Some((entry, entry.patterns.iter().find_map(|pattern| pattern.matched(text))?)))
}

/// Whether it only calls functions whose effect passes, or is none on what is stored.
fn passes(statement: &Statement) -> bool {
    let StatementKind::Select(arms) = &statement.kind else { return false };
    let locks = arms.iter().any(|arm| arm.into);
    !locks && statement.with.is_empty() && statement.calls.iter().all(|call| query::leaves_nothing(call.name.last()))
}

impl EntryTable {
    fn filled(&self, bindings: &Bindings) -> StatementMeasures {
        let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let capture = self.capture.as_ref().map(one_line).map(|text| bindings.fill(&text));
        let preview = self.preview.as_ref().map(one_line).map(|text| bindings.fill(&text));
        StatementMeasures {
            capture,
            undo: self.undo.as_ref().map(|text| bindings.fill(text.trim())),
            previews: self.touched(bindings).into_iter().chain(preview).collect(),
            verify: self.verify.as_ref().map(one_line).map(|text| bindings.fill(&text)),
            irreversible: self.irreversible.clone(),
            needs: self.needs.clone(),
            transient: self.transient,
        }
    }
    /// What it would lock, where that is known.
    fn touched(&self, bindings: &Bindings) -> Option<String> {
        let tables = bindings.fill("{#table}");
        let tables = if tables.contains('{') {
            let indexes = bindings.fill("{#index}");
            let known = !indexes.contains('{');
            known.then(|| format!("SELECT indrelid FROM pg_index WHERE indexrelid IN ({indexes})"))?
        } else {
            tables
        };
        Some(self.locks?.query(&tables, self.may.as_deref()))
    }
}
