//! Lines and columns of a text, 1-based, columns in characters; the end is behind the last character.

use std::ops::Range;

/// More of one line than this is not shown around a place on it.
const WIDEST: usize = 400;

/// The lines of one text.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    lines: allclear_runbook::Lines,
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
        Self { text, lines: allclear_runbook::Lines::of(text) }
    }

    pub(super) fn place(&self, start: usize, end: usize) -> Place {
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(end.max(start));
        Place { line, column, end_line, end_column }
    }

    /// The bytes of the lines that a span touches, without the last line break, and the number of the first of them. Of a
    /// line that is very long, only what stands near the span.
    pub(super) fn around(&self, start: usize, end: usize) -> (Range<usize>, usize) {
        let end = end.max(start);
        let (first, last) = (self.line(start), self.line(end));
        let begin = self.lines.start(first).unwrap_or(0);
        let begin = if start - begin > WIDEST { self.text.ceil_char_boundary(start - WIDEST / 2) } else { begin };
        let stop = self.lines.start(last + 1).map_or(self.text.len(), |next| next - 1);
        let stop = begin + self.text[begin..stop.max(begin)].trim_end_matches('\r').len();
        let stop = if stop > end + WIDEST { self.text.floor_char_boundary(end + WIDEST / 2) } else { stop };
        (begin..stop.max(end).max(begin), first + 1)
    }

    /// The line of a byte, counted from 0.
    fn line(&self, offset: usize) -> usize {
        usize::try_from(self.lines.line(offset)).unwrap_or(usize::MAX).saturating_sub(1)
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let column = usize::try_from(self.lines.column(self.text, offset)).unwrap_or(usize::MAX);
        (self.line(offset) + 1, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_very_long_line_only_what_is_near_is_taken() {
        let text = format!("a\n{}HERE{}\nb\n", "é".repeat(5_000), "x".repeat(5_000));
        let start = text.find("HERE").expect("it was written there");
        let lines = Lines::of(&text);
        let (excerpt, line) = lines.around(start, start + 4);
        assert_eq!((line, excerpt.len() < 2 * WIDEST, text[excerpt].contains("HERE")), (2, true, true));
        assert_eq!(lines.place(start, start + 4), Place { line: 2, column: 5_001, end_line: 2, end_column: 5_005 });
        assert_eq!(lines.around(0, 1), (0..1, 1));
    }
}
