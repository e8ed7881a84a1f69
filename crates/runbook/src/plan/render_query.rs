//! Values into SQL, quoted so that a value can never become part of the statement's syntax.
//!
//! A secret becomes a variable of psql, `:'NAME'`, which whoever performs the statement fills in; its value is not known
//! here.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{SqlBlanks, SqlKind, SqlPiece, SqlQuoting, sql_pieces, sql_quoted, sql_variables};

use super::environment_name;
use crate::variable::Occurrence;

/// A part of the text and what takes its place.
struct Filled {
    start: usize,
    end: usize,
    text: String,
}

/// The statement with every blank and every variable filled that has a value.
pub(super) fn rendered(
    text: &str,
    occurrences: &[Occurrence],
    variables: &BTreeMap<String, String>,
    secrets: &BTreeSet<String>,
) -> String {
    let pieces = sql_pieces(text, SqlBlanks::Taken);
    let mut filled = of_variables(text, variables, secrets);
    let named = filled.len();
    let mut taken = 0;
    for occurrence in occurrences {
        // All of them are in the order of the text.
        let before = filled[..named].partition_point(|it| it.end <= occurrence.start);
        let within = filled[..named].get(before).is_some_and(|it| it.start < occurrence.end);
        if within || occurrence.start < taken {
            continue;
        }
        let before = pieces.partition_point(|piece| piece.start <= occurrence.start);
        let around = pieces[..before].last().filter(|piece| occurrence.end <= piece.end);
        let place = Place::of(text, around, occurrence);
        if secrets.contains(&occurrence.name) {
            filled.push(place.secret(&environment_name(&occurrence.name)));
        } else if let Some(value) = variables.get(&occurrence.name) {
            filled.extend(place.value(value));
        }
        taken = filled[named..].last().map_or(0, |it| it.end);
    }
    filled.sort_by_key(|it| it.start);
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for it in filled.iter().filter(|it| !it.text.is_empty()) {
        if it.start >= last {
            out.push_str(&text[last..it.start]);
            out.push_str(&it.text);
            last = it.end;
        }
    }
    out.push_str(&text[last..]);
    out
}

/// The variables of psql that have a value; a secret goes by the name that it has in the environment.
fn of_variables(text: &str, variables: &BTreeMap<String, String>, secrets: &BTreeSet<String>) -> Vec<Filled> {
    let found = sql_variables(text, SqlBlanks::Noticed).into_iter();
    let filled = found.filter_map(|variable| {
        let text = if secrets.contains(&variable.name) {
            by_variable(&environment_name(&variable.name), variable.quoting)
        } else {
            let value = variables.get(&variable.name)?;
            match variable.quoting {
                SqlQuoting::Bare => bare(value),
                quoting => sql_quoted(value, quoting),
            }
        };
        Some(Filled { start: variable.start, end: variable.end, text })
    });
    filled.collect()
}

fn by_variable(name: &str, quoting: SqlQuoting) -> String {
    match quoting {
        SqlQuoting::Identifier => format!(":\"{name}\""),
        // A secret is a value; that it should be SQL itself is never meant.
        SqlQuoting::Bare | SqlQuoting::Literal => format!(":'{name}'"),
    }
}

/// What stands without quotes is a name, a number, or else a string.
fn bare(value: &str) -> String {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let number = unsigned.split_once('.').map_or_else(|| digits(unsigned), |(one, two)| digits(one) && digits(two));
    if number || value.split('.').all(word) { value.to_owned() } else { sql_quoted(value, SqlQuoting::Literal) }
}

/// Where a blank stands.
struct Place<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    /// The string or the quoted name around it.
    around: Option<SqlPiece>,
}

impl<'t> Place<'t> {
    fn of(text: &'t str, around: Option<&SqlPiece>, occurrence: &Occurrence) -> Self {
        let around = around.filter(|piece| matches!(piece.kind, SqlKind::Text | SqlKind::Name)).copied();
        Self { text, start: occurrence.start, end: occurrence.end, around }
    }

    fn filled(&self, text: String) -> Filled {
        Filled { start: self.start, end: self.end, text }
    }

    /// The blank with its value; `None` where no quoting would keep the value in its place.
    fn value(&self, value: &str) -> Option<Filled> {
        let Some(around) = self.around else { return Some(self.filled(bare(value))) };
        let text = match (around.kind, around.slice(self.text).chars().next()) {
            (SqlKind::Name, _) => value.replace('"', "\"\""),
            (_, Some('\'')) => value.replace('\'', "''"),
            (_, Some('e' | 'E')) => value.replace('\\', "\\\\").replace('\'', "''"),
            _ if value.contains('$') => return None,
            _ => value.to_owned(),
        };
        Some(self.filled(text))
    }

    /// The blank as a variable. Where it is a whole string, the string gives way.
    fn secret(&self, name: &str) -> Filled {
        let Some(around) = self.around else { return self.filled(format!(":'{name}'")) };
        let whole = around.start + 1 == self.start && self.end + 1 == around.end;
        match (around.kind, whole) {
            (SqlKind::Name, _) => Filled { start: around.start, end: around.end, text: format!(":\"{name}\"") },
            (_, true) => Filled { start: around.start, end: around.end, text: format!(":'{name}'") },
            (_, false) => self.filled(format!("' || :'{name}' || '")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::occurrences;

    fn fill(text: &str, value: &str) -> String {
        let variables = BTreeMap::from([("x".to_owned(), value.to_owned())]);
        rendered(text, &occurrences("sql", text), &variables, &BTreeSet::new())
    }

    #[test]
    fn a_value_cannot_leave_its_place() {
        for (text, value, expected) in [
            ("SELECT * FROM t WHERE a = <x>", "1; DROP TABLE t", "SELECT * FROM t WHERE a = '1; DROP TABLE t'"),
            ("SELECT * FROM t WHERE a = '<x>'", "o'b", "SELECT * FROM t WHERE a = 'o''b'"),
            ("SELECT * FROM t WHERE a = E'<x>'", "o\\'b", "SELECT * FROM t WHERE a = E'o\\\\''b'"),
            ("TABLE \"<x>\"", "a\"b", "TABLE \"a\"\"b\""),
            ("TABLE <x>", "shop.orders", "TABLE shop.orders"),
            ("SELECT pg_terminate_backend(<x>)", "4711", "SELECT pg_terminate_backend(4711)"),
            ("SELECT :x, :'x', :\"x\"", "o'b", "SELECT 'o''b', 'o''b', \"o'b\""),
            ("SELECT $$<x>$$", "$$; DROP TABLE t", "SELECT $$<x>$$"),
        ] {
            assert_eq!(fill(text, value), expected);
        }
    }

    #[test]
    fn a_secret_is_named_never_written() {
        let secrets = BTreeSet::from(["new-password".to_owned()]);
        let fill = |text: &str| rendered(text, &occurrences("sql", text), &BTreeMap::new(), &secrets);
        assert_eq!(fill("ALTER ROLE app PASSWORD '<new-password>'"), "ALTER ROLE app PASSWORD :'NEW_PASSWORD'");
        assert_eq!(fill("SELECT 'k=<new-password>'"), "SELECT 'k=' || :'NEW_PASSWORD' || ''");
        assert_eq!(fill("SELECT <new-password>"), "SELECT :'NEW_PASSWORD'");
    }
}
