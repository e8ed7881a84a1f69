//! The admin token: made once, shown once, kept only as a digest in a file that its owner alone may read.
//!
//! Invariant: the file is complete or absent. It is written beside its place and moved there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use subtle::ConstantTimeEq as _;

use super::{AuthError, digest, hex, random_hex};

const FILE: &str = "admin-token.sha256";

/// SHA-256 of the admin token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenDigest([u8; 32]);

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenDigest")
    }
}

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        Self(digest(token))
    }

    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0.ct_eq(&digest(given)).into()
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

pub(crate) fn generate() -> Result<String, AuthError> {
    Ok(format!("alc_{}", random_hex::<24>()?))
}

/// The digest that is kept, or a new token with its digest now kept.
pub(crate) fn open(data_dir: &Path) -> Result<(TokenDigest, Option<String>), AuthError> {
    let path = data_dir.join(FILE);
    let shown_path = path.display().to_string();
    let failed = |source| AuthError::File { path: shown_path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let token = TokenDigest::parse(&text).ok_or(AuthError::Malformed { path: shown_path })?;
            Ok((token, None))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = generate()?;
            let kept = TokenDigest::of(&token);
            keep(data_dir, &path, &kept).map_err(failed)?;
            Ok((kept, Some(token)))
        }
        Err(error) => Err(failed(error)),
    }
}

fn keep(data_dir: &Path, path: &Path, token: &TokenDigest) -> io::Result<()> {
    fs::create_dir_all(data_dir)?;
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(format!("{}\n", hex(&token.0)).as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(data_dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_token_is_shown_once_and_only_its_digest_is_kept_for_the_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (kept, shown) = open(directory.path()).unwrap();
        let token = shown.unwrap();
        assert!(token.starts_with("alc_") && token.len() == 4 + 48, "{token}");
        assert!(kept.matches(&token) && !kept.matches("alc_0"));
        let path = directory.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&token[4..]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (again, none) = open(directory.path()).unwrap();
        assert!(again.matches(&token));
        assert_eq!(none, None);
    }

    #[test]
    fn a_file_that_holds_something_else_is_named_and_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "alc_123", &"é".repeat(32), &"g".repeat(64)] {
            fs::write(directory.path().join(FILE), text).unwrap();
            let error = open(directory.path()).unwrap_err().to_string();
            assert!(error.contains(FILE) && error.contains("remove it"), "{error}");
        }
    }
}
