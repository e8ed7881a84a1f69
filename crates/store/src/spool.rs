//! Bytes on their way to a blob: a few in memory, the others in a file without a name, which nobody finds after a crash.
//!
//! Invariant: what was pushed is read back, in order. A file that cannot be had, or a disk that is almost full, makes
//! the spool larger in memory and nothing worse.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use allclear_core::{Digest, Digester};

use crate::database::Database;
use crate::outage::Unavailable;
use crate::sqlite::leaves_room;
use crate::store::Store;

/// More goes into the file.
const MEMORY_BYTES_MAX: usize = 256 * 1024;

/// Bytes that come in pieces.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    file: Option<File>,
    /// Whether the file takes no more.
    is_full: bool,
    in_file: usize,
    /// What follows the bytes in the file.
    memory: Vec<u8>,
    digest: Digester,
}

impl Store {
    /// An empty one, on the disk of the store where that is ours.
    pub fn spool(&self) -> Spool {
        let folder = match self.measurements() {
            Database::Sqlite(file) => file.folder().map(PathBuf::from),
            Database::Postgres(_) => None,
        };
        Spool::in_folder(folder.unwrap_or_else(std::env::temp_dir))
    }
}

impl Spool {
    fn in_folder(folder: PathBuf) -> Self {
        Self { folder, file: None, is_full: false, in_file: 0, memory: Vec::new(), digest: Digester::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.digest.push(bytes);
        if self.memory.len() + bytes.len() > MEMORY_BYTES_MAX && !self.is_full {
            self.is_full = self.empty_memory().is_err();
        }
        self.memory.extend_from_slice(bytes);
    }

    /// How many bytes have come.
    pub fn length(&self) -> usize {
        self.in_file + self.memory.len()
    }

    /// The digest of everything that has come.
    pub fn digest(&self) -> Digest {
        self.digest.digest()
    }

    /// Everything that has come.
    pub fn bytes(&self) -> Result<Vec<u8>, Unavailable> {
        self.read(0, self.length()).map_err(|error| Unavailable::because(error.into()))
    }

    /// A part of what has come.
    pub(crate) fn read(&self, from: usize, to: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.in_file.clamp(from, to) - from];
        if let Some(file) = self.file.as_ref().filter(|_| !bytes.is_empty()) {
            file.read_exact_at(&mut bytes, from as u64)?;
        }
        let in_memory = |at: usize| at.saturating_sub(self.in_file);
        bytes.extend_from_slice(&self.memory[in_memory(from)..in_memory(to)]);
        Ok(bytes)
    }

    /// Moves what is in memory to the end of the file. Where that fails half-way, the half does not count.
    fn empty_memory(&mut self) -> io::Result<()> {
        if !leaves_room(&self.folder, self.memory.len() as u64) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        let file = self.file.insert(file);
        file.write_all_at(&self.memory, self.in_file as u64)?;
        self.in_file += self.memory.len();
        self.memory.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes pieces of different lengths, and compares every so often.
    fn check(spool: &mut Spool) {
        let mut expected = Vec::new();
        for number in 0..40_usize {
            let piece: Vec<u8> = (0..number * 3_000).map(|index| (index * 7 + number) as u8).collect();
            spool.push(&piece);
            expected.extend_from_slice(&piece);
            if number % 8 == 7 {
                assert!(spool.bytes().expect("read") == expected, "after {number} pieces");
            }
        }
        assert_eq!((spool.length(), spool.digest()), (expected.len(), Digest::of(&expected)));
        for from in (0..expected.len()).step_by(100_000) {
            let to = expected.len().min(from + 100_000);
            assert!(spool.read(from, to).expect("read") == expected[from..to], "{from}..{to}");
        }
    }

    #[test]
    fn what_is_long_is_in_a_file_that_nobody_finds_and_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::in_folder(folder.path().to_owned());
        assert_eq!(spool.bytes().expect("read"), b"");
        check(&mut spool);
        assert!(spool.in_file > 2_000_000 && spool.memory.len() <= MEMORY_BYTES_MAX);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_finds_no_file_stays_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::in_folder(folder.path().join("gone"));
        check(&mut spool);
        assert_eq!(spool.in_file, 0);
    }
}
