//! The hash chain: each event's hash covers the one before it, so no event can be changed, moved or taken out unseen.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ body(n))`, `hash(0)` is 32 zero bytes, and `body` is the exact text that is stored.

use std::fmt;
use std::str::FromStr;

use allclear_core::{Digest, Seq};
use sha2::{Digest as _, Sha256};

/// The end of the log: how long it is, and the hash that covers all of it. Written `SEQ:HASH`.
///
/// Kept elsewhere (in an export, a notice, a review) it proves later that nothing was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; 0 for an empty log.
    pub seq: Seq,
    /// Hash of the chain up to and including that event.
    pub hash: Digest,
}

/// A text that is not a head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a head: write `SEQ:HASH`, such as `17:9f86d0…`, with all 64 digits")]
pub struct BadHead {
    /// What was given.
    pub text: String,
}

impl fmt::Display for Head {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let parsed = text.trim().split_once(':').and_then(|(seq, hash)| {
            let well_formed = hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
            well_formed.then_some(Self { seq: seq.parse().ok()?, hash: Digest::given(hash) })
        });
        parsed.ok_or_else(|| BadHead { text: text.to_owned() })
    }
}

/// The chain up to some event, as it is computed and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) seq: Seq,
    hash: [u8; 32],
}

impl Link {
    /// Before everything.
    pub(crate) const GENESIS: Self = Self { seq: 0, hash: [0; 32] };

    /// A link as it was stored; `None` if that is no hash.
    pub(crate) fn stored(seq: i64, hash: &[u8]) -> Option<Self> {
        Some(Self { seq: Seq::try_from(seq).ok()?, hash: hash.try_into().ok()? })
    }

    /// A link as it was given from outside; `None` if that is no hash.
    pub(crate) fn given(seq: Seq, hash: &Digest) -> Option<Self> {
        let digits = hash.as_str();
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        Some(Self { seq, hash: bytes?.try_into().ok()? })
    }

    /// The link of the event that follows, which has this body.
    pub(crate) fn next(&self, body: &str) -> Self {
        let hash = Sha256::new().chain_update(self.hash).chain_update(body).finalize();
        Self { seq: self.seq + 1, hash: hash.into() }
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    pub(crate) fn head(&self) -> Head {
        let digits: String = self.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Head { seq: self.seq, hash: Digest::given(&digits) }
    }
}

/// A position as the databases store it. No log reaches the end of `i64`.
pub(crate) fn column(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_one_that_the_format_describes() {
        let first = Link::GENESIS.next("one");
        let mut bytes = vec![0; 32];
        bytes.extend(b"one");
        assert_eq!(first.head(), Head { seq: 1, hash: Digest::of(&bytes) });
        let mut bytes = first.hash().to_vec();
        bytes.extend(b"two");
        assert_eq!(first.next("two").head(), Head { seq: 2, hash: Digest::of(&bytes) });
    }

    #[test]
    fn a_head_is_read_back_from_its_text_and_nothing_else_is() {
        let head = Link::GENESIS.next("one").head();
        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        assert_eq!(Link::given(1, &head.hash), Some(Link::GENESIS.next("one")));
        assert_eq!(Link::given(1, &Digest::given("é23")), None);
        for text in ["", "1", "1:", "x:00", "1:zz", "-1:00"] {
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
    }
}
