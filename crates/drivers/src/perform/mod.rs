//! Performing the steps of a run: the commands of a step in order, each by the executor of its language.
//!
//! Invariants: nothing of a step is begun before every command of it was checked. Everything that leaves an executor,
//! its output and its sentences, passes the redactor, which knows every secret that the run was ever given. Only one
//! step of a run is performed at a time, and whatever it started ends with its cancellation or with its future.
//!
//! An executor is a module of its own with two functions, and a language here:
//!
//! 1. a variant of [`Language`] with the words that fences call it by;
//! 2. its arm in [`Language::check`]: what is wrong with a command before anything of its step is run, as the end of a
//!    sentence that began with the command's name; it must not touch the world;
//! 3. its arm in [`Language::perform`]: from a [`Task`], or several where [`Language::is_grouped`], on a [`Stage`] to a
//!    few words about what was done, or to a [`Failure`] of one of them. It stops at once when `stage.cancelled` is set,
//!    and may be dropped at any await;
//! 4. its arm in [`Language::capture`]: the bytes that a capture, which is written in the same language, finds.
//!
//! An executor that works with the run's shell calls [`crate::shell::run`]. A credential that commands do not find in
//! their environment is added to the secrets of [`Environment`] alone: what is not there is not redacted by value.

mod attempt;
mod cancellation;
mod captured;
mod environment;
mod language;
mod output;
mod programs;
mod sessions;
mod slot;
mod step;
mod wait;

use allclear_core::{CaptureEffect, PerformEffect, Plan, PlannedCommand, RunId, StepOutcome, Target};

pub use attempt::StateFound;
pub(crate) use cancellation::Cancellation;
pub(crate) use captured::Captured;
pub(crate) use environment::Environment;
pub(crate) use output::OutputSink;
pub use sessions::Sessions;

use crate::shell::Shell;
use crate::sql::Database;
use crate::trust::TrustStore;

/// What came of a step. The outcome names no digest of the output: whoever keeps the output knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// Whether every command succeeded.
    pub succeeded: bool,
    /// Exit code, one sentence, and duration.
    pub outcome: StepOutcome,
}

/// The run, its plan and its estate: what all commands of a step have in common.
pub(crate) struct Scope<'a> {
    pub(crate) run: RunId,
    pub(crate) step: u32,
    pub(crate) plan: &'a Plan,
    pub(crate) target: &'a Target,
    /// Where the shell stood after the latest step that succeeded, if anybody knows.
    pub(crate) directory: Option<&'a str>,
}

impl<'a> From<&'a PerformEffect> for Scope<'a> {
    fn from(effect: &'a PerformEffect) -> Self {
        let PerformEffect { run, step, plan, target, directory, .. } = effect;
        Self { run: *run, step: *step, plan, target, directory: directory.as_deref() }
    }
}

impl<'a> From<&'a CaptureEffect> for Scope<'a> {
    fn from(effect: &'a CaptureEffect) -> Self {
        let CaptureEffect { run, step, plan, target, directory, .. } = effect;
        Self { run: *run, step: *step, plan, target, directory: directory.as_deref() }
    }
}

/// One command to perform.
pub(crate) struct Task<'a> {
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) command: &'a PlannedCommand,
    /// Variables and secrets of the run, with their values.
    pub(crate) environment: &'a Environment,
    /// What was captured before the change that this command puts back.
    pub(crate) captured: &'a Captured,
}

/// What an executor works with.
pub(crate) struct Stage<'a> {
    /// The run's shell.
    pub(crate) shell: &'a mut Shell,
    /// The run's session with its database.
    pub(crate) database: &'a mut Database,
    /// Whom certificates are believed from.
    pub(crate) trust: &'a TrustStore,
    /// Where output goes; it is redacted there.
    pub(crate) sink: OutputSink<'a>,
    /// Set where the run was cancelled.
    pub(crate) cancelled: Cancellation,
}

/// Why a command did not succeed.
pub(crate) struct Failure {
    pub(crate) exit_code: Option<i32>,
    /// The end of a sentence that began with the command's name; the dispatcher redacts it.
    pub(crate) summary: String,
}

impl From<String> for Failure {
    fn from(summary: String) -> Self {
        Self { exit_code: None, summary }
    }
}
