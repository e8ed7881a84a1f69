//! The admin token: made once, shown once, kept only as a digest in a file that its owner alone may read. It names
//! nobody: whoever has it says on whose behalf it acts.

use std::path::Path;

use super::AuthError;
use super::file::{read, replace};
use super::token::{TokenDigest, generate};

const FILE: &str = "admin-token.sha256";

/// The digest that is kept, if one is.
pub(crate) fn kept(data_dir: &Path) -> Result<Option<TokenDigest>, AuthError> {
    let path = data_dir.join(FILE);
    let Some(text) = read(&path)? else { return Ok(None) };
    let malformed = || AuthError::Malformed { path: path.display().to_string() };
    TokenDigest::parse(&text).map(Some).ok_or_else(malformed)
}

/// A new token, whose digest is now kept.
pub(crate) fn make(data_dir: &Path) -> Result<(TokenDigest, String), AuthError> {
    let token = generate()?;
    let kept = TokenDigest::of(&token);
    replace(&data_dir.join(FILE), format!("{}\n", kept.hexadecimal()).as_bytes())?;
    Ok((kept, token))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_digest_is_kept_and_for_the_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(kept(directory.path()).unwrap(), None);
        let (made, token) = make(directory.path()).unwrap();
        assert!(token.starts_with("alc_") && token.len() == 4 + 48, "{token}");
        assert!(made.matches(&token) && !made.matches("alc_0"));
        let path = directory.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&token[4..]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(kept(directory.path()).unwrap().unwrap().matches(&token));
    }

    #[test]
    fn a_file_that_holds_something_else_is_named_and_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "alc_123", &"é".repeat(32), &"g".repeat(64)] {
            fs::write(directory.path().join(FILE), text).unwrap();
            let error = kept(directory.path()).unwrap_err().to_string();
            assert!(error.contains(FILE) && error.contains("remove it"), "{error}");
        }
    }
}
