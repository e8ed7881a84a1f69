//! The disk that a benchmark works on, and what it asks for one fsync.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A block of a file system, and a page of SQLite.
const BLOCK: usize = 4_096;

/// A folder in the build's own target folder: a temporary one may lie in memory, where an fsync costs nothing.
///
/// # Panics
/// If it cannot be made.
pub fn bench_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program knows its path");
    // target/release/examples/bench_x
    let target = program.ancestors().nth(3).expect("cargo puts examples three levels deep");
    let folder = target.join("bench-data");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Appends one block to a file of this folder and waits until it is on the disk; how long the wait was, in milliseconds.
///
/// # Panics
/// If the folder cannot be written.
pub fn fsync_ms(folder: &Path) -> f64 {
    let open = |path: &Path| -> std::io::Result<File> { OpenOptions::new().create(true).append(true).open(path) };
    let mut file = open(&folder.join("fsync")).expect("the folder can be written");
    let begun = Instant::now();
    file.write_all(&[0; BLOCK]).and_then(|()| file.sync_data()).expect("the disk has room");
    begun.elapsed().as_secs_f64() * 1_000.0
}
