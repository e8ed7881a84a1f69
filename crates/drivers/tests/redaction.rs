//! Redaction as a property: whatever the secret, however it is encoded and wherever the output is cut, it does not come
//! out; and what is not secret comes out as it went in.
//!
//! The encoders here are written for the test: none of them is the product's.

use allclear_drivers::Redactor;
use proptest::prelude::*;

/// One way to print a secret.
type Encoder = fn(&str) -> String;

const ENCODERS: &[(&str, Encoder)] = &[
    ("plain", str::to_owned),
    ("base64", |secret| base64(secret.as_bytes(), STANDARD, true)),
    ("base64 without padding", |secret| base64(secret.as_bytes(), STANDARD, false)),
    ("base64 for URLs", |secret| base64(secret.as_bytes(), URL_SAFE, true)),
    ("base64 of a line", |secret| base64(format!("{secret}\n").as_bytes(), STANDARD, true)),
    ("basic authentication, 1", |secret| base64(format!("a:{secret}").as_bytes(), STANDARD, true)),
    ("basic authentication, 2", |secret| base64(format!("ab:{secret}").as_bytes(), STANDARD, true)),
    ("basic authentication, 3", |secret| base64(format!("abc:{secret}").as_bytes(), URL_SAFE, false)),
    ("base64 in lines", |secret| wrapped(&base64(format!("user:{secret}").as_bytes(), STANDARD, true), 76)),
    ("base64 in short lines", |secret| wrapped(&base64(secret.as_bytes(), STANDARD, true), 20)),
    ("percent", |secret| percent(secret, false)),
    ("percent in small letters", |secret| percent(secret, true)),
    ("a form", |secret| percent(secret, false).replace("%20", "+")),
    ("JSON", |secret| json(secret, false)),
    ("JSON in ASCII", |secret| json(secret, true)),
    ("JSON with escaped slashes", |secret| json(secret, false).replace('/', "\\/")),
    ("JSON in JSON", |secret| json(&json(secret, false), false)),
    ("single quotes", |secret| secret.replace('\'', r"'\''")),
    ("hexadecimal", |secret| secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("hexadecimal in capitals", |secret| secret.bytes().map(|byte| format!("{byte:02X}")).collect()),
    ("colours", |secret| {
        let (first, rest) = secret.split_at(secret.char_indices().nth(3).map_or(secret.len(), |(at, _)| at));
        format!("\u{1b}[1;31m{first}\u{1b}[0m\u{1b}[K{rest}\u{1b}[0m")
    }),
];

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut encoded = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().chain([&0; 2]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..=group.len() {
            encoded.push(char::from(alphabet[bits >> (18 - 6 * place) & 63]));
        }
        if padded {
            encoded.push_str(&"=".repeat(3 - group.len()));
        }
    }
    encoded
}

fn wrapped(text: &str, width: usize) -> String {
    text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\n")
}

fn percent(text: &str, small: bool) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if small => format!("%{byte:02x}"),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn json(text: &str, ascii: bool) -> String {
    let one = |letter: char| match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        _ if letter < ' ' || (ascii && !letter.is_ascii()) => {
            letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }
        _ => letter.to_string(),
    };
    text.chars().map(one).collect()
}

/// The output in pieces of these sizes, over and over.
fn redacted(redactor: &Redactor, output: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut left = Vec::new();
    let mut rest = output;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((*sizes.next().expect("there is one")).min(rest.len()));
        left.extend_from_slice(&stream.push(piece));
        rest = after;
    }
    left.extend_from_slice(&stream.finish());
    left
}

/// The longest piece of the form that is in the text, without line breaks and colours in either.
fn longest_leak(text: &[u8], form: &str) -> usize {
    let bare = |text: &str| {
        let text =
            ["\u{1b}[1;31m", "\u{1b}[0m", "\u{1b}[K"].iter().fold(text.to_owned(), |text, it| text.replace(it, ""));
        text.replace('\n', "").into_bytes()
    };
    let (text, form) = (bare(&String::from_utf8_lossy(text)), bare(form));
    let is_there = |length: usize| form.windows(length).any(|piece| text.windows(length).any(|window| window == piece));
    (1..=form.len()).rev().find(|length| is_there(*length)).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_form_of_a_secret_comes_out_wherever_the_output_is_cut(
        secret in r#"[a-zA-Z0-9 "'\\/+&?%=<>$`éß漢😀_.:-]{14,40}"#,
        sizes in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        prop_assume!(secret.trim() == secret);
        let redactor = Redactor::new([("SECRET", secret.as_str()), ("OTHER", "another-secret-of-this-target")]);
        for (name, encode) in ENCODERS {
            let form = encode(&secret);
            let output = format!("# before\n>>{form}<<\n# after\n");
            let left = redacted(&redactor, output.as_bytes(), &sizes);
            let leak = longest_leak(&left, &form);
            // The characters that a neighbour shares its bits with, and the user of a pair, stay.
            prop_assert!(leak < 8, "{name}: {leak} bytes of {form:?} in {:?}", String::from_utf8_lossy(&left));
            prop_assert!(left.starts_with(b"# before\n") && left.ends_with(b"\n# after\n"), "{name}");
        }
    }

    #[test]
    fn what_is_not_secret_comes_out_as_it_went_in(
        output in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..30),
                r#"[a-z0-9 \n\r\t{}",.\[\]-]{0,80}"#.prop_map(String::into_bytes),
                Just(b"\x1b[31m".to_vec()),
                Just(b"\x1b]0;title\x07".to_vec()),
                Just(b"another-secret-of-".to_vec()),
            ],
            0..60,
        ),
        sizes in proptest::collection::vec(1_usize..200, 1..8),
    ) {
        let output = output.concat();
        let redactor = Redactor::new([("OTHER", "another-secret-of-this-target")]);
        let left = redacted(&redactor, &output, &sizes);
        prop_assert_eq!(left, output);
    }
}

#[test]
fn the_test_sees_a_leak() {
    let redactor = Redactor::new([("SECRET", "correct-horse-battery")]);
    let left = redacted(&redactor, b"another-secret-of-mine", &[5]);
    assert_eq!(longest_leak(&left, "another-secret-of-mine"), 22);
}
