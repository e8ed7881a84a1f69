//! One bash process and its process group.
//!
//! Standard input carries the commands, standard output the reports, standard error the output of both streams: see
//! `session.sh`. Commands themselves read from nowhere and have no terminal, so one that asks for a password fails.
//!
//! What a command starts stays in its process group as a rule; `Offspring` knows also what does not.
//!
//! Invariant: only this process holds its end of the reports' socket. When it dies, however it dies, the socket ends,
//! and the session's watcher kills the group: nothing of a step outlives whoever performs it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{ChildStderr, ChildStdin};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::State;
use super::ending::Ending;
use super::offspring::{MARKER, Offspring, now_ticks};
use super::report::Report;
use super::script::Script;
use crate::perform::{Cancellation, Environment, OutputSink};

/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// What the pipe of the output holds, where the system allows it: a command that writes fast is not held up by each read.
const PIPE_BYTES: usize = 1024 * 1024;
/// More than the pipe holds: enough to take everything that a command wrote before it ended.
const DRAIN_BYTES_MAX: usize = 2 * PIPE_BYTES;
/// How long processes have to leave when they are asked to.
pub(super) const GRACE: Duration = Duration::from_secs(3);
/// How long the kernel may take to remove what was killed.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(2);
/// How long the watcher is waited for; a process that left the group may hold its socket longer.
const WATCHER_LIMIT: Duration = Duration::from_millis(200);
/// How often a group is looked at while it leaves.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How often it is looked whether a session has too many processes.
const COUNT_EVERY: Duration = Duration::from_millis(200);
/// How often the control group is tried to be removed: what was killed may take a moment to go.
const LEAVE_TRIES_MAX: u32 = 5;

/// A running bash.
pub(super) struct Session {
    child: Box<dyn ChildWrapper>,
    group: Pid,
    commands: ChildStdin,
    /// Reports are read here; what is written tells the watcher to leave.
    control: UnixStream,
    output: ChildStderr,
    /// The report of the last command, whose end may still be on its way.
    reporting: Option<Report>,
    offspring: Arc<Offspring>,
    /// When the command under way began.
    since_ticks: Option<u64>,
    /// How many processes there were, where there were too many.
    overrun: Arc<OnceLock<String>>,
    counting: JoinHandle<()>,
}

/// Why bash could not be started, as the end of a sentence.
pub(super) fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "was not begun: there is no bash on the PATH of this machine".to_owned(),
        _ => format!("was not begun: bash could not be started: {error}"),
    }
}

