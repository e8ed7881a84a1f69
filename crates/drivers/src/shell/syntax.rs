//! Whether a command is valid bash, as bash itself sees it, before anything of its step runs.
//!
//! Bash reads a script line by line: without this check, the lines before a mistake would already have been performed.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::session::missing;
use crate::perform::Environment;

/// Longest complaint that is told.
const COMPLAINT_CHARS_MAX: usize = 300;

/// With which bash refuses what is not valid; other failures have it, too.
pub(super) const EXIT_CODE: i32 = 2;

/// Whether bash reads all of the text before it performs any of it.
pub(super) fn is_one_line(text: &str) -> bool {
    !text.trim_end_matches('\n').contains('\n')
}

/// What is wrong with the text, as the end of a sentence that began with the command's name.
pub(super) async fn check(text: &str, environment: &Environment) -> Result<(), String> {
    // Extended patterns are allowed, since the text may switch them on itself.
    let mut child = Command::new("bash")
        .args(["--noprofile", "--norc", "-O", "extglob", "-n"])
        .env_clear()
        .env("PATH", &environment.variables["PATH"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| missing(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A bash that stops reading has found a mistake, and tells it below.
        let _ = stdin.write_all(text.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(|error| format!("could not be checked: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let first = complaint.lines().next().unwrap_or("no reason was given");
    let reason: String = first.trim_start_matches("bash: ").chars().take(COMPLAINT_CHARS_MAX).collect();
    Err(format!("is not valid bash: {reason}"))
}
