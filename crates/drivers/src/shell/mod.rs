//! The shell: performing commands of bash, all those of a run in one session.
//!
//! Invariants: commands reach bash on its standard input and secrets by environment, never in argv. Output streams
//! through bounded buffers: whoever does not read it holds the command up. A command that is not valid bash is found
//! before the first command of its step runs. A session is a process group of its own without a terminal; when it ends,
//! however it ends, the group is killed. A command that is cancelled takes along what left the group, too. A session
//! with far too many processes is killed.
//!
//! A command that fails ends its shell, since strict mode leaves it no other way. The next one then begins in a new
//! shell with the directory, options, variables and functions as they were after the last command that succeeded:
//! repeating a step starts from what the step started from. Background jobs, traps and open files do not survive that.
//! After a restart only the directory is known, from the log, and the output says that the variables are gone.

mod control_group;
mod ending;
mod offspring;
mod report;
mod session;
mod syntax;

use crate::perform::{Failure, Stage, Task};
use ending::Ending;
use report::Snapshot;
use session::Session;

/// What the output says where a run goes on in another process than the one that began it.
const NEW_SHELL: &[u8] = b"[a new shell: variables of earlier steps are gone]\n";

/// The shell of a run.
#[derive(Default)]
pub(crate) struct Shell {
    session: Option<Session>,
    /// What the last command that succeeded left behind.
    snapshot: Option<Snapshot>,
}

impl Shell {
    /// The directory that the last command that succeeded left the shell in.
    pub(crate) fn directory(&self) -> Option<&str> {
        self.snapshot.as_ref().map(|snapshot| snapshot.directory.as_str())
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

/// What is wrong with the command, as bash itself sees it.
pub(crate) async fn check(task: &Task<'_>) -> Result<(), String> {
    syntax::check(&task.command.rendered, task.environment).await
}

/// Runs a text in the run's session, which is begun where there is none. The session is out of its place while the text
/// runs, so that it dies with the future.
pub(crate) async fn run(text: &str, task: &Task<'_>, stage: &mut Stage<'_>) -> Result<(), Failure> {
    if stage.cancelled.is_set() {
        return Err("was not begun: the run was cancelled".to_owned().into());
    }
    let (shell, scope) = (&mut *stage.shell, task.scope);
    if let (None, None, Some(directory)) = (&shell.session, &shell.snapshot, scope.directory) {
        shell.snapshot = Some(Snapshot { directory: directory.to_owned(), script: String::new() });
        stage.sink.send(NEW_SHELL).await;
    }
    let (sink, cancelled) = (&mut stage.sink, &mut stage.cancelled);
    let mut session = match shell.session.take() {
        Some(session) => session.alive()?,
        None => Session::begin(task.environment, shell.snapshot.as_ref(), sink, cancelled).await?,
    };
    let ending = session.run(&session::script(scope.step, text), sink, cancelled).await;
    if let Ending::Cancelled = ending {
        session.terminate().await;
    }
    match &ending {
        Ending::Done { .. } => shell.session = Some(session),
        Ending::Ended { .. } | Ending::Overrun { .. } | Ending::Garbled | Ending::Cancelled => drop(session),
    }
    let tail = stage.sink.tail();
    let snapshot = ending.into_result(&tail)?;
    if snapshot.is_none() {
        tracing::warn!(run = %scope.run, step = scope.step, "the session's state is not kept: a failure would fall back to an older one");
    }
    shell.snapshot = snapshot.or(shell.snapshot.take());
    Ok(())
}
