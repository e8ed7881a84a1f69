//! What was captured before a change, opened for the command that puts it back.
//!
//! Invariants: a value is opened just before its step, and kept nowhere but in memory. It is what the plan names by
//! digest, for the variable and the step that the plan names, or nothing of the step is run.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{Digest, PlannedCommand, PlannedStep};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::environment::is_name;
use crate::seal::{CaptureKey, SealError};
use crate::secret::SecretText;

/// Shorter values are words that an output is full of, such as `3` or `true`.
const SEARCHED_CHARS_MIN: usize = 8;
/// Of a longer value, such as a manifest, only the words that look like secrets are searched for: the search for all of
/// it, in every form that it may be printed in, would need a thousand times its size.
const WHOLE_BYTES_MAX: usize = 1024;
/// A shorter word is an ordinary one.
const WORD_BYTES_MIN: usize = 12;
/// So many words of a value are searched for.
const WORDS_MAX: usize = 64;

/// Values by the variable that their command finds them in.
#[derive(Default)]
pub(crate) struct Captured(BTreeMap<String, Vec<u8>>);

impl Captured {
    /// What this command of the step needs, or the end of a sentence that began with the command's name.
    pub(super) fn of(
        command: &PlannedCommand,
        step: &PlannedStep,
        sealed: &BTreeMap<Digest, Bytes>,
        key: Option<&CaptureKey>,
    ) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for (variable, digest) in &command.captured {
            if !is_name(variable) {
                return Err(format!("has `{}` captured, which is not a name for a variable", variable.escape_debug()));
            }
            let needs = |why: &str| format!("needs `{variable}`, which was recorded before the change, but {why}");
            let sealed = sealed.get(digest).ok_or_else(|| needs("it is not kept any more"))?;
            if Digest::of(sealed) != *digest {
                return Err(needs(&SealError::Damaged.to_string()));
            }
            let key = key.ok_or_else(|| needs("there is no data directory here that holds the key to it"))?;
            let (origin, value) = key.open(sealed).map_err(|error| needs(&error.to_string()))?;
            if origin.variable() != variable || step.undoes.is_some_and(|undone| undone != origin.step) {
                return Err(needs(&format!("what the plan names is `{origin}`")));
            }
            values.insert(variable.clone(), value);
        }
        Ok(Self(values))
    }

    /// Names of the variables, and what was captured.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(variable, value)| (variable.as_str(), value.as_slice()))
    }

    /// What must not be shown of it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (String, SecretText)> {
        self.iter().flat_map(|(variable, value)| {
            let searched = searched(&String::from_utf8_lossy(value));
            searched.into_iter().map(move |text| (variable.to_owned(), SecretText::from(text)))
        })
    }
}

/// What of a value is searched for in outputs.
fn searched(value: &str) -> BTreeSet<String> {
    let whole = value.trim();
    if whole.len() <= WHOLE_BYTES_MAX {
        let told = whole.chars().count() >= SEARCHED_CHARS_MIN;
        return told.then(|| whole.to_owned()).into_iter().collect();
    }
    let words = whole.split(|letter: char| !letter.is_ascii_alphanumeric() && !"+/=_-".contains(letter));
    let telling = words.filter(|word| looks_secret(word)).take(WORDS_MAX);
    // The data of a Kubernetes Secret are in base64, and printed decoded elsewhere.
    telling.flat_map(|word| [Some(word.to_owned()), decoded(word)]).flatten().collect()
}

fn looks_secret(word: &str) -> bool {
    let has = |class: fn(&u8) -> bool| word.as_bytes().iter().any(class);
    let (letters, digits) = (has(u8::is_ascii_alphabetic), has(u8::is_ascii_digit));
    (word.len() >= WORD_BYTES_MIN && word.len() <= WHOLE_BYTES_MAX && letters && digits) || decoded(word).is_some()
}

/// The text that the word stands for in base64.
fn decoded(word: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(word).ok()?).ok()?;
    let text = text.trim();
    let told = text.len() >= SEARCHED_CHARS_MIN && text.len() <= WHOLE_BYTES_MAX;
    (told && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_value_only_what_looks_like_a_secret_is_searched_for() {
        let password = STANDARD.encode("correct-horse-battery");
        let filler = "  annotations: a word that says nothing\n".repeat(40);
        let manifest =
            format!("kind: Secret\ndata:\n  password: {password}\n  key: k3y-w1th-d1g1ts\nreplicas: 3\n{filler}");
        let searched = searched(&manifest);
        let expected = [password.as_str(), "correct-horse-battery", "k3y-w1th-d1g1ts"];
        assert_eq!(searched, BTreeSet::from(expected.map(str::to_owned)));
    }

    #[test]
    fn a_short_value_is_searched_for_whole_unless_it_is_a_trivial_word() {
        assert!(searched("true\n").is_empty());
        assert_eq!(searched("two words\n"), BTreeSet::from(["two words".to_owned()]));
    }
}
