//! Files of the data directory that say who may come in.
//!
//! Invariant: a file is complete or absent. It is written beside its place and moved there; its owner alone may read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::AuthError;

/// What the file holds; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, AuthError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AuthError::File { path: path.display().to_string(), source }),
    }
}

/// Writes it whole, in place of what it held.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), AuthError> {
    write(path, bytes).map_err(|source| AuthError::File { path: path.display().to_string(), source })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(directory)?.sync_all()
}
