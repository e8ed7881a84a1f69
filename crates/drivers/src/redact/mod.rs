//! Redaction: secrets are taken out of a stream of bytes by value and by pattern, before anybody else sees it.
//!
//! Invariants: what is taken out does not depend on how the stream is cut into chunks. Memory is bounded: only the
//! bytes that may still become the beginning of a secret are held back, and no rule looks further ahead than
//! [`pattern::LOOKAHEAD_BYTES_MAX`]. A longer secret is recognised by its beginning and swallowed as it comes. Values of
//! several lines are searched line by line. One secret, or several without a gap, becomes one `[redacted]`.

mod class;
mod literal;
mod pattern;
mod swallow;

use std::sync::Arc;

use bytes::Bytes;

use literal::{Found, Literals, Meaning};
use pattern::{Extent, Rest};
use swallow::Swallow;

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

/// Everything that must not be shown; cheap to clone.
#[derive(Clone)]
pub struct Redactor {
    literals: Arc<Literals>,
    ignored: Vec<IgnoredValue>,
}

impl Redactor {
    /// A redactor for these secrets, each a name and a value, and for everything that looks like a secret.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut ignored = Vec::new();
        let literals = Literals::new(secrets, &mut ignored);
        Self { literals: Arc::new(literals), ignored }
    }

    /// The values that are too short to be searched for: redacting them would tear ordinary words apart.
    pub fn ignored(&self) -> &[IgnoredValue] {
        &self.ignored
    }

    /// A new stream.
    pub fn stream(&self) -> RedactedStream {
        RedactedStream {
            literals: Arc::clone(&self.literals),
            pending: Vec::new(),
            covered: 0,
            swallow: Swallow::default(),
            before: b'\n',
            redacting: false,
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
    literals: Arc<Literals>,
    /// Bytes that may still become the beginning of a secret.
    pending: Vec<u8>,
    /// How many of the pending bytes already belong to a secret.
    covered: usize,
    /// The secrets whose end has not come yet.
    swallow: Swallow,
    /// The byte before the pending ones.
    before: u8,
    /// Whether the last thing that left was the marker.
    redacting: bool,
}

impl RedactedStream {
    /// Takes the next bytes and gives those that may leave.
    pub fn push(&mut self, chunk: &[u8]) -> Bytes {
        self.pending.extend_from_slice(chunk);
        self.scan(false)
    }

    /// Gives what was held back: nothing more will come.
    pub fn finish(&mut self) -> Bytes {
        self.scan(true)
    }

    fn scan(&mut self, last: bool) -> Bytes {
        let text = std::mem::take(&mut self.pending);
        let mut out = Output { bytes: Vec::with_capacity(text.len()), redacting: self.redacting };
        let mut hold = if last { text.len() } else { self.literals.partial_from(&text) };
        let mut at = self.swallow.resume(&text, self.covered);
        let mut from = 0;
        while let Some(found) = self.literals.find(&text, from).filter(|found| found.start < hold) {
            // The next search begins one byte later, not after the secret: secrets may overlap.
            from = found.start + 1;
            match self.extent(&text, &found, last) {
                Extent::None => {}
                Extent::Undecided => hold = found.start,
                Extent::Secret { start, end, rest } => {
                    out.plain(&text[at.min(start)..start]);
                    out.marker();
                    at = at.max(end).max(self.swallow.begin(&text, end, rest));
                }
            }
        }
        out.plain(&text[at.min(hold)..hold]);
        self.covered = at.max(hold) - hold;
        self.before = hold.checked_sub(1).map_or(self.before, |index| text[index]);
        self.pending = text[hold..].to_vec();
        self.redacting = out.redacting;
        Bytes::from(out.bytes)
    }

    fn extent(&self, text: &[u8], found: &Found, last: bool) -> Extent {
        let value = |end| Extent::Secret { start: found.start, end, rest: Rest::Nothing };
        let Meaning::Pattern { pattern, value_length } = found.meaning else { return value(found.end) };
        let before = found.start.checked_sub(1).map_or(self.before, |index| text[index]);
        match (pattern.extent(text, found.start, found.end, before, last), value_length) {
            (Extent::None, Some(length)) => value(found.start + length),
            (extent, _) => extent,
        }
    }
}

/// What leaves the stream.
struct Output {
    bytes: Vec<u8>,
    redacting: bool,
}

impl Output {
    fn plain(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.bytes.extend_from_slice(bytes);
            self.redacting = false;
        }
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
