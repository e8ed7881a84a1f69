//! One bash process and its process group.
//!
//! Standard input carries the commands, standard output the reports, standard error the output of both streams: see
//! `session.sh`. Commands themselves read from nowhere and have no terminal, so one that asks for a password fails.
//!
//! Invariant: only this process holds its end of the reports' socket. When it dies, however it dies, the socket ends,
//! and the session's watcher kills the group: nothing of a step outlives whoever performs it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{ChildStderr, ChildStdin};
use tokio::time::{sleep, timeout};

use super::report::{Report, Snapshot};
use crate::perform::{Cancellation, Environment, Failure, OutputSink};

/// The part of the session that is ours.
const PREAMBLE: &str = include_str!("session.sh");
/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// More than a pipe holds: enough to take everything that a command wrote before it ended.
const DRAIN_BYTES_MAX: usize = 1024 * 1024;
/// How long processes have to leave when they are asked to.
const GRACE: Duration = Duration::from_secs(3);
/// How long the kernel may take to remove what was killed.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// How long the watcher is waited for; a process that left the group may hold its socket longer.
const WATCHER_LIMIT: Duration = Duration::from_millis(200);
/// How often a group is looked at while it leaves.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A running bash.
pub(super) struct Session {
    child: Box<dyn ChildWrapper>,
    group: Pid,
    commands: ChildStdin,
    /// Reports are read here; what is written tells the watcher to leave.
    control: UnixStream,
    output: ChildStderr,
}

/// How a command ended.
pub(super) enum Ending {
    /// The command ended and the session goes on.
    Done { exit_code: i32, snapshot: Option<Snapshot> },
    /// The session ended with it.
    Ended { status: ExitStatus, snapshot: Option<Snapshot> },
    /// The command wrote on the channel of the reports, so that nothing it says is believed; the session was killed.
    Garbled,
    /// The run was cancelled.
    Cancelled,
}

/// The text that has bash perform a command in strict mode, and report.
pub(super) fn script(step: u32, command: &str) -> String {
    let command = quoted(command);
    format!("export ALLCLEAR_STEP={step}\nset -euo pipefail\neval {command} </dev/null\n{REPORT}")
}

const REPORT: &str = "{ __allclear_report done \"$?\"; } 2>/dev/null\n";

/// In single quotes, in which bash takes every character for itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Why bash could not be started, as the end of a sentence.
pub(super) fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "was not begun: there is no bash on the PATH of this machine".to_owned(),
        _ => format!("was not begun: bash could not be started: {error}"),
    }
}

