//! The shell: performing the commands of a runbook's steps in one bash session per run.
//!
//! Invariants: commands reach bash on its standard input and secrets by environment, never in argv. Output is redacted
//! before it leaves this module, and streams through bounded buffers: whoever does not read it holds the command up.
//! A command that is not valid bash is found before the first command of its step runs. A session is a process group
//! of its own without a terminal; when it ends, however it ends, the group is killed.
//!
//! A command that fails ends its shell, since strict mode leaves it no other way. The next one then begins in a new
//! shell with the directory, options, variables and functions as they were after the last command that succeeded:
//! repeating a step starts from what the step started from. Background jobs, traps and open files do not survive that.
//! After a restart only the directory is known, from the log, and the output says that the variables are gone.

mod environment;
mod output;
mod report;
mod session;
mod syntax;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use allclear_core::{PerformEffect, PlannedCommand, PlannedStep, RunId, StepOutcome};
use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use crate::redact::Redactor;
use crate::secret::SecretText;
use environment::Environment;
use output::OutputSink;
use report::Snapshot;
use session::{Ending, Session};

/// What came of a step. The outcome names no digest of the output: whoever keeps the output knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// Whether every command succeeded.
    pub succeeded: bool,
    /// Exit code, one sentence, and duration.
    pub outcome: StepOutcome,
}

/// The shell sessions of all runs; at most one per run.
#[derive(Default)]
pub struct Sessions {
    places: Mutex<Places>,
}

/// Where sessions are, and which steps on their way must not begin.
#[derive(Default)]
struct Places {
    slots: HashMap<RunId, Arc<Slot>>,
    /// Runs that were cancelled while nothing was performed for them: the step that comes late, if one does, takes its
    /// run out again. Of more than [`CANCELLED_MAX`] the oldest go.
    cancelled: BTreeSet<RunId>,
}

/// How many cancelled runs are remembered: far more than can be on their way at once.
const CANCELLED_MAX: usize = 4096;

/// The place of one run's session.
struct Slot {
    cancelled: watch::Sender<bool>,
    state: tokio::sync::Mutex<SlotState>,
}

#[derive(Default)]
struct SlotState {
    session: Option<Session>,
    /// What the last command that succeeded left behind.
    snapshot: Option<Snapshot>,
    /// Every secret that the session has ever been given.
    secrets: Vec<(String, SecretText)>,
}

/// What the output says where a run goes on in another process than the one that began it.
const NEW_SHELL: &[u8] = b"[a new shell: variables of earlier steps are gone]\n";

/// Why a step did not succeed.
struct Failure {
    exit_code: Option<i32>,
    summary: String,
}

impl From<String> for Failure {
    fn from(summary: String) -> Self {
        Self { exit_code: None, summary }
    }
}

