//! A quick look at a text for places where one of many literals may stand.
//!
//! Of each literal the hashes of a few pieces are kept, so many that every occurrence shows at least one of them at a
//! place that is a multiple of the stride; only those places are looked at. Looks do not depend on each other, so the
//! processor makes several at once: that is what outruns an automaton, which must wait for each byte.

use std::collections::BTreeSet;

/// A shorter literal has no piece that is long enough.
pub(super) const LITERAL_BYTES_MIN: usize = 6;
const PIECE_BYTES_MIN: usize = 5;
const PIECE_BYTES_MAX: usize = 8;
/// With short pieces, which are met by chance more often, and with long ones. A longer stride has more pieces.
const STRIDE_MAX: usize = 8;
const LONG_STRIDE_MAX: usize = 16;
/// The tables are at most a quarter of a mebibyte: they must stay near the processor.
const TABLE_BITS_MAX: usize = 1 << 21;
const TABLE_BITS_MIN: usize = 1 << 12;
/// So thin that a look at random bytes seldom finds something.
const TABLE_BITS_PER_PIECE: usize = 32;

/// Pieces of literals.
pub(super) struct Fingerprints {
    stride: usize,
    piece: usize,
    pieces: Table,
    beginnings: Table,
    /// What is shorter than a piece and may become a literal.
    short_beginnings: Table,
}

impl Fingerprints {
    /// Invariant: no literal is shorter than [`LITERAL_BYTES_MIN`].
    pub(super) fn of<'a>(literals: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let shortest = literals.clone().map(<[u8]>::len).min().unwrap_or(LITERAL_BYTES_MIN).max(LITERAL_BYTES_MIN);
        let of_short_pieces = (shortest + 1 - PIECE_BYTES_MIN).min(STRIDE_MAX);
        let of_long_pieces = (shortest + 1).saturating_sub(PIECE_BYTES_MAX).min(LONG_STRIDE_MAX);
        let stride = of_short_pieces.max(of_long_pieces);
        let piece = (shortest + 1 - stride).min(PIECE_BYTES_MAX);
        let beginnings = Table::of(literals.clone().map(|literal| word(literal, piece)).collect());
        let short = literals.clone().flat_map(|literal| (1..piece).map(move |length| short_word(&literal[..length])));
        let pieces = literals.flat_map(|literal| (0..stride).map(move |at| word(&literal[at..], piece)));
        let pieces = Table::of(pieces.collect());
        Self { stride, piece, pieces, beginnings, short_beginnings: Table::of(short.collect()) }
    }

    /// Calls for every place where a literal may begin; not in order, and for some where none does.
    pub(super) fn each_candidate(&self, text: &[u8], mut call: impl FnMut(usize)) {
        let mut at = 0;
        while let Some(bytes) = text.get(at..at + PIECE_BYTES_MAX) {
            if self.pieces.holds(word(bytes, self.piece)) {
                self.starts_near(text, at, &mut call);
            }
            at += self.stride;
        }
        while at + self.piece <= text.len() {
            if self.pieces.holds(word(&text[at..], self.piece)) {
                self.starts_near(text, at, &mut call);
            }
            at += self.stride;
        }
    }

    #[cold]
    fn starts_near(&self, text: &[u8], at: usize, call: &mut impl FnMut(usize)) {
        for start in (at + 1).saturating_sub(self.stride)..=at {
            if self.may_begin(&text[start..]) {
                call(start);
            }
        }
    }

    /// Whether a literal may begin here, or, where the text ends sooner, go on from here.
    pub(super) fn may_begin(&self, text: &[u8]) -> bool {
        if text.len() < self.piece {
            return self.short_beginnings.holds(short_word(text));
        }
        self.beginnings.holds(word(text, self.piece))
    }
}

/// A text that is shorter than a piece as a number that no other has.
fn short_word(text: &[u8]) -> u64 {
    word(text, text.len()) | (text.len() as u64) << (8 * (PIECE_BYTES_MAX - 1))
}

/// The first `length` bytes as a number.
fn word(text: &[u8], length: usize) -> u64 {
    if let Some(bytes) = text.first_chunk::<PIECE_BYTES_MAX>() {
        return u64::from_le_bytes(*bytes) & (u64::MAX >> (8 * (PIECE_BYTES_MAX - length)));
    }
    let mut bytes = [0; PIECE_BYTES_MAX];
    let known = &text[..length.min(text.len())];
    bytes[..known.len()].copy_from_slice(known);
    u64::from_le_bytes(bytes)
}

/// A set of numbers that errs on the side of holding one.
struct Table {
    bits: Vec<u64>,
    shift: u32,
}

impl Table {
    /// As small as its different pieces allow: the forms of a secret begin alike, and have many of them in common.
    fn of(pieces: BTreeSet<u64>) -> Self {
        let size = (pieces.len() * TABLE_BITS_PER_PIECE).next_power_of_two().clamp(TABLE_BITS_MIN, TABLE_BITS_MAX);
        let words = size / 64;
        let mut table = Self { bits: vec![0; words], shift: 64 - words.ilog2() };
        pieces.into_iter().for_each(|piece| table.insert(piece));
        table
    }

    /// Two bits of one word: nearly as telling as two words, and fetched at once.
    fn place(&self, word: u64) -> (usize, u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let hash = word.wrapping_mul(ODD);
        ((hash >> self.shift) as usize, 1 << (hash >> 8 & 63) | 1 << (hash >> 16 & 63))
    }

    fn insert(&mut self, word: u64) {
        let (index, bits) = self.place(word);
        self.bits[index] |= bits;
    }

    fn holds(&self, word: u64) -> bool {
        let (index, bits) = self.place(word);
        self.bits[index] & bits == bits
    }
}
