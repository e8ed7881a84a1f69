//! Telling secrets from other text, and covering them before anything is shown.
//!
//! Invariant: a masked text has the length of the original in bytes, so that places in one are places in the other.

use std::ops::Range;
use std::sync::LazyLock;

use allclear_drivers::Redactor;
use allclear_runbook::mentions_secret;

/// What a value begins with when it only says where the secret is.
const REFERENCES: [&str; 3] = ["env:", "file:", "${"];

/// Whether the text looks like somebody's secret: a known kind of token, or credentials in an address.
pub(super) fn looks_secret(text: &str) -> bool {
    PATTERNS.text(text) != text || has_user_information(text)
}

/// `scheme://something@host`: with or without a password, whatever stands there is a credential.
fn has_user_information(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        rest.split(['/', '?', '#', '"', ' ']).next().is_some_and(|authority| authority.contains('@'))
    })
}

/// Knows every pattern and no value; made once, since that is what costs.
static PATTERNS: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(std::iter::empty::<(&str, &str)>()));

/// A sentence without secrets.
pub(super) fn mask_text(text: &str) -> String {
    PATTERNS.text(text)
}

/// A file without secrets, each byte of them an asterisk. `known` are places that were found to hold one.
pub(super) fn mask_source(text: &str, known: &[Range<usize>]) -> String {
    let mut masked: Vec<u8> = text.split_inclusive('\n').flat_map(|line| mask_line(line).into_bytes()).collect();
    for place in known {
        for byte in masked.get_mut(place.clone()).unwrap_or_default() {
            if !matches!(*byte, b'\n' | b'\r' | b'"' | b'\'') {
                *byte = b'*';
            }
        }
    }
    // Only a place that cuts a character in two could break the text.
    String::from_utf8(masked).unwrap_or_else(|_| stars(text))
}

fn mask_line(line: &str) -> String {
    let content = line.trim_end_matches(['\n', '\r']);
    let mut masked: String = content.split_inclusive(is_separator).map(mask_piece).collect();
    for (at, _) in content.match_indices('=') {
        if mentions_secret(key_before(&content[..at])) {
            let value = mask_value(&masked[at + 1..]);
            masked.replace_range(at + 1.., &value);
        }
    }
    masked.push_str(&line[content.len()..]);
    masked
}

/// The key that ends here, without what stands before it in an inline table.
fn key_before(text: &str) -> &str {
    let text = text.trim_end();
    text.rsplit(['{', ',', ' ', '\t']).next().unwrap_or(text)
}

/// What ends a word of TOML.
fn is_separator(letter: char) -> bool {
    matches!(letter, '"' | '\'' | ' ' | '\t' | ',')
}

/// A word with the separator behind it.
fn mask_piece(piece: &str) -> String {
    let word = piece.trim_end_matches(is_separator);
    if looks_secret(word) { stars(word) + &piece[word.len()..] } else { piece.to_owned() }
}

/// What follows the `=` of a secret key: covers the first value, and all there is where its end is not to be seen.
fn mask_value(rest: &str) -> String {
    let value = rest.trim_start();
    let space = &rest[..rest.len() - value.len()];
    let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
    let Some(quote) = quote else {
        let is_nested = value.starts_with(['{', '[']);
        let end = value.find([',', '}', ' ', '"']).filter(|_| !is_nested).unwrap_or(value.len());
        return format!("{space}{}{}", stars(&value[..end]), &value[end..]);
    };
    match value[1..].find(quote) {
        Some(end) if !REFERENCES.iter().any(|reference| value[1..].starts_with(reference)) => {
            format!("{space}{quote}{}{}", stars(&value[1..=end]), &value[end + 1..])
        }
        Some(_) => rest.to_owned(),
        None => format!("{space}{}", stars(value)),
    }
}

fn stars(text: &str) -> String {
    "*".repeat(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_credentials_look_secret_and_other_text_does_not() {
        for secret in [
            concat!("https://hooks.slack.", "com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
            concat!("sk_", "live_4eC39HqLyjWDarjtT1zdp7dc"),
            "https://token@api.example.test/",
            "postgres://ana:hunter2@db.example.test/app",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for plain in
            ["http://127.0.0.1:9000/hook", "https://api.example.test/a?to=b@c.example", "ana@example.test", "prepchef"]
        {
            assert!(!looks_secret(plain), "{plain}");
        }
    }

    #[test]
    fn a_masked_file_keeps_its_length_and_loses_its_secrets() {
        for (line, expected) in [
            ("signing_secret = \"hunter2\" # why\n", "signing_secret = \"*******\" # why\n"),
            ("signing_secret = \"hunter2\n", "signing_secret = ********\n"),
            ("token = hunter2, x = 1", "token = *******, x = 1"),
            ("h = { Authorization = \"Bearer abc\" }", "h = { Authorization = \"**********\" }"),
            ("url = \"http://a.test/?token=abc\"", "url = \"http://a.test/?token=***\""),
            ("password = [\"a\", \"b\"]", "password = **********"),
            ("signing_secret = \"env:KEY\"\r\n", "signing_secret = \"env:KEY\"\r\n"),
            ("url = \"https://ana:hé@a.test/\"", "url = \"***********************\""),
            ("name = \"PrepChef\"\n", "name = \"PrepChef\"\n"),
        ] {
            let masked = mask_source(line, &[]);
            assert_eq!(masked, expected);
            assert_eq!(masked.len(), line.len());
        }
        assert_eq!(mask_source("a = \"\"\"\nxy\n\"\"\"", std::slice::from_ref(&(4..14))), "a = \"\"\"\n**\n\"\"\"");
    }
}
