//! The forms in which the value of a secret is printed: as it is, line by line, and encoded.
//!
//! Invariant: no literal holds a line break or begins with a blank, and none is shorter than
//! [`super::fingerprint::LITERAL_BYTES_MIN`]. Not covered, since no text to search for can be made of it: what is
//! compressed or encrypted, base64 of base64, hexadecimal digits with blanks between them, letters reversed or replaced.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::fingerprint::LITERAL_BYTES_MIN;

/// A shorter encoded form would be met by chance.
const FORM_BYTES_MIN: usize = 8;
/// A word of a value that is so long is a secret by itself.
const WORD_BYTES_MIN: usize = 16;
/// Longer forms are searched piece by piece, so that little is held back.
const PIECE_BYTES: usize = 128;
/// No secret is longer, but what was captured may be: that is only searched for as it is.
const ENCODED_BYTES_MAX: usize = 64 * 1024;

/// Every literal to search for.
pub(super) fn forms(value: &str) -> BTreeSet<Box<[u8]>> {
    let value = value.trim_matches(['\n', '\r']);
    let mut literals = BTreeSet::new();
    let single = !value.contains(['\n', '\r']);
    add(&mut literals, value, if single { LITERAL_BYTES_MIN } else { FORM_BYTES_MIN });
    if single {
        // The token of `Bearer …`: printed by itself, or on the next line.
        let words = value.split_whitespace().filter(|word| word.len() >= WORD_BYTES_MIN);
        words.for_each(|word| add(&mut literals, word, WORD_BYTES_MIN));
    }
    if value.len() > ENCODED_BYTES_MAX {
        return literals;
    }
    let escaped = escaped(value);
    let texts: BTreeSet<&str> = escaped.iter().map(String::as_str).chain([value]).collect();
    for form in texts.iter().flat_map(|text| base64_forms(text.as_bytes())).chain(hexadecimal(value)) {
        // In a query, or in JSON whose writer escapes slashes.
        if form.contains(['+', '/', '=']) {
            add(&mut literals, &form.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"), FORM_BYTES_MIN);
            add(&mut literals, &form.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d"), FORM_BYTES_MIN);
            add(&mut literals, &form.replace('/', "\\/"), FORM_BYTES_MIN);
        }
        add(&mut literals, &form, FORM_BYTES_MIN);
    }
    escaped.iter().for_each(|form| add(&mut literals, form, FORM_BYTES_MIN));
    literals
}

/// Each line of the form, and all of it without its line breaks.
fn add(literals: &mut BTreeSet<Box<[u8]>>, form: &str, shortest: usize) {
    let lines = || form.split(['\n', '\r']).map(str::trim_start);
    lines().map(str::trim_end).for_each(|line| literals.extend(pieces(line, shortest)));
    literals.extend(pieces(lines().collect::<String>().trim_end(), shortest));
}

/// The whole, or pieces of which the last one reaches back to have the full length.
fn pieces(form: &str, shortest: usize) -> Vec<Box<[u8]>> {
    let bytes = form.as_bytes();
    if bytes.len() < shortest {
        return Vec::new();
    }
    let last = bytes.len().saturating_sub(PIECE_BYTES);
    let starts = (0..bytes.len()).step_by(PIECE_BYTES).map(|start| start.min(last));
    let pieces = starts.map(|start| bytes[start..bytes.len().min(start + PIECE_BYTES)].trim_ascii_start());
    pieces.filter(|piece| piece.len() >= LITERAL_BYTES_MIN).map(Into::into).collect()
}

/// What formats make of the value that are text themselves.
fn escaped(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for slash in [false, true] {
        for markup in [false, true] {
            for letters in [Letters::AsTheyAre, Letters::Lower, Letters::Upper] {
                forms.insert(json(value, slash, markup, letters));
            }
        }
    }
    let once = json(value, false, false, Letters::AsTheyAre);
    forms.insert(json(&once, false, false, Letters::AsTheyAre));
    // What stays as it is differs: RFC 3986, forms, JavaScript's two functions, user information.
    for unreserved in ["-_.~", "-_.*", "-_.!~*'()", "-_.!~*'();/?:@&=+$,#", "-_.~$&+,;="] {
        for space in ["%20", "+"] {
            let encoded = percent(value, space, unreserved);
            forms.insert(lower_escapes(&encoded));
            forms.insert(encoded);
        }
    }
    forms.insert(value.replace('\'', r"'\''"));
    forms.insert(backslashed(value, |letter| matches!(letter, '"' | '$' | '`' | '\\')));
    forms.insert(backslashed(value, |letter| letter.is_ascii() && !is_plain_word(letter)));
    forms.insert(ansi_c(value, false));
    forms.insert(ansi_c(value, true));
    forms.remove(value);
    forms
}

/// How JSON writes what is not ASCII.
#[derive(Clone, Copy)]
enum Letters {
    AsTheyAre,
    Lower,
    Upper,
}

fn json(value: &str, slash: bool, markup: bool, letters: Letters) -> String {
    let mut form = String::with_capacity(value.len());
    for letter in value.chars() {
        let unit = |form: &mut String, unit: u16| match letters {
            Letters::Upper => write!(form, "\\u{unit:04X}"),
            _ => write!(form, "\\u{unit:04x}"),
        };
        let written = match letter {
            '"' | '\\' => write!(form, "\\{letter}"),
            '\n' => form.write_str("\\n"),
            '\r' => form.write_str("\\r"),
            '\t' => form.write_str("\\t"),
            '\u{8}' => form.write_str("\\b"),
            '\u{c}' => form.write_str("\\f"),
            '/' if slash => form.write_str("\\/"),
            '<' | '>' | '&' | '\'' if markup => unit(&mut form, letter as u16),
            '\0'..'\u{20}' => unit(&mut form, letter as u16),
            _ if !letter.is_ascii() && !matches!(letters, Letters::AsTheyAre) => {
                letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|half| unit(&mut form, *half))
            }
            _ => form.write_char(letter),
        };
        written.expect("a string takes everything");
    }
    form
}

fn percent(value: &str, space: &str, unreserved: &str) -> String {
    let mut form = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' => form.push_str(space),
            _ if byte.is_ascii_alphanumeric() || unreserved.as_bytes().contains(&byte) => form.push(char::from(byte)),
            _ => write!(form, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    form
}

/// `%2F` as `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut since = usize::MAX;
    let lower = |letter: char| {
        since = if letter == '%' { 0 } else { since.saturating_add(1) };
        if since <= 2 { letter.to_ascii_lowercase() } else { letter }
    };
    encoded.chars().map(lower).collect()
}

/// With a backslash before each of these; as in double quotes, or as bash's `printf %q` does.
fn backslashed(value: &str, special: impl Fn(char) -> bool) -> String {
    let mut form = String::with_capacity(value.len());
    for letter in value.chars() {
        if special(letter) {
            form.push('\\');
        }
        form.push(letter);
    }
    form
}

/// What bash leaves as it is outside of quotes.
fn is_plain_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_./:@%+=#~".contains(letter)
}

