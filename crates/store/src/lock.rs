//! A data directory belongs to one process at a time.
//!
//! The lock is the kernel's, on an open file: it ends with the process however that ends, so there is no stale lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

/// A process that ends while it starts another leaves the lock with that other one until it has begun: so a lock is only
/// believed to be held when it has been for a moment.
const LOOKS: u32 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it; it wrote its number, if it came so far.
    Held { pid: Option<u32> },
    /// The file could not be opened.
    Io(io::Error),
}

impl DirectoryLock {
    pub(crate) fn take(path: &Path) -> Result<Self, LockError> {
        let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = opened.map_err(LockError::Io)?;
        for look in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if look < LOOKS => std::thread::sleep(LOOK_EVERY),
                Err(TryLockError::WouldBlock) => return Err(LockError::Held { pid: holder(&mut file) }),
                Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
            }
        }
        // A courtesy to whoever is refused; a full disk must not keep us from opening what is there.
        let _ = sign(&mut file);
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
