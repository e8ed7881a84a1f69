//! What was captured before a change, opened for the command that puts it back.
//!
//! Invariants: a value is opened just before its step, and kept nowhere but in memory. It is what the plan names by
//! digest, for the variable and the step that the plan names, or nothing of the step is run.

use std::collections::BTreeMap;

use allclear_core::{Digest, PlannedCommand, PlannedStep};
use bytes::Bytes;

use super::environment::is_name;
use crate::seal::{CaptureKey, SealError};
use crate::secret::SecretText;

/// Shorter values are words that an output is full of, such as `3` or `true`.
const SEARCHED_CHARS_MIN: usize = 8;
/// More of a value is not searched for in outputs: the search would need more memory than the value.
const SEARCHED_BYTES_MAX: usize = 64 * 1024;

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
        self.iter().filter_map(|(variable, value)| {
            if value.len() > SEARCHED_BYTES_MAX {
                tracing::warn!(variable, "what was captured is long: only the beginning of it is redacted by value");
            }
            let text = String::from_utf8_lossy(&value[..value.len().min(SEARCHED_BYTES_MAX)]);
            let told = text.trim().chars().count() >= SEARCHED_CHARS_MIN;
            told.then(|| (variable.to_owned(), SecretText::from(text.into_owned())))
        })
    }
}