impl Session {
    /// Starts bash, and brings it to the state that an earlier session was in.
    pub(super) async fn begin(
        environment: &Environment,
        state: &State,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Result<Self, String> {
        let mut session = Self::spawn(environment).map_err(|error| missing(&error))?;
        match session.run(&Script::beginning(state), sink, cancelled).await {
            Ending::Done { .. } => {
                session.reported(cancelled).await;
                Ok(session)
            }
            Ending::Cancelled => {
                session.terminate().await;
                Err("was not begun: the run was cancelled".to_owned())
            }
            Ending::Ended { .. } | Ending::Overrun { .. } | Ending::Garbled => {
                Err(state.directory.as_ref().map_or_else(
                    || "was not begun: bash ended at once".to_owned(),
                    |directory| format!("was not begun: the session's directory `{directory}` is gone"),
                ))
            }
        }
    }

    fn spawn(environment: &Environment) -> io::Result<Self> {
        // Closed on exec on both sides: no other process that is started gets our side.
        let (ours, theirs) = net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let control = UnixStream::from_std(ours)?;
        let marker = marker()?;
        let mut command = CommandWrap::with_new("bash", |command| {
            command
                .args(["--noprofile", "--norc"])
                .env_clear()
                .envs(&environment.variables)
                .env(MARKER, &marker)
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
        let (Some(group), (Some(commands), Some(output))) = (id, pipes) else {
            return Err(io::Error::other("the process ended while it was started"));
        };
        // A smaller pipe does as well, only slower.
        let _ = rustix::pipe::fcntl_setpipe_size(&output, PIPE_BYTES);
        // Bash still waits for its first command, so nothing was started yet.
        let offspring = Arc::new(Offspring::of(group, &marker));
        let overrun = Arc::default();
        let counting = tokio::spawn(count(Arc::clone(&offspring), Arc::clone(&overrun)));
        Ok(Self {
            child,
            group,
            commands,
            control,
            output,
            reporting: None,
            offspring,
            since_ticks: None,
            overrun,
            counting,
        })
    }

    /// The session, unless it was killed since its last command for having too many processes.
    pub(super) fn alive(self) -> Result<Self, String> {
        match self.overrun.get() {
            None => Ok(self),
            Some(processes) => Err(format!(
                "was not begun: the run's shell was killed after the command before, which had left too many processes \
                 behind ({processes})"
            )),
        }
    }

    /// Gives bash the text, and passes output on until bash reports or ends.
    pub(super) async fn run(
        &mut self,
        script: &Script,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Ending {
        self.exchange(script, Report::default(), sink, cancelled).await
    }

    /// The same for a script that captures something; and what that is.
    pub(super) async fn capture(
        &mut self,
        script: &Script,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> (Ending, Option<Vec<u8>>) {
        let ending = self.exchange(script, Report::of_capture(), sink, cancelled).await;
        let report = self.reported(cancelled).await;
        (ending, report.and_then(Report::captured))
    }

    /// All of the last command's report, once: bash goes on telling what it knows while somebody already works with the
    /// outcome.
    pub(super) async fn reported(&mut self, cancelled: &mut Cancellation) -> Option<Report> {
        let mut report = self.reporting.take()?;
        let mut message = vec![0; CHUNK_BYTES];
        while !report.is_complete() {
            tokio::select! {
                read = self.control.read(&mut message) => match read {
                    Ok(length) if length > 0 => report.push(&message[..length]),
                    _ => break,
                },
                _ = self.child.wait() => {
                    drain(&self.control, DRAIN_BYTES_MAX, |bytes| report.push(bytes));
                    break;
                }
                () = cancelled.wait() => break,
            }
        }
        Some(report)
    }

    async fn exchange(
        &mut self,
        script: &Script,
        mut report: Report,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Ending {
        self.since_ticks = Some(now_ticks());
        let status = tokio::select! {
            status = self.converse(script, sink, &mut report) => status,
            () = cancelled.wait() => return Ending::Cancelled,
        };
        if let Some(status) = status {
            let _ = kill_process_group(self.group, Signal::KILL);
            drain(&self.control, DRAIN_BYTES_MAX + CHUNK_BYTES, |bytes| report.push(bytes));
            self.pass_on_rest(sink, cancelled).await;
            self.since_ticks = None;
            return match self.overrun.get() {
                Some(processes) => Ending::Overrun { processes: processes.clone() },
                None => Ending::Ended { status, directory: report.directory(), script: report.script() },
            };
        }
        self.pass_on_rest(sink, cancelled).await;
        self.since_ticks = None;
        match report.exit_code() {
            Some(exit_code) => {
                let directory = report.directory();
                self.reporting = Some(report);
                Ending::Done { exit_code, directory }
            }
            None => {
                let _ = kill_process_group(self.group, Signal::KILL);
                Ending::Garbled
            }
        }
    }

    /// Ends with the status of bash where bash ended, without one where it reported.
    async fn converse(
        &mut self,
        script: &Script,
        sink: &mut OutputSink<'_>,
        report: &mut Report,
    ) -> Option<ExitStatus> {
        let Self { child, commands, control, output, .. } = self;
        let mut message = vec![0; 4 * 1024];
        let (mut writing, mut output_open, mut control_open) = (true, true, true);
        let write = commands.write_all(script.as_bytes());
        tokio::pin!(write);
        loop {
            tokio::select! {
                // A bash that does not read has ended, and its status says so.
                _ = &mut write, if writing => writing = false,
                read = sink.read(output, CHUNK_BYTES), if output_open => match read {
                    Ok(1..) => sink.send_read().await,
                    _ => output_open = false,
                },
                read = control.read(&mut message), if control_open => match read {
                    Ok(length) if length > 0 => {
                        report.push(&message[..length]);
                        if report.tells_of_an_end() && !report.is_the_last() {
                            return None;
                        }
                    }
                    _ => control_open = false,
                },
                status = child.wait() => return Some(status.unwrap_or_else(|_| ExitStatus::from_raw(1 << 8))),
            }
        }
    }

    /// Everything that was written before the report: bash wrote it first, so it is in the pipe.
    async fn pass_on_rest(&mut self, sink: &mut OutputSink<'_>, cancelled: &mut Cancellation) {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut taken = 0;
        while taken < DRAIN_BYTES_MAX {
            let length = read_now(&self.output, &mut chunk);
            if length == 0 {
                return;
            }
            taken += length;
            tokio::select! {
                () = sink.send(&chunk[..length]) => {}
                () = cancelled.wait() => return,
            }
        }
    }

    /// Asks everything that the command under way has started to leave, kills what does not, and waits until nothing of
    /// it is left.
    pub(super) async fn terminate(&mut self) {
        let Self { child, group, offspring, since_ticks, .. } = self;
        for (signal, limit) in [(Signal::TERM, GRACE), (Signal::KILL, KILL_LIMIT)] {
            let _ = kill_process_group(*group, signal);
            if let Some(since) = *since_ticks {
                offspring.signal_strays(signal, since);
            }
            let gone = async {
                let _ = child.wait().await;
                while test_kill_process_group(*group).is_ok() {
                    sleep(LOOK_EVERY).await;
                }
                let killing = signal == Signal::KILL;
                let left =
                    |since| if killing { offspring.signal_strays(signal, since) } else { offspring.has_strays(since) };
                while since_ticks.is_some_and(left) {
                    sleep(LOOK_EVERY).await;
                }
            };
            if timeout(limit, gone).await.is_ok() {
                break;
            }
        }
        self.since_ticks = None;
        self.dismiss_watcher();
        let mut rest = [0; 1024];
        let ended = async { while matches!(self.control.read(&mut rest).await, Ok(1..)) {} };
        let _ = timeout(WATCHER_LIMIT, ended).await;
        for _ in 0..LEAVE_TRIES_MAX {
            if self.offspring.leave() {
                break;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Without the word the watcher would kill the group, whose number may belong to somebody else by then.
    fn dismiss_watcher(&self) {
        // A watcher that was killed by a command reads no more.
        let _ = rustix::io::write(&self.control, b"\n");
    }

    /// Lets bash leave by itself, then makes sure that its group is gone.
    pub(super) async fn close(mut self) {
        let Self { child, commands, control, output, .. } = &mut self;
        let (mut chunk, mut message) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        let leave = async {
            // A bash that has gone already cannot be told to.
            let _ = commands.write_all(b"exit 0\n").await;
            loop {
                tokio::select! {
                    read = output.read(&mut chunk) => if !matches!(read, Ok(1..)) { break },
                    // It cannot leave before it has told what nobody needs any more.
                    read = control.read(&mut message) => if !matches!(read, Ok(1..)) { break },
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
        self.counting.abort();
        let _ = kill_process_group(self.group, Signal::KILL);
        if let Some(since) = self.since_ticks {
            self.offspring.signal_strays(Signal::KILL, since);
        }
        self.dismiss_watcher();
    }
}

/// A value that no other session has.
fn marker() -> io::Result<String> {
    let mut bytes = [0; 12];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("there is no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Kills a session that has far too many processes, again and again until somebody notices that it has ended.
async fn count(offspring: Arc<Offspring>, overrun: Arc<OnceLock<String>>) {
    loop {
        sleep(COUNT_EVERY).await;
        if let Some(processes) = offspring.excess() {
            overrun.get_or_init(|| processes);
            offspring.kill_all();
        }
    }
}

/// Reads what is there without waiting for more.
fn drain(pipe: &impl AsFd, limit: usize, mut take: impl FnMut(&[u8])) {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut taken = 0;
    while taken < limit {
        let length = read_now(pipe, &mut chunk);
        if length == 0 {
            return;
        }
        take(&chunk[..length]);
        taken += length;
    }
}

/// How much of the chunk could be filled without waiting; nothing where the pipe is empty or has ended.
fn read_now(pipe: &impl AsFd, chunk: &mut [u8]) -> usize {
    loop {
        match rustix::io::read(pipe, &mut *chunk) {
            Err(Errno::INTR) => {}
            read => return read.unwrap_or(0),
        }
    }
}
