//! The text as it is searched: without the colours of a terminal, and for values also without line breaks.
//!
//! Invariant: every byte of a view is a byte of the original, in the same order, and the view knows its place there.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

const ESCAPE: u8 = 0x1b;
/// A longer sequence is ordinary text.
const SEQUENCE_BYTES_MAX: usize = 256;

/// Some bytes of a text.
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    gaps: Vec<Gap>,
    /// Bytes of the original after the last byte of the view.
    trailing: usize,
}

/// Memory of a view that is over: each chunk of a stream has one, and asking for new memory costs more than the view.
#[derive(Default)]
pub(super) struct Room {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
}

/// Bytes of the original that the view leaves out.
#[derive(Clone, Copy)]
struct Gap {
    /// The byte of the view before which they stood.
    at: usize,
    /// How many are left out up to here.
    missing: usize,
}

impl<'a> View<'a> {
    /// The text without terminal sequences, up to one whose end has not come yet; `last` says that none will.
    pub(super) fn without_sequences(text: &'a [u8], last: bool) -> Self {
        let Some(mut at) = memchr(ESCAPE, text) else {
            return Self { bytes: Cow::Borrowed(text), gaps: Vec::new(), trailing: 0 };
        };
        let mut view = Builder { bytes: Vec::with_capacity(text.len()), gaps: Vec::new(), missing: 0 };
        let mut from = 0;
        loop {
            match sequence(&text[at..]) {
                Sequence::Complete(length) => {
                    view.push(&text[from..at]);
                    view.skip(length);
                    from = at + length;
                }
                Sequence::Begun if !last => {
                    view.push(&text[from..at]);
                    return view.finish();
                }
                Sequence::Begun | Sequence::None => {
                    view.push(&text[from..=at]);
                    from = at + 1;
                }
            }
            match memchr(ESCAPE, &text[from..]) {
                Some(next) => at = from + next,
                None => break,
            }
        }
        view.push(&text[from..]);
        view.finish()
    }

    /// The text without line breaks and without the indentation after them, as if it had never been wrapped.
    pub(super) fn joined(text: &[u8], room: Room) -> View<'static> {
        let mut view = Builder { bytes: room.bytes, gaps: room.gaps, missing: 0 };
        view.bytes.reserve(text.len());
        let mut from = 0;
        while let Some(found) = memchr2(b'\n', b'\r', &text[from..]) {
            let at = from + found;
            let blank = text[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t')).count();
            view.push(&text[from..at]);
            view.skip(blank);
            from = at + blank;
        }
        view.push(&text[from..]);
        view.finish()
    }

    /// What the view took, for the next one.
    pub(super) fn into_room(self) -> Room {
        let (mut bytes, mut gaps) = (self.bytes.into_owned(), self.gaps);
        bytes.clear();
        gaps.clear();
        Room { bytes, gaps }
    }

    /// Where the byte of the view stands in the original; for the end of the view, the end of what it was made of.
    pub(super) fn origin(&self, at: usize) -> usize {
        let missing = self.gaps[..self.gaps_up_to(at)].last().map_or(0, |gap| gap.missing);
        at + missing + if at == self.bytes.len() { self.trailing } else { 0 }
    }

    /// The place in the original behind the byte before this one.
    pub(super) fn behind(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.origin(before) + 1)
    }

    /// The first byte of the range, other than its very first, before which something is left out.
    pub(super) fn first_gap(&self, start: usize, end: usize) -> Option<usize> {
        self.gaps.get(self.gaps_up_to(start)).map(|gap| gap.at).filter(|at| *at < end)
    }

    /// Whether something is left out behind the last byte.
    pub(super) fn is_cut_at_end(&self) -> bool {
        self.trailing > 0
    }

    /// What is left out of this part of the original.
    pub(super) fn gaps(&self, from: usize, to: usize) -> impl Iterator<Item = Range<usize>> {
        let missing_before = std::iter::once(0).chain(self.gaps.iter().map(|gap| gap.missing));
        let places = self.gaps.iter().zip(missing_before);
        let places = places.map(move |(gap, before)| (gap.at + before).max(from)..(gap.at + gap.missing).min(to));
        places.filter(|place| place.start < place.end)
    }

    fn gaps_up_to(&self, at: usize) -> usize {
        self.gaps.partition_point(|gap| gap.at <= at)
    }
}

/// A view that is being made.
struct Builder {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
    missing: usize,
}

impl Builder {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn skip(&mut self, count: usize) {
        self.missing += count;
        let gap = Gap { at: self.bytes.len(), missing: self.missing };
        match self.gaps.last_mut() {
            Some(last) if last.at == gap.at => *last = gap,
            _ => self.gaps.push(gap),
        }
    }

    fn finish(mut self) -> View<'static> {
        let last = self.gaps.pop_if(|gap| gap.at == self.bytes.len());
        let trailing = last.map_or(0, |gap| gap.missing - self.gaps.last().map_or(0, |before| before.missing));
        View { bytes: Cow::Owned(self.bytes), gaps: self.gaps, trailing }
    }
}

/// What begins with the escape character.
enum Sequence {
    Complete(usize),
    /// Its end has not come yet.
    Begun,
    None,
}

fn sequence(text: &[u8]) -> Sequence {
    let window = &text[..text.len().min(SEQUENCE_BYTES_MAX)];
    let end = match window.get(1) {
        None => None,
        Some(b'[') => match window[2..].iter().position(|byte| !matches!(byte, 0x20..=0x3f)) {
            Some(at) if matches!(window[2 + at], 0x40..=0x7e) => Some(2 + at + 1),
            Some(_) => return Sequence::None,
            None => None,
        },
        // A title or a link: ends with a bell or with another escape and a backslash.
        Some(b']') => match window[2..].iter().position(|byte| *byte < 0x20) {
            Some(at) if window[2 + at] == 0x07 => Some(2 + at + 1),
            Some(at) if window[2 + at] == ESCAPE => match window.get(2 + at + 1) {
                Some(b'\\') => Some(2 + at + 2),
                Some(_) => return Sequence::None,
                None => None,
            },
            Some(_) => return Sequence::None,
            None => None,
        },
        Some(b'(' | b')') => window.get(2).map(|_| 3),
        Some(_) => return Sequence::None,
    };
    match end {
        Some(end) => Sequence::Complete(end),
        None if window.len() < SEQUENCE_BYTES_MAX => Sequence::Begun,
        None => Sequence::None,
    }
}
