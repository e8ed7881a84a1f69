//! What is done to a text before the grammar sees it: placeholders become words, depth and size are bounded.
//!
//! Invariant: a masked text has the same length in bytes and in characters, so that positions stay what they are.

use super::{LARGEST, SyntaxError};
use crate::shell::lexer::placeholder;

/// How deep brackets may nest: the grammar goes back and forth between `(( … ))` and `( ( … ) )` at every level.
const DEEPEST_BRACKETS: usize = 12;

/// The longest number in front of a redirection: the grammar takes it for a descriptor.
const LONGEST_NUMBER: usize = 9;

/// How many keywords that open a block may stand in one text, since blocks nest.
const MOST_BLOCKS: usize = 64;

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
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'<' | b'>' if digits > LONGEST_NUMBER => return Some(error(at, "not a file descriptor")),
            _ => {}
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if depth > DEEPEST_BRACKETS {
            return Some(error(at, "brackets nested too deep"));
        }
    }
    let opens = |word: &&str| matches!(*word, "if" | "while" | "until" | "for" | "case" | "select" | "coproc" | "!");
    let blocks = text.split(|c: char| c.is_whitespace() || c == ';').filter(opens).count();
    (blocks > MOST_BLOCKS).then(|| error(0, "too many blocks"))
}
