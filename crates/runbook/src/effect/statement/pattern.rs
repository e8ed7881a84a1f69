//! The shape of a statement, as it is written in the catalogue, and the texts that are filled with its parts.
//!
//! A pattern is words that must follow each other: `ALTER ROLE|USER {role} SET {setting} TO|=`. `A|B` is a choice, `A?`
//! may be absent, `{name}` is an identifier with what qualifies it, `{name..}` a list of them, `*` any one value, `;` is
//! the end, `**` all that follows where it is one item: no comma stands in it outside of brackets. Without either anything
//! may follow.
//!
//! In a text, `{name}` is the identifier as written, `{'name'}` a string with the name that the server has it under,
//! `{@name}` a string with the identifier as written, `{#name}` each of the list as a relation, `{statement}` the whole,
//! `{value}` an expression that writes a setting as a statement wants it.

use allclear_core::{SqlBlanks, SqlKind, SqlPiece, SqlQuoting, sql_pieces, sql_quoted};
use serde::Deserialize;

/// Settings that are lists of names: a statement has to name each by itself.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];
const ONE: &str = "quote_literal(setting)";
const EACH: &str =
    "(SELECT string_agg(quote_literal(btrim(item, ' \"')), ', ') FROM regexp_split_to_table(setting, ',') item)";

/// Words that stand where a name could, and are none.
const NO_NAMES: [&str; 12] = [
    "ALL",
    "CURRENT_ROLE",
    "CURRENT_USER",
    "SESSION_USER",
    "PUBLIC",
    "IF",
    "ON",
    "CONCURRENTLY",
    "FULL",
    "FREEZE",
    "ANALYZE",
    "VERBOSE",
];

/// A compiled pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(super) struct StatementPattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Words {
        any: Vec<String>,
        optional: bool,
    },
    Name(String),
    Names(String),
    Value,
    /// The rest, without a comma outside of brackets.
    OneItem,
    End,
}

impl From<String> for StatementPattern {
    fn from(text: String) -> Self {
        let part = |word: &str| match word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => match name.strip_suffix("..") {
                Some(names) => Part::Names(names.to_owned()),
                None => Part::Name(name.to_owned()),
            },
            None if word == ";" => Part::End,
            None if word == "**" => Part::OneItem,
            None if word == "*" => Part::Value,
            None => {
                let (words, optional) = word.strip_suffix('?').map_or((word, false), |words| (words, true));
                Part::Words { any: words.split('|').map(str::to_owned).collect(), optional }
            }
        };
        Self { parts: text.split_whitespace().map(part).collect() }
    }
}

/// The parts of a statement, by name.
#[derive(Debug, Default)]
pub(super) struct Bindings(Vec<(String, Vec<String>)>);

impl StatementPattern {
    /// The parts of a statement of this shape.
    pub(super) fn matched(&self, statement: &str) -> Option<Bindings> {
        let pieces = sql_pieces(statement, SqlBlanks::Taken);
        let kept: Vec<&SqlPiece> =
            pieces.iter().filter(|piece| !matches!(piece.kind, SqlKind::Blank | SqlKind::Comment)).collect();
        let mut rest = kept.as_slice();
        let mut bindings = Bindings::default();
        for part in &self.parts {
            match part {
                Part::Words { any, optional } => {
                    let first = rest.first().map(|piece| piece.slice(statement).to_ascii_uppercase());
                    let fits = first.is_some_and(|first| any.contains(&first));
                    match (fits, optional) {
                        (true, _) => rest = &rest[1..],
                        (false, true) => {}
                        (false, false) => return None,
                    }
                }
                Part::Name(name) => {
                    let (path, behind) = path(statement, rest)?;
                    bindings.0.push((name.clone(), path));
                    rest = behind;
                }
                Part::Names(name) => loop {
                    let (path, behind) = path(statement, rest)?;
                    bindings.0.push((name.clone(), path));
                    match behind.split_first() {
                        Some((comma, after)) if comma.slice(statement) == "," => rest = after,
                        _ => {
                            rest = behind;
                            break;
                        }
                    }
                },
                Part::Value => rest = rest.split_first()?.1,
                Part::OneItem if is_one_item(rest.iter().map(|piece| piece.slice(statement))) => rest = &[],
                Part::OneItem => return None,
                Part::End if rest.iter().all(|piece| piece.slice(statement) == ";") => {}
                Part::End => return None,
            }
        }
        Some(bindings)
    }
}

