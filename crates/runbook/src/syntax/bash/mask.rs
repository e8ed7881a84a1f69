//! What is done to a text before the grammar sees it: placeholders become words, depth and size are bounded.
//!
//! Invariant: a masked text has the same length in bytes and in characters, so that positions stay what they are.

use super::{LARGEST, SyntaxError};
use crate::shell::lexer::placeholder;

/// How deep brackets may nest: the grammar goes back and forth between `(( … ))` and `( ( … ) )` at every level.
const DEEPEST_BRACKETS: usize = 12;

/// The longest number in front of a redirection: the grammar takes it for a descriptor.
const LONGEST_NUMBER: usize = 9;

/// How deep blocks may nest, those that are never closed included: time doubles with each.
const DEEPEST_BLOCKS: usize = 10;

/// How many words in front of a command may stand in one text, since they nest without an end.
const MOST_PREFIXES: usize = 64;

/// The text with placeholders replaced by letters of the same number.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let expansion = from.starts_with('{') && before.ends_with('$');
        match placeholder(from).filter(|_| !expansion) {
            Some(length) => {
                out.extend(from[..length].chars().map(|c| if c.is_ascii() { '_' } else { c }));
                rest = &from[length..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether the grammar can be trusted with the text.
pub(super) fn too_large(text: &str) -> Option<SyntaxError> {
    let error = |at: usize, message: &str| SyntaxError { at, message: message.to_owned(), too_large: true };
    if text.len() > LARGEST {
        return Some(error(LARGEST, "longer than 64 KiB"));
    }
    let mut depth = 0_usize;
    let mut digits = 0_usize;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'<' | b'>' if digits > LONGEST_NUMBER => return Some(error(at, "not a file descriptor")),
            // A continued line leaves no trace in the number.
            b'\\' if bytes.next_if(|(_, next)| *next == b'\n').is_some() => continue,
            _ => {}
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if depth > DEEPEST_BRACKETS {
            return Some(error(at, "brackets nested too deep"));
        }
    }
    if let Some(at) = delimiter_of_nothing(text) {
        return Some(error(at, "a here-document without a delimiter"));
    }
    if let Some(at) = goes_on_behind_delimiter(text) {
        return Some(error(at, "something is left open on the line on which a here-document begins"));
    }
    blocks(text).then(|| error(0, "too many blocks"))
}

/// Where a here-document begins on whose line a quote or a bracket is left open: the body then comes before that is
/// closed, and the grammar panics where the text ends.
fn goes_on_behind_delimiter(text: &str) -> Option<usize> {
    let count = |line: &str, wanted: &[char]| line.matches(wanted).count();
    let goes_on = |line: &str| {
        let is_odd = |quote: char| count(line, &[quote]) % 2 == 1;
        is_odd('"') || is_odd('\'') || is_odd('`') || count(line, &['(', '{']) > count(line, &[')', '}'])
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.find("<<").filter(|at| goes_on(&line[*at..])) {
            return Some(start + at);
        }
        start += line.len();
    }
    None
}

/// Where a here-document begins whose delimiter is empty: at the end of the text the grammar waits for it for ever.
fn delimiter_of_nothing(text: &str) -> Option<usize> {
    let substitutes = text.contains(['(', '{', '[', '`']);
    let mut rest = text;
    while let Some(found) = rest.find("<<") {
        let at = text.len() - rest.len() + found;
        let run = rest[found..].len() - rest[found..].trim_start_matches('<').len();
        rest = &rest[found + run..];
        // Three are a here-string, as often as they come.
        if run % 3 != 2 {
            continue;
        }
        let behind = rest.strip_prefix('-').unwrap_or(rest);
        let word = behind.trim_start_matches([' ', '\t', '\r', '\\']);
        let ends = |letter: char| letter.is_whitespace() || ";&|()<>`]}#".contains(letter);
        let delimiter = word.split(ends).next().unwrap_or_default();
        // Inside a substitution the grammar takes the second blank for the delimiter.
        let blank = substitutes && behind.len() - word.len() > 1;
        if blank || delimiter.trim_matches(['\'', '"', '\\', '$']).is_empty() {
            return Some(at);
        }
    }
    None
}

/// Whether blocks nest too deep, by the keywords that stand where a command begins.
fn blocks(text: &str) -> bool {
    let (mut depth, mut prefixes) = (0_usize, 0_usize);
    let mut begins = true;
    let separates = |letter: char| letter.is_ascii_whitespace() || ";&|(){}`\"'<>$".contains(letter);
    for piece in text.split_inclusive(separates) {
        let word = piece.strip_suffix(separates).unwrap_or(piece);
        let separator = &piece[word.len()..];
        let starts = std::mem::take(&mut begins);
        match word {
            "" => begins = starts,
            "if" | "while" | "until" if starts => (depth, begins) = (depth + 1, true),
            "for" | "case" | "select" if starts => depth += 1,
            "fi" | "done" | "esac" if starts => depth = depth.saturating_sub(1),
            "then" | "do" | "else" | "elif" if starts => begins = true,
            "!" | "time" | "coproc" if starts => (prefixes, begins) = (prefixes + 1, true),
            _ => {}
        }
        begins |= separator.contains(['\n', ';', '&', '|', '(', ')', '{', '}', '`']);
        if depth > DEEPEST_BLOCKS || prefixes > MOST_PREFIXES {
            return true;
        }
    }
    false
}
