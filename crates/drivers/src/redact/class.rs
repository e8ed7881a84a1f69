//! Which bytes a secret is made of.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Alphanumeric,
    UpperOrDigit,
    Dashed,
    Base64,
    Base64Url,
    Jwt,
    Path,
    Credentials,
    Unquoted,
    UserInfo,
}

impl Class {
    /// How many classes there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// Every class, in the order of its number.
    pub(super) const ALL: [Self; 10] = [
        Self::Alphanumeric,
        Self::UpperOrDigit,
        Self::Dashed,
        Self::Base64,
        Self::Base64Url,
        Self::Jwt,
        Self::Path,
        Self::Credentials,
        Self::Unquoted,
        Self::UserInfo,
    ];

    /// Whether the byte belongs to the class.
    pub(super) fn holds(self, byte: u8) -> bool {
        let alphanumeric = byte.is_ascii_alphanumeric();
        match self {
            Self::Alphanumeric => alphanumeric,
            Self::UpperOrDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Dashed => alphanumeric || matches!(byte, b'-' | b'_' | b'.'),
            Self::Base64 => alphanumeric || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'),
            Self::Base64Url => alphanumeric || matches!(byte, b'-' | b'_'),
            Self::Jwt => alphanumeric || matches!(byte, b'-' | b'_' | b'.' | b'='),
            Self::Path => alphanumeric || matches!(byte, b'/' | b'-' | b'_'),
            Self::Credentials => Self::Base64.holds(byte) || matches!(byte, b'.' | b'~' | b':'),
            Self::Unquoted => byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\'),
            Self::UserInfo => Self::Unquoted.holds(byte) && !b"/@<>`#?".contains(&byte),
        }
    }

    /// How many of the first bytes belong to the class.
    pub(super) fn run(self, bytes: &[u8]) -> usize {
        run(bytes, |byte| self.holds(byte))
    }
}

/// How many of the first bytes satisfy the condition.
pub(super) fn run(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !holds(byte)).unwrap_or(bytes.len())
}