/// Whether no comma stands outside of brackets.
fn is_one_item<'s>(pieces: impl Iterator<Item = &'s str>) -> bool {
    let mut depth = 0_usize;
    for piece in pieces {
        match piece {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => return false,
            _ => {}
        }
    }
    true
}

/// An identifier with what qualifies it, each part as written, and what stands behind it.
fn path<'p>(statement: &str, pieces: &'p [&'p SqlPiece]) -> Option<(Vec<String>, &'p [&'p SqlPiece])> {
    let mut path = Vec::new();
    let mut rest = pieces;
    loop {
        let (first, behind) = rest.split_first()?;
        let text = first.slice(statement);
        let named = match first.kind {
            SqlKind::Name => true,
            SqlKind::Word => !NO_NAMES.contains(&text.to_ascii_uppercase().as_str()),
            _ => false,
        };
        // It goes into strings as well.
        if !named || text.contains(['\'', '\n']) {
            return None;
        }
        path.push(text.to_owned());
        match behind.split_first() {
            Some((dot, after)) if dot.slice(statement) == "." => rest = after,
            _ => return Some((path, behind)),
        }
    }
}

impl Bindings {
    /// One part more.
    #[must_use]
    pub(super) fn with(mut self, name: &str, text: &str) -> Self {
        self.0.push((name.to_owned(), vec![text.to_owned()]));
        self
    }

    /// The text with every part that it names; what names none stays.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            let end = rest[at..].find('}').map(|length| at + length);
            match end.and_then(|end| Some((end, self.part(&rest[at + 1..end])?))) {
                Some((end, part)) => {
                    out.push_str(&part);
                    rest = &rest[end + 1..];
                }
                None => {
                    out.push('{');
                    rest = &rest[at + 1..];
                }
            }
        }
        out + rest
    }

    fn part(&self, inside: &str) -> Option<String> {
        if inside == "value" {
            return Some(self.value());
        }
        let literal = |text: &str| sql_quoted(text, SqlQuoting::Literal);
        if let Some(name) = inside.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            let folded: Vec<String> = self.path(name)?.iter().map(|part| folded(part)).collect();
            return Some(literal(&folded.join(".")));
        }
        if let Some(name) = inside.strip_prefix('@') {
            return Some(literal(&self.path(name)?.join(".")));
        }
        if let Some(name) = inside.strip_prefix('#') {
            let named = self.0.iter().filter(|(known, _)| known == name);
            let relations: Vec<String> =
                named.map(|(_, path)| format!("to_regclass({})", literal(&path.join(".")))).collect();
            return (!relations.is_empty()).then(|| relations.join(", "));
        }
        Some(self.path(inside)?.join("."))
    }

    /// An expression over `setting`, and over `name` where the statement does not say which setting it is.
    fn value(&self) -> String {
        match self.path("setting").map(|path| LISTS.contains(&folded(&path.concat()).as_str())) {
            Some(true) => EACH.to_owned(),
            Some(false) => ONE.to_owned(),
            None => format!("CASE WHEN lower(name) IN ('{}') THEN {EACH} ELSE {ONE} END", LISTS.join("', '")),
        }
    }

    fn path(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, path)| path.as_slice())
    }
}

/// An identifier as PostgreSQL folds it.
fn folded(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => identifier.to_lowercase(),
    }
}
