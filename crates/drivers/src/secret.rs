//! Secrets: found where the policy says, and never printed by accident.
//!
//! Invariant: neither an error nor a `Debug` or `Display` text of this module holds the value of a secret.

use std::fmt;
use std::io::Read;

use allclear_core::SecretRef;

/// No secret is longer; a larger file is surely not the one that was meant.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// The value of a secret. Printing it shows `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretText([redacted])")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable `{name}` is not set")]
    VariableMissing {
        /// Name of the variable.
        name: String,
    },
    /// The variable is not text.
    #[error("the environment variable `{name}` is not valid UTF-8")]
    VariableNotText {
        /// Name of the variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("the file `{path}` cannot be read ({})", .source.kind())]
    FileUnreadable {
        /// Path of the file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is too large to be a secret.
    #[error("the file `{path}` is larger than 64 KiB, so it is surely not a secret")]
    FileTooLarge {
        /// Path of the file.
        path: String,
    },
    /// The value is there and empty.
    #[error("{place} is empty")]
    Empty {
        /// Where the value was looked for.
        place: String,
    },
}

/// The value that the reference stands for. Files are read without their last line break; an empty value is an error,
/// since an unset secret is more often a mistake than a wish.
pub fn resolve(reference: &SecretRef) -> Result<SecretText, SecretError> {
    match reference {
        SecretRef::Plain(value) => Ok(SecretText(value.clone())),
        SecretRef::Env(name) => from_environment(name),
        SecretRef::File(path) => from_file(path),
    }
}

fn from_environment(name: &str) -> Result<SecretText, SecretError> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => {
            Err(SecretError::Empty { place: format!("the environment variable `{name}`") })
        }
        Ok(value) => Ok(SecretText(value)),
        Err(std::env::VarError::NotPresent) => Err(SecretError::VariableMissing { name: name.to_owned() }),
        Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::VariableNotText { name: name.to_owned() }),
    }
}

fn from_file(path: &str) -> Result<SecretText, SecretError> {
    let unreadable = |source| SecretError::FileUnreadable { path: path.to_owned(), source };
    let mut value = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut value).map_err(unreadable)?;
    if value.len() as u64 > SECRET_BYTES_MAX {
        return Err(SecretError::FileTooLarge { path: path.to_owned() });
    }
    let without_break = value.strip_suffix('\n').map_or(value.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if without_break.is_empty() {
        return Err(SecretError::Empty { place: format!("the file `{path}`") });
    }
    Ok(SecretText(without_break.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = SecretText::from("hunter2-hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "[redacted] SecretText([redacted])");
        assert_eq!(secret.expose(), "hunter2-hunter2");
    }

    #[test]
    fn a_file_is_read_without_its_last_line_break_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        let reference = SecretRef::File(path.display().to_string());
        for (content, value) in [("one\n", "one"), ("one\r\n", "one"), ("one\ntwo\n\n", "one\ntwo\n"), ("one", "one")] {
            std::fs::write(&path, content).expect("the file is written");
            assert_eq!(resolve(&reference).expect("a value").expose(), value);
        }
        std::fs::write(&path, "\n").expect("the file is written");
        assert!(matches!(resolve(&reference), Err(SecretError::Empty { .. })));
    }

    #[test]
    fn what_is_missing_is_named() {
        let variable = resolve(&SecretRef::Env("ALLCLEAR_NO_SUCH_VARIABLE".to_owned())).expect_err("it is not set");
        assert_eq!(variable.to_string(), "the environment variable `ALLCLEAR_NO_SUCH_VARIABLE` is not set");
        let file = resolve(&SecretRef::File("/no/such/file".to_owned())).expect_err("there is none");
        assert_eq!(file.to_string(), "the file `/no/such/file` cannot be read (entity not found)");
    }
}
