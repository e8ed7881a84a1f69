//! Records what is before a command while its step is being performed.
//!
//! Invariant: whoever is told that it is recorded finds it there after a crash: the sealed bytes in the store, their
//! digests in the log.

use std::collections::BTreeMap;

use allclear_core::{CaptureResult, Command, RunId};
use allclear_store::Store;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::performing::Outcome;
use crate::sealed;

/// Where one attempt at a step records what is before its later commands.
#[derive(Debug, Clone)]
pub struct StateRecorder {
    pub(crate) store: Store,
    pub(crate) outcomes: mpsc::UnboundedSender<Outcome>,
    pub(crate) run: RunId,
    pub(crate) step: u32,
    pub(crate) attempt: u32,
}

impl StateRecorder {
    /// Records what was found, by `<index of the command>/<variable>`, or why nothing was.
    ///
    /// # Errors
    /// One sentence: the command that it precedes must not be performed.
    pub async fn record(&self, found: Result<BTreeMap<String, Bytes>, String>) -> Result<(), String> {
        let kept = match found {
            Ok(sealed) => sealed::keep(&self.store, sealed).await,
            Err(summary) => Err(summary),
        };
        let result = match kept.clone() {
            Ok(captured) => CaptureResult::Captured { captured },
            Err(summary) => CaptureResult::Failed { summary },
        };
        let Self { run, step, attempt, .. } = *self;
        let (told, answer) = oneshot::channel();
        let command = Command::ReportCapture { run, step, attempt, result };
        // Nobody listens any more when the engine has stopped: then there is no answer either.
        let _ = self.outcomes.send(Outcome { effect: None, command, told: Some(told) });
        let recorded = answer.await == Ok(true);
        kept?;
        if recorded { Ok(()) } else { Err("the run is over, or somebody else has taken it over".to_owned()) }
    }
}
