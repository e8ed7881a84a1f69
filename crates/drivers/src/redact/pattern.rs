//! What looks like a secret whoever it belongs to: keys and tokens with a known beginning, credentials in headers and
//! URLs, private keys.
//!
//! Invariant: a rule decides on at most [`LOOKAHEAD_BYTES_MAX`] bytes after its beginning; the rest of a long secret is
//! swallowed as it comes.

use super::class::{Class, run};

/// How far a rule looks before it decides.
pub(super) const LOOKAHEAD_BYTES_MAX: usize = 1024;
/// A family of secrets with known beginnings.
pub(super) struct Pattern {
    /// What it begins with.
    pub(super) beginnings: &'static [&'static str],
    rule: Rule,
}

/// How the secret goes on after its beginning.
enum Rule {
    /// At least so many bytes of a class; the beginning itself goes too.
    Token(usize, Class),
    /// The same, but the beginning is not secret and stays.
    After(usize, Class),
    /// A header's name, then a scheme, then credentials.
    Authorization,
    /// `user:password@` after the scheme of a URL.
    UrlPassword,
    /// Header, dot, payload: both JSON in base64.
    Jwt,
    /// Everything up to the line that ends the key.
    PrivateKey,
}

/// Every pattern. Minimal lengths keep the placeholders of a runbook (`sk_live_NEW_KEY`) readable.
pub(super) const PATTERNS: &[Pattern] = &[
    Pattern {
        beginnings: &["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
        rule: Rule::Token(10, Class::Alphanumeric),
    },
    Pattern { beginnings: &["whsec_"], rule: Rule::Token(10, Class::Base64) },
    Pattern { beginnings: &["AKIA", "ASIA"], rule: Rule::Token(16, Class::UpperOrDigit) },
    Pattern {
        beginnings: &["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey"],
        rule: Rule::Authorization,
    },
    Pattern {
        beginnings: &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"],
        rule: Rule::Token(10, Class::Dashed),
    },
    Pattern { beginnings: &["hooks.slack.com/"], rule: Rule::After(16, Class::Path) },
    Pattern { beginnings: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], rule: Rule::Token(20, Class::Alphanumeric) },
    Pattern { beginnings: &["github_pat_", "glpat-"], rule: Rule::Token(20, Class::Dashed) },
    Pattern { beginnings: &["AIza"], rule: Rule::Token(35, Class::Dashed) },
    Pattern { beginnings: &["eyJ"], rule: Rule::Jwt },
    Pattern { beginnings: &["Bearer ", "bearer ", "BEARER "], rule: Rule::After(16, Class::Credentials) },
    Pattern { beginnings: &["Authorization", "authorization", "AUTHORIZATION"], rule: Rule::Authorization },
    Pattern { beginnings: &["://"], rule: Rule::UrlPassword },
    Pattern { beginnings: &["-----BEGIN "], rule: Rule::PrivateKey },
];

/// What a rule says of a beginning.
pub(super) enum Extent {
    /// It is no secret.
    None,
    /// More bytes are needed to tell.
    Undecided,
    /// These bytes are, and those that the swallow takes after them.
    Secret { start: usize, end: usize, rest: Rest },
}

/// The rest of a secret whose length is not known beforehand.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// There is none.
    Nothing,
    /// As long as the bytes belong to a class.
    While(Class),
    /// Up to the line that ends a private key.
    PrivateKey,
}

impl Pattern {
    /// What this rule says of the beginning at `start..end`, where `before` precedes it.
    pub(super) fn extent(&self, text: &[u8], start: usize, end: usize, before: u8, last: bool) -> Extent {
        let rest = &text[end..];
        match self.rule {
            Rule::Token(_, class) | Rule::After(_, class) if class.holds(before) && before.is_ascii_alphanumeric() => {
                Extent::None
            }
            Rule::Token(least, class) => token(rest, least, class, last, start, end),
            Rule::After(least, class) => token(rest, least, class, last, end, end),
            Rule::Authorization => authorization(rest, last, end),
            Rule::UrlPassword => url_password(rest, last, end),
            Rule::Jwt if Class::Base64Url.holds(before) => Extent::None,
            Rule::Jwt => jwt(rest, last, start, end),
            Rule::PrivateKey => private_key(rest, last, start, end),
        }
    }
}

