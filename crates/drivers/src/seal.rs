//! Sealing what was captured before a change: encrypted at rest, under a key that never leaves the data directory.
//!
//! Invariants: AES-256-GCM with a random nonce for each value. Where a value came from is authenticated with it, so that
//! one sealed value cannot be passed off as another. The key is made at first need, readable by its owner only; opening
//! never makes one. Neither key nor value appears in an error. Deliberately absent: changing the key. Whoever puts
//! another key in its place gives up what was sealed with the old one.
//!
//! A sealed value is: the word of the format, eight bytes that name the key, the nonce, the length of the origin in two
//! bytes, the origin as text, and the ciphertext with its tag. All that precedes the ciphertext but the nonce is its
//! associated data.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;

use allclear_core::RunId;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Name of the key's file in the data directory.
const FILE_NAME: &str = "capture.key";
/// The word that every sealed value begins with.
const FORMAT: &[u8; 8] = b"ACSEAL1\n";
const KEY_BYTES: usize = 32;
const KEY_NAME_BYTES: usize = 8;
/// Longer than any key in base64 with its line break.
const FILE_BYTES_MAX: u64 = 256;

/// Where a captured value comes from: run, step, place of its command in the step, and the variable that its undo finds
/// it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The run that captured it.
    pub run: RunId,
    /// Number of the step whose change it precedes.
    pub step: u32,
    /// `INDEX/VARIABLE`: place of the command in the step, from 0, and name of the variable.
    pub key: String,
}

impl Origin {
    /// Name of the variable.
    pub fn variable(&self) -> &str {
        self.key.split_once('/').map_or(self.key.as_str(), |(_, variable)| variable)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.run, self.step, self.key)
    }
}

impl FromStr for Origin {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let mut parts = text.splitn(3, '/');
        let run = parts.next().and_then(|run| run.parse().ok());
        let step = parts.next().and_then(|step| step.parse().ok());
        match (run, step, parts.next()) {
            (Some(run), Some(step), Some(key)) => Ok(Self { run, step, key: key.to_owned() }),
            _ => Err(SealError::Damaged),
        }
    }
}

/// Why a value could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no key to open with.
    #[error(
        "the key `{}` is missing, and what was captured cannot be read without it: put the file back from a copy of the \
         data directory", path.display()
    )]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("the key `{}` cannot be read ({})", path.display(), source.kind())]
    KeyUnreadable {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "`{}` does not hold a key (256 bits in base64): put the file back from a copy of the data directory",
        path.display()
    )]
    KeyMalformed {
        /// Where it is.
        path: PathBuf,
    },
    /// A new key could not be kept.
    #[error("the key `{}` could not be made ({})", path.display(), source.kind())]
    KeyNotMade {
        /// Where it should have been.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The value was sealed with a key that is not this one.
    #[error(
        "it was sealed with another key than the one in `{}`: put back the key that was there when it was captured",
        path.display()
    )]
    OtherKey {
        /// Where the key is.
        path: PathBuf,
    },
    /// Something was changed since, or it never was a sealed value.
    #[error("it is damaged: it is not what was sealed")]
    Damaged,
    /// The library refused.
    #[error("it could not be sealed")]
    Refused,
}

/// The key of one data directory; read or made when it is first needed.
pub struct CaptureKey {
    path: PathBuf,
    known: OnceLock<Known>,
}

/// A key that was read.
struct Known {
    name: [u8; KEY_NAME_BYTES],
    key: RandomizedNonceKey,
}

impl CaptureKey {
    /// The key of that data directory. Nothing is read or made yet.
    pub fn of(data_directory: &Path) -> Self {
        Self { path: data_directory.join(FILE_NAME), known: OnceLock::new() }
    }

