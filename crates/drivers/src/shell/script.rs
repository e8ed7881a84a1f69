//! What bash is given to perform: texts of ours around the texts of the runbook.
//!
//! Invariants: everything that is not ours stands in single quotes, in which bash takes every byte for itself. Commands
//! read from nowhere and run in strict mode. What was captured is set in plain variables that no program inherits, and
//! no snapshot of the session holds.

use std::collections::BTreeSet;

use super::State;
use super::report::CAPTURED_BYTES_MAX;

/// The part of the session that is ours.
const PREAMBLE: &str = include_str!("session.sh");

/// A text for bash; not always text in the sense of Unicode.
pub(super) struct Script(Vec<u8>);

impl Script {
    /// Begins a session, which goes on from the state that another one was in.
    pub(super) fn beginning(state: &State) -> Self {
        let go = state.directory.as_deref().map(|to| format!("builtin cd -- {} 2>/dev/null || exit 1\n", quoted(to)));
        let (go, script) = (go.unwrap_or_default(), quoted(&state.script));
        let restore = format!("{go}eval {script} >/dev/null 2>&1 || true\n");
        Self(format!("{PREAMBLE}\n{restore}{{ __allclear_report done 0; }} 2>/dev/null\n").into_bytes())
    }

    /// Performs a command, which finds what was captured in these variables. Where it is a pipeline with parts that stop
    /// reading early, in a subshell, which decides on its way out whether SIGPIPE was a failure; whatever a pipeline does
    /// to variables is lost with its own subshells anyway.
    pub(super) fn performing<'a>(
        step: u32,
        command: &str,
        early_readers: &BTreeSet<u32>,
        captured: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut text = entering(step).into_bytes();
        let mut names = String::new();
        for (name, value) in captured {
            // As `$(…)` has it: whoever made the undo did not reckon with line breaks at the end.
            let length = value.iter().rposition(|&byte| byte != b'\n').map_or(0, |last| last + 1);
            text.extend_from_slice(format!("set +a; unset -v {name}; {name}=").as_bytes());
            text.extend_from_slice(&quoted_bytes(&value[..length]));
            text.push(b'\n');
            names.push_str(&format!(" {name}"));
        }
        let evaluated = evaluated(command, early_readers);
        let rest = if names.is_empty() {
            format!("set -euo pipefail\n{evaluated} </dev/null\n{{ __allclear_report done \"$?\"; }} 2>/dev/null\n")
        } else {
            format!(
                "__allclear_captured='{names} '\nset -euo pipefail\n{evaluated} </dev/null\n\
                 {{ __allclear_report done \"$?\"; unset -v{names} __allclear_captured; }} 2>/dev/null\n"
            )
        };
        text.extend_from_slice(rest.as_bytes());
        Self(text)
    }

    /// Captures what a command writes on its standard output. It runs in a subshell, so that nothing of the session
    /// changes and the session survives its failure; in that directory where it is to run in another than the session's.
    pub(super) fn capturing(step: u32, directory: Option<&str>, command: &str) -> Self {
        let (command, limit, entering) = (quoted(command), CAPTURED_BYTES_MAX + 1, entering(step));
        let go = directory.map(|to| format!("builtin cd -- {}; ", quoted(to))).unwrap_or_default();
        let text = format!(
            "{entering}\
             set +euxv\n\
             ( set -euo pipefail; {go}eval {command} ) </dev/null \
             | command head -c {limit} | command base64 | command tr -d '\\n' >&\"$__allclear_control\"\n\
             __allclear_report_capture \"${{PIPESTATUS[@]}}\" 2>/dev/null\n"
        );
        Self(text.into_bytes())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The evaluation of a command.
fn evaluated(command: &str, early_readers: &BTreeSet<u32>) -> String {
    let command = quoted(command);
    if early_readers.is_empty() {
        return format!("eval {command}");
    }
    let places: Vec<String> = early_readers.iter().map(u32::to_string).collect();
    let leave = format!("{{ __allclear_leave \"{}\" \"$?\" \"${{PIPESTATUS[@]}}\"; }} 2>/dev/null", places.join(" "));
    format!("( trap {} EXIT; eval {command} )", quoted(&leave))
}

/// Says which step it is.
fn entering(step: u32) -> String {
    format!("{{ export ALLCLEAR_STEP={step}; }} 2>/dev/null\n")
}

/// In single quotes, in which bash takes every character for itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn quoted_bytes(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for (index, piece) in value.split(|&byte| byte == b'\'').enumerate() {
        if index > 0 {
            quoted.extend_from_slice(br"'\''");
        }
        quoted.extend_from_slice(piece);
    }
    quoted.push(b'\'');
    quoted
}
