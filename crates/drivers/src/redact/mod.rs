//! Redaction: secrets are taken out of a stream of bytes by value and by pattern, before anybody else sees it.
//!
//! Invariants: what is taken out does not depend on how the stream is cut into chunks. Memory is bounded: only the
//! bytes that may still become the beginning of a secret are held back, and no rule looks further ahead than
//! [`pattern::LOOKAHEAD_BYTES_MAX`]. A longer secret is recognised by its beginning and swallowed as it comes. Values of
//! several lines are searched line by line, and across line breaks. One secret, or several without a gap, becomes one `[redacted]`.

mod class;
mod fingerprint;
mod form;
mod pattern;
mod sorted;
mod swallow;
mod value;
mod view;

use std::sync::Arc;

use bytes::Bytes;

use pattern::{BEGINNINGS, Extent};
use swallow::Swallow;
use value::{Hold, Values};
use view::{Room, View};

/// What stands in the place of a secret.
const MARKER: &[u8] = b"[redacted]";

/// A value that is not searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredValue {
    /// Name of the secret.
    pub name: String,
    /// Why, in one sentence for a person.
    pub reason: String,
}

/// Everything that must not be shown; cheap to clone, dear to make.
#[derive(Clone)]
pub struct Redactor {
    values: Option<Arc<Values>>,
    ignored: Arc<[IgnoredValue]>,
}

impl Redactor {
    /// A redactor for these secrets, each a name and a value, and for everything that looks like a secret.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut ignored = Vec::new();
        let values = Values::new(secrets, &mut ignored).map(Arc::new);
        Self { values, ignored: ignored.into() }
    }

    /// A redactor that knows no secret, only what secrets look like.
    pub fn of_patterns() -> Self {
        Self { values: None, ignored: Arc::default() }
    }

    /// The values that are too short to be searched for: redacting them would tear ordinary words apart.
    pub fn ignored(&self) -> &[IgnoredValue] {
        &self.ignored
    }

    /// A new stream.
    pub fn stream(&self) -> RedactedStream {
        RedactedStream {
            values: self.values.clone(),
            pending: Vec::new(),
            sent: 0,
            covered: 0,
            swallow: Swallow::default(),
            before: b'\n',
            redacting: false,
            room: Room::default(),
        }
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> String {
        let mut stream = self.stream();
        let mut clean = stream.push(text.as_bytes()).to_vec();
        clean.extend_from_slice(&stream.finish());
        String::from_utf8_lossy(&clean).into_owned()
    }
}

/// A stream of bytes in which secrets are replaced as it passes.
pub struct RedactedStream {
    values: Option<Arc<Values>>,
    /// Bytes that must be looked at again: they may be the beginning of a secret.
    pending: Vec<u8>,
    /// How many of the pending bytes have left already.
    sent: usize,
    /// How many of the pending bytes (terminal sequences not counted) already belong to a secret.
    covered: usize,
    /// The secrets whose end has not come yet.
    swallow: Swallow,
    /// The byte before the pending ones.
    before: u8,
    /// Whether the last thing that left was the marker.
    redacting: bool,
    /// For the text without its line breaks.
    room: Room,
}

/// What is taken out: places in the view without terminal sequences.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    start: usize,
    end: usize,
}

impl RedactedStream {
    /// Takes the next bytes and gives those that may leave.
    pub fn push(&mut self, chunk: &[u8]) -> Bytes {
        self.pending.extend_from_slice(chunk);
        self.scan(false)
    }

    /// Where the next bytes are to be appended, without a copy; then [`Self::appended`] takes them.
    pub(crate) fn incoming(&mut self, room: usize) -> &mut Vec<u8> {
        self.pending.reserve(room);
        &mut self.pending
    }

    /// Gives what may leave of everything that has come.
    pub(crate) fn appended(&mut self) -> Bytes {
        self.scan(false)
    }

    /// Gives what was held back: nothing more will come.
    pub fn finish(&mut self) -> Bytes {
        self.scan(true)
    }