/// Between `$'` and `'`, as bash traces a word with control characters; outside of UTF-8 every other byte is octal.
fn ansi_c(value: &str, octal: bool) -> String {
    let mut form = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\'' | '\\' => form.extend(['\\', letter]),
            '\n' => form.push_str("\\n"),
            '\r' => form.push_str("\\r"),
            '\t' => form.push_str("\\t"),
            '\u{1b}' => form.push_str("\\E"),
            _ if letter.is_ascii_control() || (octal && !letter.is_ascii()) => {
                let mut bytes = [0; 4];
                form.extend(letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\{byte:03o}")));
            }
            _ => form.push(letter),
        }
    }
    form
}

fn hexadecimal(value: &str) -> [String; 2] {
    let lower: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let upper = lower.to_ascii_uppercase();
    [lower, upper]
}

/// Base64 of the value by itself, and of the value in the middle of something longer: there the first and the last
/// characters depend on the neighbours, so the certain middle is searched for at each of the three alignments.
fn base64_forms(value: &[u8]) -> BTreeSet<String> {
    // With the line break that ends most files.
    let ended: Vec<u8> = value.iter().copied().chain([b'\n']).collect();
    let mut forms = BTreeSet::new();
    for whole in [value, &ended] {
        forms.extend([STANDARD.encode(whole), URL_SAFE.encode(whole), URL_SAFE_NO_PAD.encode(whole)]);
    }
    for shift in 0..3_usize {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(value.iter().copied()).collect();
        let first = (shift * 8).div_ceil(6);
        let certain = shifted.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.insert(encoded[first.min(certain)..certain].to_owned());
        }
    }
    forms
}
