//! What looks like a secret whoever it belongs to: keys and tokens with a known beginning, credentials in headers and
//! URLs, passwords that are assigned to a variable, private keys.
//!
//! Invariant: a rule decides on at most [`LOOKAHEAD_BYTES_MAX`] bytes after its beginning; the rest of a long secret is
//! swallowed as it comes.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::memmem::Finder;

use super::class::{Class, run};
use super::sorted::Sorted;

/// How far a rule looks before it decides.
pub(super) const LOOKAHEAD_BYTES_MAX: usize = 1024;

/// A beginning of this length is searched for by itself.
const SHORT_BYTES: usize = 3;

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
    /// A dash or a dot, then at least ten bytes.
    Slack,
    /// A header's name, then a scheme, then credentials.
    Authorization,
    /// The value of a variable whose name says that it is secret.
    Assigned,
    /// `user:password@` after the scheme of a URL.
    UrlPassword,
    /// Header, dot, payload: both JSON in base64.
    Jwt,
    /// Everything up to the line that ends the key.
    PrivateKey,
}

/// Every pattern. Minimal lengths keep the placeholders of a runbook (`sk_live_NEW_KEY`) readable.
///
/// At most 32 beginnings of four bytes or more are found by one automaton, which would be half as fast with one more or
/// a shorter one; each of three bytes has a search of its own.
const PATTERNS: &[Pattern] = &[
    Pattern { beginnings: &["sk_live_", "rk_live_", "sk_test_"], rule: Rule::Token(10, Class::Alphanumeric) },
    Pattern { beginnings: &["whsec_"], rule: Rule::Token(10, Class::Base64) },
    Pattern { beginnings: &["AKIA", "ASIA"], rule: Rule::Token(16, Class::UpperOrDigit) },
    Pattern { beginnings: &["aws_secret_access_key", "SecretAccessKey"], rule: Rule::Authorization },
    Pattern { beginnings: &["xoxa", "xoxb", "xoxe", "xoxp"], rule: Rule::Slack },
    Pattern { beginnings: &["xapp-"], rule: Rule::Token(10, Class::Dashed) },
    Pattern { beginnings: &["hooks.slack.com/"], rule: Rule::After(16, Class::Path) },
    Pattern { beginnings: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], rule: Rule::Token(20, Class::Alphanumeric) },
    Pattern { beginnings: &["github_pat_", "glpat-"], rule: Rule::Token(20, Class::Dashed) },
    Pattern { beginnings: &["npm_"], rule: Rule::Token(36, Class::Alphanumeric) },
    Pattern { beginnings: &["pypi-AgE"], rule: Rule::Token(40, Class::Base64Url) },
    Pattern { beginnings: &["AIza"], rule: Rule::Token(35, Class::Dashed) },
    Pattern { beginnings: &["SG."], rule: Rule::Token(40, Class::Dashed) },
    Pattern { beginnings: &["eyJ"], rule: Rule::Jwt },
    // Without its first letter, which may be large or small.
    Pattern { beginnings: &["earer "], rule: Rule::After(16, Class::Credentials) },
    Pattern { beginnings: &["uthorization", "AUTHORIZATION"], rule: Rule::Authorization },
    Pattern { beginnings: &["PASSWORD", "SECRET", "TOKEN", "_KEY"], rule: Rule::Assigned },
    Pattern { beginnings: &["://"], rule: Rule::UrlPassword },
    Pattern { beginnings: &["-----BEGIN "], rule: Rule::PrivateKey },
];

/// The beginnings of all patterns, made ready for searching once for the whole program.
pub(super) struct Beginnings {
    automaton: AhoCorasick,
    /// In the order of the automaton.
    patterns: Vec<&'static Pattern>,
    short: Vec<(Finder<'static>, &'static Pattern)>,
    sorted: Sorted,
}

pub(super) static BEGINNINGS: LazyLock<Beginnings> = LazyLock::new(|| {
    let all = || PATTERNS.iter().flat_map(|pattern| pattern.beginnings.iter().map(move |text| (*text, pattern)));
    let (short, long): (Vec<_>, Vec<_>) = all().partition(|(text, _)| text.len() <= SHORT_BYTES);
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(long.iter().map(|(text, _)| text))
        .expect("the beginnings are few and short, far below the limits of the automaton");
    Beginnings {
        automaton,
        patterns: long.into_iter().map(|(_, pattern)| pattern).collect(),
        short: short.into_iter().map(|(text, pattern)| (Finder::new(text), pattern)).collect(),
        sorted: Sorted::new(all().map(|(text, _)| text.as_bytes().into()).collect()),
    }
});

/// The beginning of a pattern, met in a text.
pub(super) struct FoundBeginning {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) pattern: &'static Pattern,
}

impl Beginnings {
    /// Every beginning in the text, one in another too; those that a search of its own finds come last.
    pub(super) fn each(&self, text: &[u8], mut take: impl FnMut(FoundBeginning)) {
        let mut from = 0;
        while let Some(found) = self.automaton.find(Input::new(text).range(from..)) {
            // The next search begins one byte later, not after the secret: secrets may overlap.
            from = found.start() + 1;
            let pattern = self.patterns[found.pattern().as_usize()];
            take(FoundBeginning { start: found.start(), end: found.end(), pattern });
        }
        for (finder, pattern) in &self.short {
            let length = finder.needle().len();
            finder.find_iter(text).for_each(|start| take(FoundBeginning { start, end: start + length, pattern }));
        }
    }

    /// Where the end of the text may be the beginning of a pattern; the length of the text where it cannot.
    pub(super) fn hold(&self, text: &[u8]) -> usize {
        let earliest = (text.len() + 1).saturating_sub(self.sorted.longest());
        (earliest..text.len()).find(|&start| self.sorted.continues(&text[start..])).unwrap_or(text.len())
    }
}

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
            Rule::Token(_, class) if class.holds(before) && before.is_ascii_alphanumeric() => Extent::None,
            Rule::Token(least, class) => token(rest, least, class, last, start, end),
            Rule::After(least, class) => token(rest, least, class, last, end, end),
            Rule::Slack => slack(rest, last, start, end),
            Rule::Authorization => authorization(rest, last, end),
            Rule::Assigned => assigned(rest, last, end),
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

fn slack(rest: &[u8], last: bool, start: usize, end: usize) -> Extent {
    match rest.split_first() {
        Some((b'-' | b'.', rest)) => token(rest, 10, Class::Dashed, last, start, end + 1),
        None if !last => Extent::Undecided,
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

/// `=abc12345`, `: "abc12345"`. Digits and letters both: a placeholder seldom has both, a generated password always.
fn assigned(rest: &[u8], last: bool, end: usize) -> Extent {
    const VALUE_BYTES_MIN: usize = 8;
    let window = &rest[..rest.len().min(LOOKAHEAD_BYTES_MAX)];
    let separator = run(window, |byte| matches!(byte, b':' | b'=' | b' ' | b'"' | b'\'' | b'\\'));
    let value = &window[separator..][..Class::Unquoted.run(&window[separator..])];
    if separator + value.len() == window.len() && window.len() < LOOKAHEAD_BYTES_MAX && !last {
        return Extent::Undecided;
    }
    let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let assigned = window[..separator].iter().any(|byte| matches!(byte, b':' | b'='));
    if !assigned || !mixed || value.len() < VALUE_BYTES_MIN || value.starts_with(b"$") || value.starts_with(b"<") {
        return Extent::None;
    }
    let start = end + separator;
    Extent::Secret { start, end: start + value.len(), rest: Rest::While(Class::Unquoted) }
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
