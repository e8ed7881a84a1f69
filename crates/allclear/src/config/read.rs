//! From text to `File`, with every problem instead of the first.
//!
//! Deserialising stops at the first error; so whatever it stops at is noted and taken out of the tree, and it is done
//! again. Invariant: each round removes one entry, so there are at most as many rounds as entries.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::file::File;
use super::nearest::{listed, nearest};
use super::problem::Problem;

/// What could be understood.
pub(super) struct Reading {
    /// The file, without what was wrong; `None` if nothing can be said about the rest.
    pub(super) file: Option<File>,
    /// What was taken out, such as `check.api.url`: it is wrong, not missing.
    pub(super) removed: BTreeSet<String>,
    pub(super) problems: Vec<Problem>,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Reading {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let problems = errors.iter().map(|error| syntax_problem(error, text)).collect();
    let mut reading = Reading { file: None, removed: BTreeSet::new(), problems };
    if !errors.is_empty() {
        return reading;
    }
    let mut tree = tree;
    while reading.file.is_none() {
        match File::deserialize(toml::Deserializer::from(tree.clone())) {
            Ok(file) => reading.file = Some(file),
            Err(error) => {
                let removed = error.span().and_then(|span| remove(tree.get_mut(), &span, ""));
                reading.problems.push(shape_problem(&error, removed.as_deref().unwrap_or_default()));
                let Some(removed) = removed else { break };
                reading.removed.insert(removed);
            }
        }
    }
    reading
}

/// Takes the entry out whose key is the place, otherwise the innermost that covers it; its path, if there is one.
fn remove(table: &mut DeTable<'_>, place: &Range<usize>, path: &str) -> Option<String> {
    let covers = |span: Range<usize>| span.start <= place.start && place.end <= span.end;
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let here = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        if key.span() == *place {
            found = Some((key.get_ref().to_string(), here));
            break;
        }
        let is_here = covers(key.span()) || covers(value.span());
        let inside = match value.get_mut() {
            DeValue::Table(inner) => remove(inner, place, &here),
            DeValue::Array(items) => items.iter_mut().find_map(|item| match item.get_mut() {
                DeValue::Table(inner) => remove(inner, place, &here),
                _ => None,
            }),
            _ => None,
        };
        if inside.is_some() {
            return inside;
        }
        if is_here {
            found = Some((key.get_ref().to_string(), here));
        }
    }
    let (key, here) = found?;
    table.remove(key.as_str());
    Some(here)
}

fn syntax_problem(error: &toml::de::Error, text: &str) -> Problem {
    // Without a place it is about the end of the file.
    let span = error.span().unwrap_or(text.len()..text.len());
    let message = error.message();
    let help = if message.starts_with("duplicate key") {
        "keep one of the two"
    } else if message.contains("string") {
        "put texts between double quotes, on one line"
    } else {
        "write `key = value`, tables as `[check.NAME]`, texts and durations between double quotes"
    };
    Problem::error(Code::Syntax, span, format!("this is not TOML: {message}")).help(help)
}

fn shape_problem(error: &toml::de::Error, path: &str) -> Problem {
    let message = error.message();
    let span = error.span();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown_key(rest, path).at(span);
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (written, known) = names(rest);
        let problem = Problem::error(
            Code::BadValue,
            span,
            format!("`{written}` is not one of the values that are possible here"),
        );
        return problem.help(format!(
            "write {}",
            known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ")
        ));
    }
    if let Some((what, advice)) = message.split_once('\n') {
        return Problem::error(Code::BadValue, span, what).help(advice);
    }
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let problem = Problem::error(Code::WrongType, span, in_words(what));
    if expected.is_empty() { problem } else { problem.help(format!("write {}", expected_in_words(expected))) }
}

fn unknown_key(rest: &str, path: &str) -> Problem {
    let (written, known) = names(rest);
    let parent = path.rsplit_once('.').map_or(String::new(), |(parent, _)| format!(" in `[{parent}]`"));
    let problem = Problem::error(Code::UnknownKey, None, format!("there is no key `{written}`{parent}"));
    match nearest(written, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("the keys here are {}", listed(known))),
    }
}

/// What is written and what is known, from the words in backticks.
fn names(message: &str) -> (&str, Vec<&str>) {
    let mut names = message.split('`').skip(1).step_by(2);
    (names.next().unwrap_or_default(), names.collect())
}

fn in_words(what: &str) -> String {
    match what.split_once(": ") {
        Some(("invalid type" | "invalid value", found)) => {
            let found = found.replace("map", "a table").replace("sequence", "a list");
            // The text itself may be a secret in the wrong place.
            let found = if found.starts_with("string ") { "a text" } else { &found };
            format!("the value is of the wrong type: {found}")
        }
        _ => what.to_owned(),
    }
}

fn expected_in_words(expected: &str) -> String {
    match expected {
        "u32" => "a whole number, without quotes".to_owned(),
        "a boolean" => "`true` or `false`, without quotes".to_owned(),
        "a string" | "string" => "a text between double quotes".to_owned(),
        "a sequence" => "a list, such as [\"a\", \"b\"]".to_owned(),
        "a map" => "a table, such as { NAME = \"value\" }".to_owned(),
        _ if expected.starts_with("struct ") => {
            "a table with a header of its own, such as `[service]` or `[check.NAME]`".to_owned()
        }
        _ => expected.to_owned(),
    }
}

impl Problem {
    fn at(mut self, span: Option<Range<usize>>) -> Self {
        self.span = span;
        self
    }
}
