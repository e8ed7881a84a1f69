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
        MEMBERS[usize::from(byte)] & (1 << self as u16) != 0
    }

    const fn defines(self, byte: u8) -> bool {
        let alphanumeric = byte.is_ascii_alphanumeric();
        match self {
            Self::Alphanumeric => alphanumeric,
            Self::UpperOrDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Dashed => alphanumeric || matches!(byte, b'-' | b'_' | b'.'),
            Self::Base64 => alphanumeric || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'),
            Self::Base64Url => alphanumeric || matches!(byte, b'-' | b'_'),
            Self::Jwt => alphanumeric || matches!(byte, b'-' | b'_' | b'.' | b'='),
            Self::Path => alphanumeric || matches!(byte, b'/' | b'-' | b'_'),
            Self::Credentials => Self::Base64.defines(byte) || matches!(byte, b'.' | b'~' | b':'),
            Self::Unquoted => byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\'),
            Self::UserInfo => {
                Self::Unquoted.defines(byte) && !matches!(byte, b'/' | b'@' | b'<' | b'>' | b'`' | b'#' | b'?')
            }
        }
    }

    /// How many of the first bytes belong to the class.
    pub(super) fn run(self, bytes: &[u8]) -> usize {
        run(bytes, |byte| self.holds(byte))
    }
}

/// For every byte the classes that it belongs to, a bit for each.
static MEMBERS: [u16; 256] = members();

const fn members() -> [u16; 256] {
    let mut members = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut class = 0;
        while class < Class::COUNT {
            if Class::ALL[class].defines(byte as u8) {
                members[byte] |= 1 << class;
            }
            class += 1;
        }
        byte += 1;
    }
    members
}

/// How many of the first bytes satisfy the condition.
pub(super) fn run(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !holds(byte)).unwrap_or(bytes.len())
}
