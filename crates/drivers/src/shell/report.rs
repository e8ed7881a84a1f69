//! What a session tells on its control channel: how a command ended, and what the session knows.
//!
//! A report is three fields, each closed by a NUL: kind and exit code, working directory, and a script that restores
//! the rest. The script holds the values of exported secrets: it stays in memory and is never printed.

/// A longer script is not kept; a session that holds this much in its variables cannot be begun anew.
const STATE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a session knows, enough to begin another one like it.
pub(super) struct Snapshot {
    pub(super) directory: String,
    pub(super) script: String,
}

/// A report as it arrives.
#[derive(Default)]
pub(super) struct Report {
    fields: [Vec<u8>; 3],
    complete: usize,
    cut: bool,
}

impl Report {
    /// Takes the next bytes; says whether the report is complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            match self.fields.get_mut(self.complete) {
                Some(_) if byte == 0 => self.complete += 1,
                Some(field) if field.len() < STATE_BYTES_MAX => field.push(byte),
                Some(_) => self.cut = true,
                None => {}
            }
        }
        self.complete == self.fields.len()
    }

    /// Whether it is the last report of a session that is ending.
    pub(super) fn tells_of_the_end(&self) -> bool {
        self.fields[0].starts_with(b"ended ")
    }

    /// The exit code, once the report is complete.
    pub(super) fn exit_code(&self) -> Option<i32> {
        let complete = self.complete == self.fields.len();
        let status = std::str::from_utf8(&self.fields[0]).ok().filter(|_| complete)?;
        status.split_once(' ')?.1.parse().ok()
    }

    /// What the session knows; `None` where it is too much, or not text.
    pub(super) fn snapshot(self) -> Option<Snapshot> {
        let complete = self.complete == self.fields.len() && !self.cut;
        let [_, directory, script] = self.fields;
        complete.then_some(())?;
        Some(Snapshot { directory: String::from_utf8(directory).ok()?, script: String::from_utf8(script).ok()? })
    }
}
