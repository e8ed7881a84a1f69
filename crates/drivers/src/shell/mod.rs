//! The shell: performing commands of bash, all those of a run in one session.
//!
//! Invariants: commands reach bash on its standard input and secrets by environment, never in argv. Output streams
//! through bounded buffers: whoever does not read it holds the command up. A command that is not valid bash is found
//! before the first command of its step runs. A session is a process group of its own without a terminal; when it ends,
//! however it ends, the group is killed. A command that is cancelled takes along what left the group, too. A session
//! with far too many processes is killed.
//!
//! A command that fails ends its shell. The next one begins in a new shell with the directory, options, variables and
//! functions as they were after the last command that succeeded; another attempt at a step, and another try of one that
//! waits, with those that the first one found. Background jobs, traps and open files do not survive a new shell. After a
//! restart only the directory is known, from the log, and the output says that the variables are gone.

mod control_group;
mod ending;
mod leftover;
mod offspring;
mod report;
mod script;
mod session;
mod syntax;

use std::sync::Arc;

use crate::perform::{Cancellation, Failure, Scope, Stage, Task};
use ending::{Ending, SessionLeft};
pub(crate) use leftover::Performer;
use report::CAPTURED_BYTES_MAX;
use script::Script;
use session::Session;

/// What the output says where a run goes on in another process than the one that began it.
const NEW_SHELL: &[u8] = b"[a new shell: variables of earlier steps are gone]\n";

/// How much of a complaint goes into a sentence.
const COMPLAINT_CHARS_MAX: usize = 300;

/// The shell of a run.
#[derive(Default)]
pub(crate) struct Shell {
    session: Option<Session>,
    /// As of the last command that succeeded, but that the session may have yet to tell the script.
    state: State,
    /// The step that has begun and not succeeded.
    beginning: Option<Beginning>,
    /// Whether variables of earlier steps are gone and the output has yet to say so.
    is_new: bool,
}

/// What a new session is brought to.
#[derive(Default, Clone)]
struct State {
    /// Where it stands; `None` where Allclear itself does.
    directory: Option<String>,
    /// Restores everything else.
    script: Arc<str>,
}

/// How a step found the shell.
struct Beginning {
    step: u32,
    state: State,
    /// Whether a command was begun since.
    has_acted: bool,
}

impl Shell {
    /// The directory that the last command that succeeded left the shell in.
    pub(crate) fn directory(&self) -> Option<&str> {
        self.state.directory.as_deref()
    }

    /// The step has succeeded: the next one goes on from there.
    pub(crate) fn succeed(&mut self) {
        self.beginning = None;
    }

    /// Where what is before a command is looked at, if the shell stands elsewhere: where the latest step that succeeded
    /// left it, since an undo goes there, or where this one began.
    fn elsewhere(&self, scope: &Scope<'_>) -> Option<String> {
        let began = &self.beginning.as_ref()?.state.directory;
        let own = || std::env::current_dir().ok()?.into_os_string().into_string().ok();
        let to = scope.directory.map(str::to_owned).or_else(|| began.clone());
        if to == self.state.directory { None } else { to.or_else(own) }
    }

    /// Keeps what a new session would go on from.
    fn keep(&mut self, script: Option<String>, scope: &Scope<'_>) {
        match script {
            Some(script) => self.state.script = script.into(),
            None => {
                tracing::warn!(run = %scope.run, step = scope.step, "the session's state is not kept: a failure would fall back to an older one");
            }
        }
    }

    /// Takes the session out of its place once it has told what it knows.
    async fn take(&mut self, scope: &Scope<'_>, cancelled: &mut Cancellation) -> Option<Session> {
        let mut session = self.session.take()?;
        let report = session.reported(cancelled).await;
        if let Some(report) = report.filter(|report| report.exit_code() == Some(0)) {
            self.keep(report.script(), scope);
        }
        Some(session)
    }

    /// Begins the step; whether the session is not in the state that the step is to find.
    fn turn_to(&mut self, step: u32) -> bool {
        let again = self.beginning.take().filter(|beginning| beginning.step == step);
        let is_stale = again.as_ref().is_some_and(|beginning| beginning.has_acted);
        if let Some(beginning) = again {
            self.state = beginning.state;
        }
        self.beginning = Some(Beginning { step, state: self.state.clone(), has_acted: false });
        is_stale
    }

    /// Kills everything that runs in it, and waits until it is gone.
    pub(crate) async fn terminate(&mut self) {
        if let Some(mut session) = self.session.take() {
            session.terminate().await;
        }
    }

