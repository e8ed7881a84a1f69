//! SQL to statements as psql sends them, and whether a text is SQL at all.

use allclear_core::{SqlBlanks, sql_statements};

use crate::span::Span;
use crate::syntax::sql::scan::{Kind, pieces};

/// The statements of a text, without leading comments and without blanks around them.
pub(crate) fn statements(text: &str) -> Vec<Span> {
    let found = sql_statements(text, SqlBlanks::Noticed).into_iter();
    found.map(|(start, end)| Span::new(start, end)).collect()
}

/// The first words of a statement, in upper case.
fn first_words(statement: &str) -> Vec<String> {
    let words = pieces(statement).into_iter().filter(|piece| piece.kind == Kind::Word);
    words.take(3).map(|piece| piece.span.slice(statement).to_ascii_uppercase()).collect()
}

/// Whether a text without a language tag begins like SQL.
pub(crate) fn looks_like_sql(text: &str) -> bool {
    let Some(first) = statements(text).first().map(|span| first_words(span.slice(text))) else { return false };
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    match first.as_slice() {
        ["SELECT" | "UPDATE" | "EXPLAIN" | "VACUUM" | "SHOW" | "WITH", ..] => {
            text.contains(';') || text.to_ascii_uppercase().contains(" FROM ")
        }
        ["DELETE", "FROM", ..]
        | ["INSERT", "INTO", ..]
        | ["ALTER" | "CREATE" | "DROP" | "TRUNCATE" | "GRANT" | "REVOKE", _, ..] => text.contains(';'),
        _ => false,
    }
}
