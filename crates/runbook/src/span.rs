//! Where a node stands in the text: byte spans, and the lines and columns that people read.
//!
//! Invariant: every span lies within the text and on character boundaries.

use serde::{Deserialize, Serialize};

/// A half-open range of bytes of the runbook's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The part of the text that the span covers; empty if the span belongs to another text.
    pub fn slice<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Where a text that was taken out of a file, without prompts and indentation, stands in the file.
///
/// Invariant: the runs rise in both offsets, and within a run the bytes of the text are those of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Offset in the text → offset in the file, one entry per run of contiguous bytes.
    runs: Vec<(usize, usize)>,
    /// Offset in the file behind the text.
    end: usize,
}

impl Origin {
    /// The origin of a text that stands in the file as it is.
    pub(crate) fn contiguous(span: Span) -> Self {
        Self { runs: vec![(0, span.start)], end: span.end }
    }

    /// The origin of a text of several runs; the first one begins with the text.
    pub(crate) fn of(runs: impl Iterator<Item = (usize, usize)>, end: usize) -> Self {
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for (inner, outer) in runs {
            let continues = kept.last().is_some_and(|last| outer.checked_sub(last.1) == Some(inner - last.0));
            if !continues {
                kept.push((inner, outer));
            }
        }
        Self { runs: kept, end }
    }

    /// The origin of a text whose characters stand in the source in this order, with others between them.
    pub(crate) fn aligned(text: &str, source: &str, start: usize) -> Self {
        let mut runs = Vec::new();
        let mut rest = source.char_indices().peekable();
        for (inner, wanted) in text.char_indices() {
            let stands_for = |c: char| c == wanted || wanted == ' ' && c.is_whitespace();
            while rest.next_if(|(_, c)| !stands_for(*c)).is_some() {}
            let Some((outer, _)) = rest.next() else { break };
            runs.push((inner, start + outer));
        }
        if runs.is_empty() {
            runs.push((0, start));
        }
        Self::of(runs.into_iter(), start + source.len())
    }

    /// Where a byte of the text stands in the file.
    pub(crate) fn position(&self, offset: usize) -> usize {
        self.advance(offset, 0)
    }

    /// Where the byte behind `length` bytes from `offset` stands, without the prefix of the line that may follow.
    pub(crate) fn advance(&self, offset: usize, length: usize) -> usize {
        let index = self.runs.partition_point(|(inner, _)| *inner <= offset).saturating_sub(1);
        let (inner, outer) = self.runs.get(index).copied().unwrap_or((0, self.end));
        let limit = self.runs.get(index + 1).map_or(self.end, |(_, next)| *next);
        (outer + offset.saturating_sub(inner) + length).min(limit)
    }
}

/// The lines of a text, so that a place costs a search and not a reading of the text, however long its line is.
#[derive(Debug)]
pub struct Lines {
    /// Offsets of the first byte of every line.
    starts: Vec<usize>,
    /// Number of characters in front of every `MARK_BYTES`th byte.
    marks: Vec<usize>,
}

/// How much of a text is read to tell a column.
const MARK_BYTES: usize = 1024;

impl Lines {
    /// Finds the lines of a text.
    pub fn of(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let mut before = 0;
        let marks = text.as_bytes().chunks(MARK_BYTES).map(|chunk| {
            before += characters(chunk);
            before
        });
        Self { marks: std::iter::once(0).chain(marks).collect(), starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The 1-based line of a byte.
    pub fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// The 1-based column of a byte, in characters.
    pub fn column(&self, text: &str, offset: usize) -> u32 {
        let start = self.starts[self.starts.partition_point(|start| *start <= offset).saturating_sub(1)];
        let characters = self.before(text, offset).saturating_sub(self.before(text, start));
        u32::try_from(characters + 1).unwrap_or(u32::MAX)
    }

    /// Offset of the first byte of a line that is counted from 0; `None` behind the last.
    pub fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line).copied()
    }

    /// Number of characters in front of a byte.
    fn before(&self, text: &str, offset: usize) -> usize {
        let offset = offset.min(text.len());
        let mark = offset / MARK_BYTES;
        let rest = text.as_bytes().get(mark * MARK_BYTES..offset).unwrap_or_default();
        self.marks.get(mark).map_or(0, |before| before + characters(rest))
    }
}

/// Number of characters that begin among these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters_also_far_out_on_a_long_line() {
        let text = format!("é\nab{}x\nc", "é→".repeat(2_000));
        let lines = Lines::of(&text);
        for (at, _) in text.char_indices().filter(|(_, c)| *c != '\n') {
            let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
            let expected = text[start..at].chars().count() + 1;
            assert_eq!(lines.column(&text, at) as usize, expected, "at {at}");
        }
        assert_eq!((lines.line(0), lines.line(text.len()), lines.column(&text, text.len())), (1, 3, 2));
    }
}
