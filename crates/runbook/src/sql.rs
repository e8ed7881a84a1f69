//! SQL to statements as psql sends them, and whether a text is SQL at all.
//!
//! Statements end at `;` outside quotes, parentheses and comments, and at a meta-command; a meta-command is one of its own.

use crate::span::Span;
use crate::syntax::sql::scan::{Kind, pieces};

/// The statements of a text, without leading comments and without blanks around them.
pub(crate) fn statements(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Option<Span> = None;
    let mut depth = 0_usize;
    for piece in pieces(text) {
        let slice = piece.span.slice(text);
        match (piece.kind, slice) {
            (Kind::Blank | Kind::Comment, _) => continue,
            (Kind::Meta, _) if slice.starts_with("\\;") => {}
            (Kind::Meta, _) if !sends(slice) => {
                found.extend(open.take());
                found.push(Span::new(piece.span.start, piece.span.start + slice.trim_end().len()));
                depth = 0;
                continue;
            }
            (Kind::Symbol, ";") if open.is_none() => continue,
            (Kind::Symbol, "(") => depth += 1,
            (Kind::Symbol, ")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        let end = piece.span.start + slice.trim_end().len();
        let span = open.unwrap_or(piece.span).cover(Span::new(piece.span.start, end));
        open = Some(Span::new(span.start, end));
        if piece.kind == Kind::Meta || (slice == ";" && piece.kind == Kind::Symbol && depth == 0) {
            found.extend(open.take());
            depth = 0;
        }
    }
    found.extend(open);
    found
}

/// Whether a meta-command sends what was typed before it.
fn sends(meta: &str) -> bool {
    meta.starts_with("\\g") || meta.starts_with("\\watch") || meta.starts_with("\\crosstabview")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        statements(text).iter().map(|span| span.slice(text)).collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_quotes() {
        assert_eq!(split("-- a;\nSELECT ';' , $$;$$;\n\nUPDATE x"), ["SELECT ';' , $$;$$;", "UPDATE x"]);
    }

    #[test]
    fn a_semicolon_alone_is_no_statement() {
        assert_eq!(split(";;\n;"), Vec::<&str>::new());
    }

    #[test]
    fn a_meta_command_of_psql_is_a_command_of_its_own() {
        assert_eq!(
            split("\\c shop\nSELECT 1 \\gx\n\\dt\nSELECT 2;"),
            ["\\c shop", "SELECT 1 \\gx", "\\dt", "SELECT 2;"]
        );
    }

    #[test]
    fn a_semicolon_in_parentheses_ends_nothing() {
        assert_eq!(
            split("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3"),
            ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);", "SELECT 3"]
        );
    }

    #[test]
    fn unclosed_quotes_and_comments_end_with_the_text() {
        assert_eq!(split("SELECT 'x"), ["SELECT 'x"]);
        assert_eq!(split("SELECT '"), ["SELECT '"]);
        assert_eq!(split("SELECT 1 /* x"), ["SELECT 1"]);
    }
}
