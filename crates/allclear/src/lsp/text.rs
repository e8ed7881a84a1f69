//! One open document: its text, what was understood and found, and positions as the client counts them.

use std::path::PathBuf;

use allclear_runbook::{Finding, Runbook, Span};
use lsp_types::{Position, Range};

use crate::config::LintConfig;
use crate::lint;

/// What a character of a position is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A byte.
    Utf8,
    /// A UTF-16 code unit.
    Utf16,
}

/// A document as it is in the editor now.
pub(super) struct Text {
    text: String,
    /// Offset of the first byte of every line.
    starts: Vec<usize>,
    encoding: Encoding,
    pub(super) runbook: Runbook,
    pub(super) findings: Vec<Finding>,
}

impl Text {
    pub(super) fn new(uri: &str, text: String, encoding: Encoding, config: &LintConfig) -> Self {
        let path = path(uri);
        let shown = path.display().to_string();
        let (runbook, diagnostics) = lint::read(&shown, &text, config);
        let today = lint::today();
        let findings = lint::examine(&path, &runbook, &text, &diagnostics, config, &today);
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, encoding, runbook, findings }
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    /// The range of a whole line, given by its number from 1.
    pub(super) fn line(&self, number: u32) -> Range {
        let start = self.starts.get(number.saturating_sub(1) as usize).copied().unwrap_or(self.text.len());
        let rest = &self.text[start..];
        self.range(Span::new(start, start + rest.lines().next().unwrap_or_default().len()))
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        let character = match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position { line: number(line), character: number(character) }
    }

    /// The byte of a position; the end of its line where it lies behind it.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return self.text.len() };
        let line = self.text[start..].lines().next().unwrap_or_default();
        let mut left = position.character as usize;
        for (at, c) in line.char_indices() {
            let width = match self.encoding {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
            };
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }
}

/// The path of a `file:` address; the address itself for a document that is in no file.
fn path(uri: &str) -> PathBuf {
    let Some(path) = uri.strip_prefix("file://") else { return PathBuf::from(uri) };
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_as_the_client_counts() {
        let config = LintConfig::default();
        for (encoding, character) in [(Encoding::Utf8, 7), (Encoding::Utf16, 5)] {
            let text = Text::new("file:///a%20b.md", "x\n😀 é!\n".to_owned(), encoding, &config);
            let span = Span::new(2, 9);
            let end = text.range(span).end;
            assert_eq!((end.line, end.character), (1, if encoding == Encoding::Utf8 { 7 } else { 4 }));
            assert_eq!(text.offset(end), 9);
            assert_eq!(text.offset(Position { line: 1, character: character + 40 }), 10);
            assert_eq!(text.offset(Position { line: 9, character: 0 }), 11);
        }
    }

    #[test]
    fn addresses_become_paths() {
        assert_eq!(path("file:///runbooks/a%20b.md"), PathBuf::from("/runbooks/a b.md"));
        assert_eq!(path("file:///100%"), PathBuf::from("/100%"));
        assert_eq!(path("untitled:1"), PathBuf::from("untitled:1"));
    }
}
