//! Lines and columns of a text, 1-based, columns in characters; the end is behind the last character.

use std::ops::Range;

/// The starts of all lines, so that a place costs a search and not a reading of the text.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

/// Where something begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    pub(super) fn place(&self, start: usize, end: usize) -> Place {
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(end.max(start));
        Place { line, column, end_line, end_column }
    }

    /// The bytes of the lines that a span touches, without the last line break, and the number of the first of them.
    pub(super) fn around(&self, start: usize, end: usize) -> (Range<usize>, usize) {
        let (first, last) = (self.line(start), self.line(end.max(start)));
        let begin = self.starts[first];
        let stop = self.starts.get(last + 1).map_or(self.text.len(), |next| next - 1);
        let stop = begin + self.text[begin..stop.max(begin)].trim_end_matches('\r').len();
        (begin..stop.max(end).max(begin), first + 1)
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        (line + 1, before.chars().count() + 1)
    }
}