    fn scan(&mut self, last: bool) -> Bytes {
        let text = std::mem::take(&mut self.pending);
        let view = View::without_sequences(&text, last);
        let mut hold = Hold::nothing(view.bytes.len());
        let values =
            self.values.clone().map(|values| (values, View::joined(&view.bytes, std::mem::take(&mut self.room))));
        if !last {
            let partial = BEGINNINGS.hold(&view.bytes);
            hold.lower(partial, partial);
            if let Some((values, joined)) = &values {
                let partial = values.hold(joined);
                hold.lower(joined.origin(partial.look), joined.origin(partial.leave));
            }
        }
        let covered = self.swallow.resume(&view.bytes, self.covered);
        let mut places = self.patterns(&view.bytes, last, &mut hold);
        if let Some((values, joined)) = &values {
            values.find(joined, |found| {
                let (start, from) = (joined.origin(found.start), joined.origin(found.from));
                if from < hold.leave {
                    places.push(Place { start: from, end: joined.behind(found.end) });
                } else if start < hold.leave {
                    hold.look = hold.look.min(start);
                }
            });
        }
        self.room = values.map(|(_, joined)| joined.into_room()).unwrap_or_default();
        places.sort_unstable();
        let reach = places.iter().map(|place| place.end).max().unwrap_or(0).max(covered);
        let out = self.cut(&text, &view, covered, &places, hold.leave);
        self.covered = reach.saturating_sub(hold.look);
        self.before = hold.look.checked_sub(1).map_or(self.before, |index| view.bytes[index]);
        let (look, leave) = (view.origin(hold.look), view.origin(hold.leave));
        self.sent = leave - look;
        self.pending = text[look..].to_vec();
        out.unwrap_or_else(|| {
            let mut text = text;
            text.truncate(leave);
            Bytes::from(text)
        })
    }

    /// Where patterns say that secrets are.
    fn patterns(&mut self, text: &[u8], last: bool, hold: &mut Hold) -> Vec<Place> {
        let mut secrets = Vec::new();
        BEGINNINGS.each(text, |found| {
            if found.start >= hold.leave {
                return;
            }
            let before = found.start.checked_sub(1).map_or(self.before, |index| text[index]);
            match found.pattern.extent(text, found.start, found.end, before, last) {
                Extent::None => {}
                Extent::Undecided => hold.lower(found.start, found.start),
                Extent::Secret { start, end, rest } => secrets.push((found.start, start, end, rest)),
            }
        });
        secrets.sort_unstable_by_key(|(met, ..)| *met);
        let mut places = Vec::new();
        for (met, start, end, rest) in secrets {
            if start < hold.leave {
                places.push(Place { start, end: end.max(self.swallow.begin(text, end, rest)) });
            } else if met < hold.leave {
                hold.look = hold.look.min(met);
            }
        }
        places
    }

    /// The text up to `leave` with a marker for each place; `None` where it may leave as it is.
    fn cut(&mut self, text: &[u8], view: &View<'_>, covered: usize, places: &[Place], leave: usize) -> Option<Bytes> {
        if covered == 0 && self.sent == 0 && places.is_empty() {
            self.redacting &= leave == 0;
            return None;
        }
        let bytes = Vec::with_capacity(text.len());
        let text = &text[..view.origin(leave)];
        let mut out = Output { text, view, bytes, at: 0, from: self.sent, redacting: self.redacting };
        out.secret_to(covered);
        for place in places {
            // What has left already was marked when it did.
            if view.behind(place.end) > self.sent {
                out.plain_to(place.start);
                out.marker();
                out.secret_to(place.end);
            }
        }
        out.plain_to(leave);
        self.redacting = out.redacting;
        Some(Bytes::from(out.bytes))
    }
}

/// What leaves the stream. Terminal sequences always do, also from within a secret: the colours after it depend on them.
struct Output<'a> {
    /// As far as it may leave.
    text: &'a [u8],
    view: &'a View<'a>,
    bytes: Vec<u8>,
    /// What has been dealt with, in the view.
    at: usize,
    /// What has been dealt with, in the text.
    from: usize,
    redacting: bool,
}

impl Output<'_> {
    fn plain_to(&mut self, at: usize) {
        let to = self.view.origin(at);
        if to > self.from {
            self.bytes.extend_from_slice(&self.text[self.from..to]);
            self.redacting &= at <= self.at;
            self.from = to;
        }
        self.at = self.at.max(at);
    }

    fn secret_to(&mut self, at: usize) {
        let to = self.view.behind(at);
        for gap in self.view.gaps(self.from, to.min(self.text.len())) {
            self.bytes.extend_from_slice(&self.text[gap]);
        }
        self.from = self.from.max(to);
        self.at = self.at.max(at);
    }

    fn marker(&mut self) {
        if !self.redacting {
            self.bytes.extend_from_slice(MARKER);
            self.redacting = true;
        }
    }
}

#[cfg(test)]
mod tests;
