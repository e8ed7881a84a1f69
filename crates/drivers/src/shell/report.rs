//! What a session tells on its control channel: how a command ended, and what the session knows.
//!
//! A report is three fields, each closed by a NUL: kind and exit code, working directory, and a script that restores
//! the rest, which nobody waits for before it is needed. The script holds the values of exported secrets: it stays in
//! memory and is never printed. Before the report of a capture comes one more field: what was captured, in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A longer script is not kept; a session that holds this much in its variables cannot be begun anew.
const STATE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest value that is captured.
pub(super) const CAPTURED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The same in base64, and one more byte to know a longer one by.
const CAPTURED_TEXT_BYTES_MAX: usize = (CAPTURED_BYTES_MAX + 1).div_ceil(3) * 4;

/// A report as it arrives.
#[derive(Default)]
pub(super) struct Report {
    /// What was captured, until its end has come; then only in `captured`.
    capturing: Option<Vec<u8>>,
    captured: Option<Vec<u8>>,
    fields: [Vec<u8>; 3],
    complete: usize,
    cut: bool,
}

impl Report {
    /// The report of a capture.
    pub(super) fn of_capture() -> Self {
        Self { capturing: Some(Vec::new()), ..Self::default() }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let rest = self.push_captured(bytes);
        for &byte in rest {
            match self.fields.get_mut(self.complete) {
                Some(_) if byte == 0 => self.complete += 1,
                Some(field) if field.len() < STATE_BYTES_MAX => field.push(byte),
                Some(_) => self.cut = true,
                None => {}
            }
        }
    }

    /// Whether it is known how the command ended, and where.
    pub(super) fn tells_of_an_end(&self) -> bool {
        self.complete >= 2
    }

    /// Whether all of it has come.
    pub(super) fn is_complete(&self) -> bool {
        self.complete == self.fields.len()
    }

    /// Takes what is captured; gives what comes after it.
    fn push_captured<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(text) = &mut self.capturing else { return bytes };
        let end = bytes.iter().position(|&byte| byte == 0);
        let room = CAPTURED_TEXT_BYTES_MAX.saturating_sub(text.len());
        text.extend_from_slice(&bytes[..end.unwrap_or(bytes.len()).min(room)]);
        let Some(end) = end else { return &[] };
        self.captured = self.capturing.take();
        &bytes[end + 1..]
    }

    /// What was captured; `None` where that is not what came.
    pub(super) fn captured(self) -> Option<Vec<u8>> {
        STANDARD.decode(self.captured?).ok()
    }

    /// Whether it is the last report of a session that is ending.
    pub(super) fn is_the_last(&self) -> bool {
        self.fields[0].starts_with(b"ended ")
    }

    /// The exit code, once it is known.
    pub(super) fn exit_code(&self) -> Option<i32> {
        let status = std::str::from_utf8(&self.fields[0]).ok().filter(|_| self.tells_of_an_end())?;
        status.split_once(' ')?.1.parse().ok()
    }

    /// The working directory, once it is known and where it is text.
    pub(super) fn directory(&self) -> Option<String> {
        String::from_utf8(self.fields[1].clone()).ok().filter(|_| self.tells_of_an_end())
    }

    /// What restores all that the session knows after a command that succeeded, but for its directory; `None` where it
    /// is too much, or not text.
    pub(super) fn script(self) -> Option<String> {
        (self.is_complete() && !self.cut && self.exit_code() == Some(0)).then_some(())?;
        let [_, _, script] = self.fields;
        String::from_utf8(script).ok()
    }
}
