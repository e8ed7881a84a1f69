//! What the program says of itself, without what looks like a secret: its log, its last words when it panics, its
//! errors. Output of steps is redacted by value where it arises; this is the net below everything else.

use std::io::{self, Write};
use std::panic;

use allclear_drivers::Redactor;

/// The text without what looks like a secret.
pub(crate) fn text(text: &str) -> String {
    Redactor::of_patterns().text(text)
}

/// Standard error for a log that writes each of its lines at once.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(text(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// From now on a panic says where it happened and why, without secrets, and what to do about it.
pub(crate) fn panic_quietly() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let why = text(info.payload_as_str().unwrap_or("no reason is known"));
        let _ = writeln!(
            io::stderr(),
            "error: a defect of Allclear at {place}: {why}\nPlease report it with these two lines; the log is unharmed."
        );
    }));
}
