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

/// Offsets of the first byte of every line.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The 1-based line of a byte.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// The 1-based column of a byte, in characters.
    pub(crate) fn column(&self, text: &str, offset: usize) -> u32 {
        let start = self.starts[self.starts.partition_point(|start| *start <= offset).saturating_sub(1)];
        let characters = text.get(start..offset).map_or(0, |before| before.chars().count());
        u32::try_from(characters + 1).unwrap_or(u32::MAX)
    }
}
