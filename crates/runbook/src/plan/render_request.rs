//! Values into HTTP requests, escaped for the place that they stand in.
//!
//! A secret becomes `${NAME}`, which whoever sends the request fills in; its value is not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::environment_name;
use crate::model::VariableForm;
use crate::variable::Occurrence;

/// The requests with every blank filled.
pub(super) fn rendered(
    text: &str,
    occurrences: &[Occurrence],
    variables: &BTreeMap<String, String>,
    secrets: &BTreeSet<String>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    let places = Place::of_lines(text);
    for occurrence in occurrences.iter().filter(|occurrence| occurrence.form != VariableForm::Shell) {
        let filled = if secrets.contains(&occurrence.name) {
            format!("${{{}}}", environment_name(&occurrence.name))
        } else if let Some(value) = variables.get(&occurrence.name) {
            let line = places.partition_point(|(start, _)| *start <= occurrence.start);
            places[line.saturating_sub(1)].1.escaped(value)
        } else {
            continue;
        };
        out.push_str(&text[last..occurrence.start]);
        out.push_str(&filled);
        last = occurrence.end;
    }
    out.push_str(&text[last..]);
    out
}

/// The part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Address,
    Header,
    Body,
}

impl Place {
    /// What every line is part of, each with its beginning; the first line begins with the text.
    fn of_lines(text: &str) -> Vec<(usize, Self)> {
        // What the next line is unless it says otherwise.
        let mut next = Self::Address;
        let mut start = 0;
        let of_line = |line: &str| {
            let begin = start;
            start += line.len() + 1;
            let place = if line.starts_with("###") { Self::Address } else { next };
            next = match place {
                Self::Address if line.trim().is_empty() || line.starts_with('#') => Self::Address,
                Self::Address => Self::Header,
                Self::Header if line.trim().is_empty() => Self::Body,
                place => place,
            };
            (begin, place)
        };
        text.split('\n').map(of_line).collect()
    }

    fn escaped(self, value: &str) -> String {
        let mut out = String::new();
        for c in value.chars() {
            match self {
                Self::Address if c.is_ascii_alphanumeric() || "-._~/".contains(c) => out.push(c),
                Self::Address => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(out, "%{byte:02X}").expect("a text takes everything");
                    }
                }
                Self::Header if c.is_control() => out.push(' '),
                Self::Body if matches!(c, '"' | '\\') => out.extend(['\\', c]),
                Self::Body if c.is_control() => {
                    write!(out, "\\u{:04x}", u32::from(c)).expect("a text takes everything");
                }
                Self::Header | Self::Body => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::occurrences;

    #[test]
    fn a_value_is_escaped_for_its_place_and_a_secret_is_named() {
        let text = "# <x>\nPOST /flags/<x>\nX-By: <x>\nX-Key: <api-key>\n\n{\"by\": \"<x>\"}";
        let variables = BTreeMap::from([("x".to_owned(), "a b\"\n?".to_owned())]);
        let secrets = BTreeSet::from(["api-key".to_owned()]);
        let out = rendered(text, &occurrences("http", text), &variables, &secrets);
        assert!(out.contains("POST /flags/a%20b%22%0A%3F\nX-By: a b\" ?\nX-Key: ${API_KEY}\n"), "{out}");
        assert!(out.ends_with("{\"by\": \"a b\\\"\\u000a?\"}"), "{out}");
    }
}
