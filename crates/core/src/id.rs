//! Identity: every noun is named after the position in the log of the event that opened it.
//!
//! So ids need no randomness, never collide, sort by age, and the same id is the idempotency key outside.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A position in the log; the first event has 1, and 0 is "before everything".
pub type Seq = u64;

macro_rules! noun_id {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Seq);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!($word, "-{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Reads `word-N`, and a bare `N` as people type it.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let number = text.strip_prefix(concat!($word, "-")).unwrap_or(text);
                number.parse().map(Self).map_err(|_| BadId { text: text.to_owned(), word: $word })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of this kind: write `{word}-N`, such as `{word}-13`")]
pub struct BadId {
    /// What was given.
    pub text: String,
    /// The word that such ids begin with.
    pub word: &'static str,
}

noun_id!(
    /// An alert, such as `alert-12`.
    AlertId, "alert"
);
noun_id!(
    /// An incident, such as `incident-13`.
    IncidentId, "incident"
);
noun_id!(
    /// A run, such as `run-40`.
    RunId, "run"
);
noun_id!(
    /// A page, such as `page-14`.
    PageId, "page"
);
noun_id!(
    /// A notice, such as `notice-16`.
    NoticeId, "notice"
);
noun_id!(
    /// One message to one channel, such as `delivery-15`; the idempotency key that is sent outside.
    DeliveryId, "delivery"
);
noun_id!(
    /// A review, such as `review-50`.
    ReviewId, "review"
);
