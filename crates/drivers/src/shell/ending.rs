//! How a command of a session ended, and what is said about it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::perform::Failure;

/// How a command ended.
pub(super) enum Ending {
    /// The command ended and the session goes on.
    Done { exit_code: i32, directory: Option<String> },
    /// The session ended with it.
    Ended { status: ExitStatus, directory: Option<String>, script: Option<String> },
    /// The session was killed, since it had this many processes.
    Overrun { processes: String },
    /// The command wrote on the channel of the reports, so that nothing it says is believed; the session was killed.
    Garbled,
    /// The run was cancelled.
    Cancelled,
}

/// What SIGPIPE means, and what to do about it.
const CUT_OFF: &str = "killed by SIGPIPE: something wrote on after what read from it had ended; let that read to the end, \
                       as `sed -n 1p` does and `head -1` does not, or make the pipeline a command of its own";

/// What a command that succeeded leaves behind.
pub(super) struct Left {
    /// Where the session stood, where that is text.
    pub(super) directory: Option<String>,
    pub(super) session: SessionLeft,
}

/// What is left of the session itself.
pub(super) enum SessionLeft {
    /// It goes on, and has yet to tell all that it knows.
    Alive,
    /// It has ended. What restores what it knew, unless that was too much.
    Ended { script: Option<String> },
}

impl Ending {
    /// What is left of the session, or the end of a sentence that began with the command's name. The end of
    /// the output tells which program bash did not find.
    pub(super) fn into_result(self, tail: &str) -> Result<Left, Failure> {
        let (exit_code, left) = match self {
            Self::Cancelled => {
                return Err("was cancelled: everything that it had started was killed".to_owned().into());
            }
            Self::Overrun { processes } => {
                return Err(format!(
                    "was stopped: it had too many processes at once ({processes}); everything that the run had started \
                     was killed"
                )
                .into());
            }
            Self::Garbled => {
                return Err("wrote on the channel by which bash reports, so what came of it is not known"
                    .to_owned()
                    .into());
            }
            Self::Done { exit_code, directory } => (exit_code, Left { directory, session: SessionLeft::Alive }),
            Self::Ended { status, directory, script } => match (status.code(), status.signal()) {
                (Some(exit_code), _) => (exit_code, Left { directory, session: SessionLeft::Ended { script } }),
                (None, signal) => {
                    let signal = signal_name(signal.unwrap_or_default());
                    return Err(format!("ended with its shell, which was killed by {signal}").into());
                }
            },
        };
        match exit_code {
            0 => Ok(left),
            _ => Err(Failure {
                exit_code: Some(exit_code),
                summary: format!("ended with exit code {exit_code}{}", meaning(exit_code, tail)),
            }),
        }
    }
}

/// What bash means by an exit code.
fn meaning(exit_code: i32, tail: &str) -> String {
    match exit_code {
        126 => " (found, but not executable)".to_owned(),
        127 => match not_found(tail) {
            Some(program) => format!(" (`{program}` was not found)"),
            None => " (command not found)".to_owned(),
        },
        141 => format!(" ({CUT_OFF})"),
        129..=192 => format!(" (killed by {})", signal_name(exit_code - 128)),
        _ => String::new(),
    }
}

/// The program that the last complaint of bash is about.
fn not_found(tail: &str) -> Option<&str> {
    let complaint = tail.lines().rev().find_map(|line| line.strip_suffix(": command not found"))?;
    complaint.rsplit(": ").next().filter(|program| !program.contains('`'))
}

fn signal_name(signal: i32) -> String {
    const NAMES: [(i32, &str); 8] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (6, "SIGABRT"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (15, "SIGTERM"),
    ];
    let name = NAMES.iter().find(|(number, _)| *number == signal);
    name.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
