//! What is searched for literally: the values of secrets in every form that they are usually printed in, and the
//! beginnings of the patterns.
//!
//! Invariant: no literal holds a line break, so a secret of several lines is found even where its lines are indented.

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::IgnoredValue;
use super::pattern::{PATTERNS, Pattern};

/// Shorter values are ordinary words.
const VALUE_CHARS_MIN: usize = 6;
/// Base64 cut at its edges: shorter pieces would be met by chance.
const FRAGMENT_BYTES_MIN: usize = 8;
/// Longer values are searched piece by piece; 76 is where `base64` breaks its lines.
const PIECE_BYTES: usize = 76;

/// All literals, in one automaton.
pub(super) struct Literals {
    automaton: AhoCorasick,
    meanings: Vec<Meaning>,
    /// Sorted, to see which of them the end of a text may begin.
    sorted: Vec<Vec<u8>>,
    longest: usize,
}

/// What a literal stands for.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// The value of a secret, or a piece of it.
    Value,
    /// The beginning of a pattern.
    Pattern {
        /// The pattern.
        pattern: &'static Pattern,
        /// Length of the longest value that is itself the beginning of this literal, which would otherwise be missed.
        value_length: Option<usize>,
    },
}

/// A literal met in a text.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) meaning: Meaning,
}

impl Literals {
    pub(super) fn new<'a>(
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
        ignored: &mut Vec<IgnoredValue>,
    ) -> Self {
        let mut values: Vec<Vec<u8>> = Vec::new();
        for (name, value) in secrets {
            if value.trim().chars().count() < VALUE_CHARS_MIN {
                ignored.push(IgnoredValue { name: name.to_owned(), reason: too_short(name) });
            } else {
                values.extend(forms(value));
            }
        }
        values.sort();
        values.dedup();
        Self::of(values)
    }

    fn of(values: Vec<Vec<u8>>) -> Self {
        let mut literals: Vec<Vec<u8>> = Vec::new();
        let mut meanings = Vec::new();
        for pattern in PATTERNS {
            for beginning in pattern.beginnings {
                let prefixes = values.iter().filter(|value| beginning.as_bytes().starts_with(value));
                let value_length = prefixes.map(Vec::len).max();
                meanings.push(Meaning::Pattern { pattern, value_length });
                literals.push(beginning.as_bytes().to_vec());
            }
        }
        meanings.extend(values.iter().map(|_| Meaning::Value));
        literals.extend(values);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(StartKind::Unanchored)
            .build(&literals)
            .expect("the literals are few and short, far below the limits of the automaton");
        let longest = literals.iter().map(Vec::len).max().unwrap_or(0);
        literals.sort();
        Self { automaton, meanings, sorted: literals, longest }
    }

    /// The first literal at or after `from`.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<Found> {
        let input = Input::new(text).range(from..).anchored(Anchored::No);
        let found = self.automaton.find(input)?;
        Some(Found { start: found.start(), end: found.end(), meaning: self.meanings[found.pattern().as_usize()] })
    }

    /// Where the end of the text may be the beginning of a literal; the length of the text where it cannot.
    pub(super) fn partial_from(&self, text: &[u8]) -> usize {
        let earliest = (text.len() + 1).saturating_sub(self.longest);
        (earliest..text.len()).find(|&start| self.begins_literal(&text[start..])).unwrap_or(text.len())
    }

    fn begins_literal(&self, end: &[u8]) -> bool {
        let next = self.sorted.partition_point(|literal| literal.as_slice() <= end);
        self.sorted.get(next).is_some_and(|literal| literal.starts_with(end))
    }
}

fn too_short(name: &str) -> String {
    format!("`{name}` is shorter than {VALUE_CHARS_MIN} characters, so it cannot be told from an ordinary word")
}

/// Every form of the value, cut into pieces that hold no line break.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<String> = value.lines().map(|line| line.trim().to_owned()).collect();
    forms.push(json_escaped(value));
    forms.push(url_encoded(value, "%20", b"-_.~"));
    forms.push(url_encoded(value, "+", b"-_.*"));
    let mut pieces: Vec<Vec<u8>> = forms.iter().flat_map(|form| pieces(form, VALUE_CHARS_MIN)).collect();
    // A secret in a file ends with a line break more often than not, and is encoded with it.
    for text in [value.to_owned(), format!("{value}\n")] {
        pieces.extend(base64_forms(text.as_bytes()).iter().flat_map(|form| self::pieces(form, FRAGMENT_BYTES_MIN)));
    }
    pieces
}

fn pieces(form: &str, shortest: usize) -> Vec<Vec<u8>> {
    form.as_bytes().chunks(PIECE_BYTES).filter(|piece| piece.len() >= shortest).map(<[u8]>::to_vec).collect()
}

fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn url_encoded(value: &str, space: &str, unreserved: &[u8]) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' => encoded.push_str(space),
            _ if byte.is_ascii_alphanumeric() || unreserved.contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Base64 of the value by itself, and of the value in the middle of something longer: there the first and the last
/// characters depend on the neighbours, so the certain middle is searched for at each of the three alignments.
fn base64_forms(value: &[u8]) -> Vec<String> {
    let mut forms = vec![STANDARD.encode(value), URL_SAFE_NO_PAD.encode(value)];
    for shift in 0..3_usize {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(value.iter().copied()).collect();
        let first = (shift * 8).div_ceil(6);
        let certain = shifted.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(encoded[first.min(certain)..certain].to_owned());
        }
    }
    forms
}