impl Sessions {
    /// No session yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Performs the commands of the step in order and stops at the first that fails. Output goes to the sink as it
    /// comes, redacted; where nobody receives it any more, it is dropped. Dropping the future kills the session.
    pub async fn perform(&self, effect: &PerformEffect, sink: &mpsc::Sender<Bytes>) -> Performed {
        let began = Instant::now();
        let (succeeded, exit_code, summary, directory) = match self.attempt(effect, sink).await {
            Ok((summary, directory)) => (true, Some(0), summary, directory),
            Err(failure) => (false, failure.exit_code, failure.summary, None),
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Performed { succeeded, outcome: StepOutcome { exit_code, summary, output: None, directory, duration_ms } }
    }

    /// Kills everything that runs for this run, and waits until it is gone. A step that is being performed ends as
    /// cancelled, and so does one that is still on its way here.
    pub async fn cancel(&self, run: RunId) {
        let Some(slot) = self.bar(run) else { return };
        slot.cancelled.send_replace(true);
        let session = slot.state.lock().await.session.take();
        if let Some(mut session) = session {
            session.terminate().await;
        }
    }

    /// Ends the session of a run that is over: bash leaves in its own way, running its exit trap; what is still there
    /// after that is killed. A step that is being performed is waited for.
    pub async fn close(&self, run: RunId) {
        let Some(slot) = self.take(run) else { return };
        let session = slot.state.lock().await.session.take();
        if let Some(session) = session {
            session.close().await;
        }
    }

    fn take(&self, run: RunId) -> Option<Arc<Slot>> {
        self.places().slots.remove(&run)
    }

    fn bar(&self, run: RunId) -> Option<Arc<Slot>> {
        let mut places = self.places();
        let slot = places.slots.remove(&run);
        // Whoever performs a step holds the slot as well, and sees there that it is cancelled.
        if slot.as_ref().is_none_or(|slot| Arc::strong_count(slot) == 1) {
            places.cancelled.insert(run);
        }
        if places.cancelled.len() > CANCELLED_MAX {
            places.cancelled.pop_first();
        }
        slot
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, run: RunId) -> Arc<Slot> {
        let slot = |cancelled| {
            Arc::new(Slot { cancelled: watch::Sender::new(cancelled), state: tokio::sync::Mutex::default() })
        };
        let mut places = self.places();
        if places.cancelled.remove(&run) {
            return slot(true);
        }
        Arc::clone(places.slots.entry(run).or_insert_with(|| slot(false)))
    }

    /// The sentence about what succeeded, and the directory it left the shell in.
    async fn attempt(
        &self,
        effect: &PerformEffect,
        sink: &mpsc::Sender<Bytes>,
    ) -> Result<(String, Option<String>), Failure> {
        let step = performable(effect)?;
        let environment = Environment::of(effect)?;
        let slot = self.slot(effect.run);
        let mut state = slot.state.lock().await;
        for secret in &environment.secrets {
            if !state.secrets.contains(secret) {
                state.secrets.push(secret.clone());
            }
        }
        let redactor = Redactor::new(state.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())));
        for ignored in redactor.ignored() {
            tracing::warn!(run = %effect.run, secret = %ignored.name, reason = %ignored.reason, "a secret is not redacted by value");
        }
        for (index, command) in step.commands.iter().enumerate() {
            let checked = syntax::check(&command.rendered, &environment).await;
            checked.map_err(|error| {
                format!("{} {}; nothing of this step was run", name(index, command), redactor.text(&error))
            })?;
        }
        let mut sink = OutputSink::new(sink, redactor.stream());
        let mut cancelled = slot.cancelled.subscribe();
        let mut result = Ok(());
        for (index, command) in step.commands.iter().enumerate() {
            result = state.run(effect, &command.rendered, &environment, &mut sink, &mut cancelled).await;
            if let Err(failure) = &mut result {
                failure.summary = format!("{} {}", name(index, command), redactor.text(&failure.summary));
                break;
            }
        }
        tokio::select! {
            biased;
            () = sink.finish() => {}
            _ = cancelled.wait_for(|cancelled| *cancelled) => {}
        }
        result?;
        let summary = match step.commands.len() {
            1 => "1 command succeeded".to_owned(),
            count => format!("{count} commands succeeded"),
        };
        // It goes into the log, where no secret may be.
        let directory = state.snapshot.as_ref().map(|snapshot| snapshot.directory.clone());
        Ok((summary, directory.filter(|directory| redactor.text(directory) == *directory)))
    }
}

impl SlotState {
    /// Runs one command in the session, which is begun where there is none. The session is out of its place while the
    /// command runs, so that it dies with the future.
    async fn run(
        &mut self,
        effect: &PerformEffect,
        text: &str,
        environment: &Environment,
        sink: &mut OutputSink<'_>,
        cancelled: &mut watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        if *cancelled.borrow() {
            return Err("was not begun: the run was cancelled".to_owned().into());
        }
        if let (None, None, Some(directory)) = (&self.session, &self.snapshot, &effect.directory) {
            self.snapshot = Some(Snapshot { directory: directory.clone(), script: String::new() });
            sink.send(NEW_SHELL).await;
        }
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::begin(environment, self.snapshot.as_ref(), sink, cancelled).await?,
        };
        let ending = session.run(&session::script(effect.step, text), sink, cancelled).await;
        if let Ending::Cancelled = ending {
            session.terminate().await;
        }
        match &ending {
            Ending::Done { .. } => self.session = Some(session),
            Ending::Ended { .. } | Ending::Garbled | Ending::Cancelled => drop(session),
        }
        let snapshot = ending.into_result()?;
        if snapshot.is_none() {
            tracing::warn!(run = %effect.run, step = effect.step, "the session's state is not kept: a failure would fall back to an older one");
        }
        self.snapshot = snapshot.or(self.snapshot.take());
        Ok(())
    }
}

/// The step, if everything in it can be performed here.
fn performable(effect: &PerformEffect) -> Result<&PlannedStep, String> {
    let step = effect.plan.step(effect.step).ok_or_else(|| format!("the plan has no step {}", effect.step))?;
    if step.commands.is_empty() {
        return Err("the step has no command: a person does it and confirms it".to_owned());
    }
    for (index, command) in step.commands.iter().enumerate() {
        if !matches!(command.language.as_str(), "bash" | "sh" | "shell" | "console") {
            let language = &command.language;
            return Err(format!(
                "{} is written in `{language}`, which is not performed here; nothing of this step was run",
                name(index, command)
            ));
        }
        if command.rendered.contains('\0') {
            return Err(format!("{} holds a NUL character; nothing of this step was run", name(index, command)));
        }
    }
    Ok(step)
}

fn name(index: usize, command: &PlannedCommand) -> String {
    format!("command {} (line {})", index + 1, command.line)
}
