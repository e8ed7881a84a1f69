//! The variables of psql: `:name` as it is, `:'name'` as a string, `:"name"` as an identifier.
//!
//! Invariant: a value in quotes never leaves them, whatever it holds.

use super::scan::{SqlBlanks, SqlKind, sql_pieces};

/// In which quotes a value goes into a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlQuoting {
    /// None: the value is SQL itself.
    Bare,
    /// Those of a string.
    Literal,
    /// Those of an identifier.
    Identifier,
}

/// A variable in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlVariable {
    /// Offset of the colon.
    pub start: usize,
    /// Offset behind it.
    pub end: usize,
    /// Its name.
    pub name: String,
    /// How its value is quoted.
    pub quoting: SqlQuoting,
}

/// The variables of a text, in order. A colon right behind a letter, a digit or a bracket belongs to a slice.
pub fn sql_variables(text: &str, blanks: SqlBlanks) -> Vec<SqlVariable> {
    let pieces = sql_pieces(text, blanks).into_iter().filter(|piece| piece.kind == SqlKind::Variable);
    let free =
        pieces.filter(|piece| !text[..piece.start].ends_with(|c: char| c.is_alphanumeric() || "_)]".contains(c)));
    free.map(|piece| {
        let inside = &piece.slice(text)[1..];
        let quoting = match inside.as_bytes().first() {
            Some(b'\'') => SqlQuoting::Literal,
            Some(b'"') => SqlQuoting::Identifier,
            _ => SqlQuoting::Bare,
        };
        let name = inside.trim_matches(['\'', '"']).to_owned();
        SqlVariable { start: piece.start, end: piece.end, name, quoting }
    })
    .collect()
}

/// The text with what takes the place of every variable that has a value, in its quotes.
pub fn sql_with_values(text: &str, value: impl Fn(&SqlVariable) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for variable in sql_variables(text, SqlBlanks::Taken) {
        let Some(value) = value(&variable) else { continue };
        out.push_str(&text[last..variable.start]);
        out.push_str(&value);
        last = variable.end;
    }
    out.push_str(&text[last..]);
    out
}

/// The value in its quotes. A string with a backslash is written so that it means the same whatever the server takes
/// backslashes for.
pub fn sql_quoted(value: &str, quoting: SqlQuoting) -> String {
    match quoting {
        SqlQuoting::Bare => value.to_owned(),
        SqlQuoting::Identifier => format!("\"{}\"", value.replace('"', "\"\"")),
        SqlQuoting::Literal if value.contains('\\') => {
            format!(" E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
        }
        SqlQuoting::Literal => format!("'{}'", value.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let value = |it: &SqlVariable| (it.name == "x").then(|| sql_quoted(r#"o'b"r\n; DROP TABLE t"#, it.quoting));
        sql_with_values(text, value)
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(filled("SELECT :'x', ':x', a::int"), r#"SELECT  E'o''b"r\\n; DROP TABLE t', ':x', a::int"#);
        assert_eq!(filled(r#"TABLE :"x""#), r#"TABLE "o'b""r\n; DROP TABLE t""#);
    }

    #[test]
    fn text_that_is_sql_itself_goes_in_as_it_is() {
        assert_eq!(sql_with_values(":CAPTURED;", |_| Some("ALTER SYSTEM RESET a".to_owned())), "ALTER SYSTEM RESET a;");
    }

    #[test]
    fn slices_casts_and_unknown_names_stay() {
        assert_eq!(filled("SELECT a[1:x], b[y:x], :y, c::x"), "SELECT a[1:x], b[y:x], :y, c::x");
    }
}
