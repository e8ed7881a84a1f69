//! SQL as PostgreSQL reads it, and as psql does before.
//!
//! Invariants: parsing never fails and never panics; every span lies within the text and on character boundaries; a text
//! beyond the bounds has no statements and one error. This is the only place that calls the parser of another crate.

pub(crate) mod ast;
mod bound;
mod lower;
pub(crate) mod scan;
mod substitute;

use squawk_syntax::SourceFile;

use crate::span::Span;
use ast::Sql;
pub use ast::SyntaxError;

/// The statements of a text; what is not understood is among the errors.
pub(crate) fn parse(text: &str) -> Sql {
    let mut sql = Sql::default();
    let pieces = scan::pieces(text);
    if !bound::fits(text, &pieces) {
        let message = "too large or too deep to be understood".to_owned();
        sql.errors.push(SyntaxError { span: Span::new(0, text.len()), message });
        return sql;
    }
    let substituted = substitute::substitute(text, &pieces, &mut sql);
    let parsed = SourceFile::parse(&substituted);
    sql.statements = lower::statements(&parsed.syntax_node(), &sql.placeholders);
    sql.errors = parsed.errors().iter().map(|error| located(text, error)).collect();
    sql
}

/// Where a text is not what PostgreSQL understands; placeholders and what is meant for psql are not held against it.
pub fn sql_errors(text: &str) -> Vec<SyntaxError> {
    parse(text).errors
}

fn located(text: &str, error: &squawk_syntax::syntax_error::SyntaxError) -> SyntaxError {
    let range = error.range();
    let start = text.floor_char_boundary(usize::from(range.start()).min(text.len()));
    let end = text.ceil_char_boundary(usize::from(range.end()).min(text.len()));
    SyntaxError { span: Span::new(start, end.max(start)), message: error.message().to_owned() }
}

#[cfg(test)]
mod tests;
