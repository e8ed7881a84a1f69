//! Tokens: random, shown once, known afterwards by their SHA-256 only.

use allclear_core::Digest;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{AuthError, digest, random_hex};

/// SHA-256 of a token.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Digest", into = "Digest")]
pub(crate) struct TokenDigest([u8; 32]);

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenDigest")
    }
}

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        Self(digest(token))
    }

    /// Takes the same time whatever was given.
    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0.ct_eq(&digest(given)).into()
    }

    pub(crate) fn hexadecimal(&self) -> String {
        super::hex(&self.0)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl TryFrom<Digest> for TokenDigest {
    type Error = &'static str;

    fn try_from(written: Digest) -> Result<Self, Self::Error> {
        Self::parse(written.as_str()).ok_or("this is no SHA-256 digest")
    }
}

impl From<TokenDigest> for Digest {
    fn from(token: TokenDigest) -> Self {
        Self::given(&token.hexadecimal())
    }
}

/// A token that nobody has.
pub(crate) fn generate() -> Result<String, AuthError> {
    Ok(format!("alc_{}", random_hex::<24>()?))
}
