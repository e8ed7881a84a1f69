//! Finding the values of secrets, in every form that they are usually printed in.
//!
//! They are searched in the text without its line breaks: a literal holds none, and is found wherever a tool wrapped it.
//! What crosses a break must be long, or numbers in a column would be taken for a secret; and of a secret that begins
//! with the last few letters of a line those letters stay, or the end of every line would be held back.

use super::IgnoredValue;
use super::fingerprint::{Fingerprints, LITERAL_BYTES_MIN};
use super::form::forms;
use super::sorted::Sorted;
use super::view::View;

/// Shorter values are ordinary words.
const VALUE_CHARS_MIN: usize = LITERAL_BYTES_MIN;
/// A shorter literal is not found across line breaks.
const WRAPPED_BYTES_MIN: usize = 16;
/// So many letters before a line break are held back, and taken out, as part of a secret; fewer stay.
const LINE_END_BYTES_MIN: usize = 4;

/// The values of secrets.
pub(super) struct Values {
    literals: Sorted,
    fingerprints: Fingerprints,
}

/// A value found in a text.
pub(super) struct FoundValue {
    /// Where it begins.
    pub(super) start: usize,
    /// From where it is taken out.
    pub(super) from: usize,
    pub(super) end: usize,
}

/// How much of a text is settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hold {
    /// From here the text must be looked at again.
    pub(super) look: usize,
    /// From here it must not leave yet.
    pub(super) leave: usize,
}

impl Hold {
    /// Everything up to here may leave and is settled.
    pub(super) fn nothing(end: usize) -> Self {
        Self { look: end, leave: end }
    }

    pub(super) fn lower(&mut self, look: usize, leave: usize) {
        self.look = self.look.min(look);
        self.leave = self.leave.min(leave);
    }
}

impl Values {
    /// `None` where there is nothing to search for.
    pub(super) fn new<'a>(
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
        ignored: &mut Vec<IgnoredValue>,
    ) -> Option<Self> {
        let mut literals = Vec::new();
        for (name, value) in secrets {
            if value.trim().chars().count() < VALUE_CHARS_MIN {
                ignored.push(IgnoredValue { name: name.to_owned(), reason: too_short(name) });
            } else {
                literals.extend(forms(value));
            }
        }
        let literals = Sorted::new(literals);
        let fingerprints = Fingerprints::of(literals.iter().collect::<Vec<_>>().into_iter());
        (literals.longest() > 0).then_some(Self { literals, fingerprints })
    }

    /// Every value in the text, in no particular order; of several that begin at one place the longest.
    pub(super) fn find(&self, joined: &View<'_>, mut take: impl FnMut(FoundValue)) {
        self.fingerprints.each_candidate(&joined.bytes, |start| {
            let lengths = self.literals.lengths_at(&joined.bytes[start..]);
            if let Some(found) = lengths.filter_map(|length| found(joined, start, start + length)).next() {
                take(found);
            }
        });
    }

    /// Where the end of the text may be the beginning of a value.
    pub(super) fn hold(&self, joined: &View<'_>) -> Hold {
        let end = joined.bytes.len();
        let mut hold = Hold::nothing(end);
        let earliest = (end + 1).saturating_sub(self.literals.longest());
        for start in earliest..end {
            let rest = &joined.bytes[start..];
            if !self.fingerprints.may_begin(rest) || !self.literals.continues(rest) {
                continue;
            }
            let break_at = joined.first_gap(start, end).or(joined.is_cut_at_end().then_some(end));
            let Some(break_at) = break_at.filter(|at| at - start < LINE_END_BYTES_MIN) else {
                hold.lower(start, start);
                break;
            };
            hold.lower(start, break_at);
        }
        hold
    }
}

fn found(joined: &View<'_>, start: usize, end: usize) -> Option<FoundValue> {
    let Some(break_at) = joined.first_gap(start, end) else { return Some(FoundValue { start, from: start, end }) };
    let from = if break_at - start < LINE_END_BYTES_MIN { break_at } else { start };
    (end - start >= WRAPPED_BYTES_MIN).then_some(FoundValue { start, from, end })
}

fn too_short(name: &str) -> String {
    format!("`{name}` is shorter than {VALUE_CHARS_MIN} characters, so it cannot be told from an ordinary word")
}
