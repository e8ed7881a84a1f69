//! SQL as `psql` reads it before any parser does, with the author's blanks, in spans of this crate.
//!
//! Invariant: the pieces follow each other without gap or overlap and cover the text; each ends on a character boundary.

use allclear_core::{SqlBlanks, sql_pieces};

use crate::span::Span;

pub(crate) use allclear_core::SqlKind as Kind;

/// A part of the text that psql takes as one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// The pieces of a text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let found = sql_pieces(text, SqlBlanks::Noticed).into_iter();
    found.map(|piece| Piece { kind: piece.kind, span: Span::new(piece.start, piece.end) }).collect()
}