impl Session {
    /// Starts bash, and restores what an earlier session knew.
    pub(super) async fn begin(
        environment: &Environment,
        snapshot: Option<&Snapshot>,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Result<Self, String> {
        let mut session = Self::spawn(environment).map_err(|error| missing(&error))?;
        let restore = snapshot.map_or_else(String::new, |snapshot| {
            let (directory, script) = (quoted(&snapshot.directory), quoted(&snapshot.script));
            format!("cd -- {directory} 2>/dev/null || exit 1\neval {script} >/dev/null 2>&1 || true\n")
        });
        match session.run(&format!("{PREAMBLE}\n{restore}{REPORT}"), sink, cancelled).await {
            Ending::Done { .. } => Ok(session),
            Ending::Cancelled => {
                session.terminate().await;
                Err("was not begun: the run was cancelled".to_owned())
            }
            Ending::Ended { .. } | Ending::Garbled => Err(snapshot.map_or_else(
                || "was not begun: bash ended at once".to_owned(),
                |snapshot| format!("was not begun: the session's directory `{}` is gone", snapshot.directory),
            )),
        }
    }

    fn spawn(environment: &Environment) -> io::Result<Self> {
        // Closed on exec on both sides: no other process that is started gets our side.
        let (ours, theirs) = net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let control = UnixStream::from_std(ours)?;
        let mut command = CommandWrap::with_new("bash", |command| {
            command
                .args(["--noprofile", "--norc"])
                .env_clear()
                .envs(&environment.variables)
                .stdin(Stdio::piped())
                .stdout(Stdio::from(OwnedFd::from(theirs)))
                .stderr(Stdio::piped())
                .kill_on_drop(true);
        });
        // A session of its own, so that there is no terminal to ask on; it is a process group as well.
        let child = command.wrap(ProcessSession).spawn()?;
        // The bare process: the wrapper's own wait would also wait for background jobs.
        let mut child = child.into_inner();
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pipes = (child.stdin().take(), child.stderr().take());
        match (id, pipes) {
            (Some(group), (Some(commands), Some(output))) => Ok(Self { child, group, commands, control, output }),
            _ => Err(io::Error::other("the process ended while it was started")),
        }
    }

    /// Gives bash the text, and passes output on until bash reports or ends.
    pub(super) async fn run(
        &mut self,
        text: &str,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Ending {
        let mut report = Report::default();
        let status = tokio::select! {
            status = self.converse(text, sink, &mut report) => status,
            () = cancelled.wait() => return Ending::Cancelled,
        };
        if let Some(status) = status {
            let _ = kill_process_group(self.group, Signal::KILL);
            drain(&self.control, DRAIN_BYTES_MAX + CHUNK_BYTES, |bytes| {
                report.push(bytes);
            });
            self.pass_on_rest(sink, cancelled).await;
            return Ending::Ended { status, snapshot: report.snapshot() };
        }
        self.pass_on_rest(sink, cancelled).await;
        match report.exit_code() {
            Some(exit_code) => Ending::Done { exit_code, snapshot: report.snapshot() },
            None => {
                let _ = kill_process_group(self.group, Signal::KILL);
                Ending::Garbled
            }
        }
    }

    /// Ends with the status of bash where bash ended, without one where it reported.
    async fn converse(&mut self, text: &str, sink: &mut OutputSink<'_>, report: &mut Report) -> Option<ExitStatus> {
        let Self { child, commands, control, output, .. } = self;
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut message = vec![0; 4 * 1024];
        let (mut writing, mut output_open, mut control_open) = (true, true, true);
        let write = commands.write_all(text.as_bytes());
        tokio::pin!(write);
        loop {
            tokio::select! {
                // A bash that does not read has ended, and its status says so.
                _ = &mut write, if writing => writing = false,
                read = output.read(&mut chunk), if output_open => match read {
                    Ok(length) if length > 0 => sink.send(&chunk[..length]).await,
                    _ => output_open = false,
                },
                read = control.read(&mut message), if control_open => match read {
                    Ok(length) if length > 0 => if report.push(&message[..length]) && !report.tells_of_the_end() { return None },
                    _ => control_open = false,
                },
                status = child.wait() => return Some(status.unwrap_or_else(|_| ExitStatus::from_raw(1 << 8))),
            }
        }
    }

    /// Everything that was written before the report: bash wrote it first, so it is in the pipe.
    async fn pass_on_rest(&mut self, sink: &mut OutputSink<'_>, cancelled: &mut Cancellation) {
        let mut rest = Vec::new();
        drain(&self.output, DRAIN_BYTES_MAX, |bytes| rest.extend_from_slice(bytes));
        tokio::select! {
            () = sink.send(&rest) => {}
            () = cancelled.wait() => {}
        }
    }

    /// Asks the whole group to leave, kills what does not, and waits until nothing is left of it.
    pub(super) async fn terminate(&mut self) {
        for (signal, limit) in [(Signal::TERM, GRACE), (Signal::KILL, KILL_LIMIT)] {
            let _ = kill_process_group(self.group, signal);
            let gone = async {
                let _ = self.child.wait().await;
                while test_kill_process_group(self.group).is_ok() {
                    sleep(LOOK_EVERY).await;
                }
            };
            if timeout(limit, gone).await.is_ok() {
                break;
            }
        }
        self.dismiss_watcher();
        let mut rest = [0; 1024];
        let ended = async { while matches!(self.control.read(&mut rest).await, Ok(1..)) {} };
        let _ = timeout(WATCHER_LIMIT, ended).await;
    }

    /// Without the word the watcher would kill the group, whose number may belong to somebody else by then.
    fn dismiss_watcher(&self) {
        // A watcher that was killed by a command reads no more.
        let _ = rustix::io::write(&self.control, b"\n");
    }

    /// Lets bash leave by itself, then makes sure that its group is gone.
    pub(super) async fn close(mut self) {
        let Self { child, commands, output, .. } = &mut self;
        let mut chunk = vec![0; CHUNK_BYTES];
        let leave = async {
            // A bash that has gone already cannot be told to.
            let _ = commands.write_all(b"exit 0\n").await;
            loop {
                tokio::select! {
                    read = output.read(&mut chunk) => if !matches!(read, Ok(1..)) { break },
                    _ = child.wait() => break,
                }
            }
        };
        let _ = timeout(GRACE, leave).await;
        self.terminate().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = kill_process_group(self.group, Signal::KILL);
        self.dismiss_watcher();
    }
}

impl Ending {
    /// What the session knows now, or the end of a sentence that began with the command's name.
    pub(super) fn into_result(self) -> Result<Option<Snapshot>, Failure> {
        let (exit_code, snapshot) = match self {
            Self::Cancelled => {
                return Err("was cancelled: everything that it had started was killed".to_owned().into());
            }
            Self::Garbled => {
                return Err("wrote on the channel by which bash reports, so what came of it is not known"
                    .to_owned()
                    .into());
            }
            Self::Done { exit_code, snapshot } => (exit_code, snapshot),
            Self::Ended { status, snapshot } => match (status.code(), status.signal()) {
                (Some(exit_code), _) => (exit_code, snapshot),
                (None, signal) => {
                    let signal = signal_name(signal.unwrap_or_default());
                    return Err(format!("ended with its shell, which was killed by {signal}").into());
                }
            },
        };
        match exit_code {
            0 => Ok(snapshot),
            _ => Err(Failure {
                exit_code: Some(exit_code),
                summary: format!("ended with exit code {exit_code}{}", meaning(exit_code)),
            }),
        }
    }
}

/// What bash means by an exit code.
fn meaning(exit_code: i32) -> String {
    match exit_code {
        126 => " (found, but not executable)".to_owned(),
        127 => " (command not found)".to_owned(),
        129..=192 => format!(" (killed by {})", signal_name(exit_code - 128)),
        _ => String::new(),
    }
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

/// Reads what is there without waiting for more.
fn drain(pipe: &impl AsFd, limit: usize, mut take: impl FnMut(&[u8])) {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut taken = 0;
    while taken < limit {
        match rustix::io::read(pipe, &mut chunk) {
            Ok(length) if length > 0 => {
                take(&chunk[..length]);
                taken += length;
            }
            Err(Errno::INTR) => {}
            _ => return,
        }
    }
}
