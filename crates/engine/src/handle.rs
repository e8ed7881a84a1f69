//! The way in: submit a command, look at the world, follow what happens.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use allclear_core::{Actor, Command, Recorded, Refusal, RunId, Sample, World};
use allclear_store::{Store, Unavailable};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::output::{OutputChunk, Outputs};

/// The latest sample of each check.
pub(crate) type LatestSamples = Arc<RwLock<HashMap<String, Sample>>>;

/// A handle on a running engine; cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) world: watch::Receiver<Arc<World>>,
    pub(crate) tail: broadcast::Sender<Recorded>,
    pub(crate) samples: LatestSamples,
    pub(crate) outputs: Outputs,
    pub(crate) store: Store,
    pub(crate) stop: Arc<watch::Sender<bool>>,
}

/// A command on its way to the loop.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) actor: Actor,
    pub(crate) reply: oneshot::Sender<Result<Accepted, SubmitError>>,
}

/// A command that was accepted and is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// What it appended; empty where there was nothing to change.
    pub events: Vec<Recorded>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The decision was no; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log could not be written; nothing was changed.
    #[error("nothing was changed, because the log cannot be written: {reason}")]
    Unavailable {
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// The engine has stopped.
    #[error("the engine has stopped: start `allclear up` again")]
    Stopped,
}

impl Handle {
    /// Submits a command; answers when its events are on disk.
    ///
    /// # Errors
    /// See [`SubmitError`]; in every case nothing was changed.
    pub async fn submit(&self, command: Command, actor: Actor) -> Result<Accepted, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { command, actor, reply };
        self.requests.send(request).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| SubmitError::Stopped)?
    }

    /// The world as it is on disk.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.borrow())
    }

    /// The world and every change of it; intermediate states may be skipped.
    pub fn watch(&self) -> watch::Receiver<Arc<World>> {
        self.world.clone()
    }

    /// Every event from now on, once it is on disk. A follower that falls far behind is told so by the channel.
    pub fn tail(&self) -> broadcast::Receiver<Recorded> {
        self.tail.subscribe()
    }

    /// The latest sample of a check.
    pub fn latest_sample(&self, check: &str) -> Option<Sample> {
        self.samples.read().unwrap_or_else(PoisonError::into_inner).get(check).cloned()
    }

    /// Output so far of a step under way, and everything that follows (of all steps: look at the chunk's run and step).
    ///
    /// # Errors
    /// What has been written so far cannot be read.
    pub fn output(&self, run: RunId, step: u32) -> Result<(Vec<u8>, broadcast::Receiver<OutputChunk>), Unavailable> {
        self.outputs.watch(run, step)
    }

    /// The log and the measurements, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Asks the engine to stop; [`crate::Engine::stopped`] tells when it has.
    pub fn stop(&self) {
        let _ = self.stop.send(true);
    }
}