    /// Lets bash leave in its own way, and kills what is still there after that.
    pub(crate) async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

/// Has the shell be as the step is to find it: before each attempt and each try, and before what is before it is looked
/// at. Nothing happens where it is so already.
pub(crate) async fn begin(scope: &Scope<'_>, stage: &mut Stage<'_>) {
    let shell = &mut *stage.shell;
    if let (None, None, Some(directory)) = (&shell.session, &shell.state.directory, scope.directory) {
        shell.state.directory = Some(directory.to_owned());
        shell.is_new = true;
    }
    let session = shell.take(scope, &mut stage.cancelled).await;
    let is_stale = shell.turn_to(scope.step);
    match session {
        Some(session) if is_stale => session.close().await,
        session => shell.session = session,
    }
}

/// What is wrong with the command, as bash itself sees it. A process for that costs as much as many a command: the first
/// command of a step does without where it is one line, of which bash performs nothing before it has understood it all.
pub(crate) async fn check(task: &Task<'_>, is_first: bool) -> Result<(), String> {
    if let Some((variable, _)) = task.captured.iter().find(|(_, value)| value.contains(&0)) {
        return Err(format!(
            "needs `{variable}`, which was recorded with NUL bytes, and no variable of a shell holds those"
        ));
    }
    if is_first && syntax::is_one_line(&task.command.rendered) {
        return Ok(());
    }
    syntax::check(&task.command.rendered, task.environment).await
}

/// Runs a text in the run's session, which is begun where there is none. The session is out of its place while the text
/// runs, so that it dies with the future.
pub(crate) async fn run(text: &str, task: &Task<'_>, stage: &mut Stage<'_>) -> Result<(), Failure> {
    let mut session = session(task, stage).await?;
    let (shell, scope) = (&mut *stage.shell, task.scope);
    if let Some(beginning) = &mut shell.beginning {
        beginning.has_acted = true;
    }
    if std::mem::take(&mut shell.is_new) {
        stage.sink.send(NEW_SHELL).await;
    }
    let script = Script::performing(scope.step, text, &task.command.early_readers, task.captured.iter());
    let ending = session.run(&script, &mut stage.sink, &mut stage.cancelled).await;
    match &ending {
        Ending::Done { exit_code: 0, .. } => shell.session = Some(session),
        // Not in strict mode any more, or it would have left.
        Ending::Done { .. } => session.close().await,
        Ending::Cancelled => session.terminate().await,
        Ending::Ended { .. } | Ending::Overrun { .. } | Ending::Garbled => drop(session),
    }
    let tail = stage.sink.tail();
    match ending.into_result(&tail) {
        Ok(left) => {
            shell.state.directory = left.directory.or(shell.state.directory.take());
            if let SessionLeft::Ended { script } = left.session {
                shell.keep(script, scope);
            }
        }
        Err(failure) if failure.exit_code == Some(syntax::EXIT_CODE) && syntax::is_one_line(text) => {
            let mistake = syntax::check(text, task.environment).await.err();
            return Err(mistake.map_or(failure, |mistake| format!("{mistake}; nothing of it was run").into()));
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Captures what the text writes on its standard output, in the run's session, of which nothing changes. What it
/// complains about goes into the sentence about its failure and nowhere else.
pub(crate) async fn capture(text: &str, task: &Task<'_>, stage: &mut Stage<'_>) -> Result<Vec<u8>, Failure> {
    let mut session = session(task, stage).await?;
    let script = Script::capturing(task.scope.step, stage.shell.elsewhere(task.scope).as_deref(), text);
    let (ending, captured) = session.capture(&script, &mut stage.sink, &mut stage.cancelled).await;
    if let Ending::Cancelled = ending {
        session.terminate().await;
    }
    let goes_on = matches!(ending, Ending::Done { .. });
    if goes_on {
        stage.shell.session = Some(session);
    }
    if captured.as_ref().is_some_and(|captured| captured.len() > CAPTURED_BYTES_MAX) {
        return Err(format!("holds more than {} MB", CAPTURED_BYTES_MAX / 1024 / 1024).into());
    }
    let tail = stage.sink.tail();
    ending.into_result(&tail).map_err(|failure| {
        let complaint = tail.lines().rev().find(|line| !line.trim().is_empty());
        let complaint: String = complaint.unwrap_or_default().chars().take(COMPLAINT_CHARS_MAX).collect();
        let separator = if complaint.is_empty() { "" } else { ": " };
        Failure { summary: format!("{}{separator}{complaint}", failure.summary), ..failure }
    })?;
    captured.ok_or_else(|| "ended before all of it was written".to_owned().into())
}

/// The run's session out of its place; begun where there is none.
async fn session(task: &Task<'_>, stage: &mut Stage<'_>) -> Result<Session, Failure> {
    if stage.cancelled.is_set() {
        return Err("was not begun: the run was cancelled".to_owned().into());
    }
    let shell = &mut *stage.shell;
    match shell.take(task.scope, &mut stage.cancelled).await {
        Some(session) => Ok(session.alive()?),
        None => Ok(Session::begin(task.environment, &shell.state, &mut stage.sink, &mut stage.cancelled).await?),
    }
}