    /// The data directory that it is the key of.
    pub(crate) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Seals a value; makes the key where there is none.
    pub fn seal(&self, origin: &Origin, value: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let known = match self.known() {
            Err(SealError::KeyMissing { .. }) => {
                make(&self.path).map_err(|source| SealError::KeyNotMade { path: self.path.clone(), source })?;
                self.known()?
            }
            known => known?,
        };
        let origin = origin.to_string();
        let length = u16::try_from(origin.len()).map_err(|_| SealError::Refused)?;
        let associated = associated(known, length, origin.as_bytes());
        let mut text = value;
        let nonce =
            known.key.seal_in_place_append_tag(Aad::from(&associated), &mut text).map_err(|_| SealError::Refused)?;
        let mut sealed = Vec::with_capacity(associated.len() + NONCE_LEN + text.len());
        let (head, tail) = associated.split_at(FORMAT.len() + KEY_NAME_BYTES);
        for part in [head, nonce.as_ref().as_slice(), tail, &text] {
            sealed.extend_from_slice(part);
        }
        Ok(sealed)
    }

    /// Opens a sealed value: where it came from, and the value.
    pub fn open(&self, sealed: &[u8]) -> Result<(Origin, Vec<u8>), SealError> {
        let parts = Parts::of(sealed).ok_or(SealError::Damaged)?;
        let known = self.known()?;
        if parts.key_name != known.name {
            return Err(SealError::OtherKey { path: self.path.clone() });
        }
        let length = u16::try_from(parts.origin.len()).map_err(|_| SealError::Damaged)?;
        let associated = associated(known, length, parts.origin);
        let mut text = parts.ciphertext.to_vec();
        let nonce = Nonce::from(&parts.nonce);
        let opened = known.key.open_in_place(nonce, Aad::from(&associated), &mut text);
        let length = opened.map_err(|_| SealError::Damaged)?.len();
        text.truncate(length);
        let origin = std::str::from_utf8(parts.origin).map_err(|_| SealError::Damaged)?;
        Ok((origin.parse()?, text))
    }

    fn known(&self) -> Result<&Known, SealError> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let known = read(&self.path)?;
        Ok(self.known.get_or_init(|| known))
    }
}

/// What is authenticated beside the value.
fn associated(known: &Known, length: u16, origin: &[u8]) -> Vec<u8> {
    [FORMAT.as_slice(), &known.name, &length.to_be_bytes(), origin].concat()
}

/// The pieces of a sealed value.
struct Parts<'a> {
    key_name: [u8; KEY_NAME_BYTES],
    nonce: [u8; NONCE_LEN],
    origin: &'a [u8],
    ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Option<Self> {
        let rest = sealed.strip_prefix(FORMAT.as_slice())?;
        let (&key_name, rest) = rest.split_first_chunk()?;
        let (&nonce, rest) = rest.split_first_chunk()?;
        let (&length, rest) = rest.split_first_chunk()?;
        let (origin, ciphertext) = rest.split_at_checked(usize::from(u16::from_be_bytes(length)))?;
        Some(Self { key_name, nonce, origin, ciphertext })
    }
}

fn read(path: &Path) -> Result<Known, SealError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SealError::KeyMissing { path: path.to_owned() },
        _ => SealError::KeyUnreadable { path: path.to_owned(), source },
    };
    let malformed = || SealError::KeyMalformed { path: path.to_owned() };
    let mut text = Vec::new();
    File::open(path).map_err(unreadable)?.take(FILE_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    let bytes = STANDARD.decode(text.trim_ascii()).ok().filter(|bytes| bytes.len() == KEY_BYTES);
    let bytes = bytes.ok_or_else(malformed)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| malformed())?;
    let digest = Sha256::new().chain_update(b"allclear capture key\0").chain_update(&bytes).finalize();
    let name = *digest.first_chunk().expect("a digest is longer than the name of a key");
    Ok(Known { name, key })
}

/// Makes a key that nobody else can read. Where somebody was faster, theirs is kept.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = folder.join(format!(".{FILE_NAME}.{}.new", std::process::id()));
    let mut bytes = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("there is no randomness"))?;
    // Left over from a process of that number that was killed.
    let _ = fs::remove_file(&draft);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", STANDARD.encode(bytes))?;
        file.sync_all()?;
        // Unlike a renaming, a link never takes the place of what is there.
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    })();
    let _ = fs::remove_file(&draft);
    written?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