fn token(rest: &[u8], least: usize, class: Class, last: bool, start: usize, end: usize) -> Extent {
    match class.run(&rest[..rest.len().min(least)]) {
        length if length == least => Extent::Secret { start, end: end + least, rest: Rest::While(class) },
        length if length == rest.len() && !last => Extent::Undecided,
        _ => Extent::None,
    }
}

/// `: Bearer abc`, `": "Basic abc"`, `=abc`: separators, perhaps a scheme, then everything up to a blank or a quote.
fn authorization(rest: &[u8], last: bool, end: usize) -> Extent {
    let window = &rest[..rest.len().min(LOOKAHEAD_BYTES_MAX)];
    let separator = run(window, |byte| matches!(byte, b':' | b'=' | b' ' | b'"' | b'\'' | b'\\'));
    let word = Class::Credentials.run(&window[separator..]);
    let gap = run(&window[separator + word..], |byte| byte == b' ');
    let second = separator + word + gap;
    if separator + word + gap == window.len() && window.len() < LOOKAHEAD_BYTES_MAX && !last {
        return Extent::Undecided;
    }
    if separator == 0 || word == 0 || !window[..separator].iter().any(|byte| matches!(byte, b':' | b'=')) {
        return Extent::None;
    }
    let schemed = gap > 0 && is_scheme(&window[separator..separator + word]) && second < window.len();
    let start = end + if schemed { second } else { separator };
    Extent::Secret { start, end: start, rest: Rest::While(Class::Unquoted) }
}

fn is_scheme(word: &[u8]) -> bool {
    [&b"bearer"[..], b"basic", b"token", b"digest", b"apikey", b"aws4-hmac-sha256"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn url_password(rest: &[u8], last: bool, end: usize) -> Extent {
    let window = &rest[..rest.len().min(LOOKAHEAD_BYTES_MAX)];
    let user = run(window, |byte| Class::UserInfo.holds(byte) && byte != b':');
    if window.get(user).is_some_and(|&byte| byte != b':') {
        return Extent::None;
    }
    let start = (user + 1).min(window.len());
    let password = Class::UserInfo.run(&window[start..]);
    match window.get(start + password) {
        Some(b'@') if password > 0 => {
            Extent::Secret { start: end + start, end: end + start + password, rest: Rest::Nothing }
        }
        Some(_) => Extent::None,
        None if window.len() < LOOKAHEAD_BYTES_MAX && !last => Extent::Undecided,
        None => Extent::None,
    }
}

fn jwt(rest: &[u8], last: bool, start: usize, end: usize) -> Extent {
    const PAYLOAD_BYTES_MIN: usize = 8;
    let window = &rest[..rest.len().min(LOOKAHEAD_BYTES_MAX)];
    let header = Class::Base64Url.run(window);
    let payload = window.get(header + 1..).map_or(0, |payload| Class::Base64Url.run(payload));
    let ends_in_token = header == window.len() || (window[header] == b'.' && header + 1 + payload == window.len());
    if header >= PAYLOAD_BYTES_MIN && window.get(header) == Some(&b'.') && payload >= PAYLOAD_BYTES_MIN {
        return Extent::Secret { start, end: end + header + 1, rest: Rest::While(Class::Jwt) };
    }
    if ends_in_token && window.len() < LOOKAHEAD_BYTES_MAX && !last { Extent::Undecided } else { Extent::None }
}

fn private_key(rest: &[u8], last: bool, start: usize, end: usize) -> Extent {
    const LABEL_END: &[u8] = b"PRIVATE KEY";
    const LABEL_BYTES_MAX: usize = 40;
    let window = &rest[..rest.len().min(LABEL_BYTES_MAX)];
    let label = run(window, |byte| byte.is_ascii_uppercase() || byte == b' ');
    if label == window.len() && window.len() < LABEL_BYTES_MAX && !last {
        return Extent::Undecided;
    }
    if !window[..label].ends_with(LABEL_END) {
        return Extent::None;
    }
    Extent::Secret { start, end: end + label, rest: Rest::PrivateKey }
}
