//! Where the sessions of runs are kept, and which steps on their way must not begin.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allclear_core::RunId;
use tokio::sync::watch;

use super::{Environment, Scope};
use crate::kubernetes::Kubeconfig;
use crate::redact::Redactor;
use crate::secret::SecretText;
use crate::shell::Shell;
use crate::sql::Database;

/// How many cancelled runs are remembered: far more than can be on their way at once.
const CANCELLED_MAX: usize = 4096;

/// The slots of all runs; at most one per run.
#[derive(Default)]
pub(super) struct Slots {
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    slots: HashMap<RunId, Arc<Slot>>,
    /// Runs that were cancelled while nothing was performed for them: the step that comes late, if one does, takes its
    /// run out again. Of more than [`CANCELLED_MAX`] the oldest go.
    cancelled: BTreeSet<RunId>,
}

/// The place of one run's session.
pub(super) struct Slot {
    pub(super) cancelled: watch::Sender<bool>,
    pub(super) state: tokio::sync::Mutex<SlotState>,
}

/// What is remembered of a run between its steps.
#[derive(Default)]
pub(super) struct SlotState {
    pub(super) shell: Shell,
    pub(super) database: Database,
    /// What the clients of Kubernetes find in it.
    pub(super) kubeconfig: Kubeconfig,
    /// Every secret that the run has ever been given.
    secrets: Vec<(String, SecretText)>,
    /// What takes all of them out of a text; kept, since it is dear to make.
    redactor: Option<Redactor>,
}

impl Slots {
    /// The slot of a run whose step begins.
    pub(super) fn slot(&self, run: RunId) -> Arc<Slot> {
        let slot = |cancelled| {
            Arc::new(Slot { cancelled: watch::Sender::new(cancelled), state: tokio::sync::Mutex::default() })
        };
        let mut places = self.places();
        if places.cancelled.remove(&run) {
            return slot(true);
        }
        Arc::clone(places.slots.entry(run).or_insert_with(|| slot(false)))
    }

    /// Takes the slot out: the run is over.
    pub(super) fn take(&self, run: RunId) -> Option<Arc<Slot>> {
        self.places().slots.remove(&run)
    }

    /// Takes the slot out, and keeps a step that is still on its way from beginning.
    pub(super) fn bar(&self, run: RunId) -> Option<Arc<Slot>> {
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
}

impl SlotState {
    /// Takes note of what must not be shown; what takes it and all that came before out of a text.
    pub(super) fn redactor(&mut self, run: RunId, secrets: impl IntoIterator<Item = (String, SecretText)>) -> Redactor {
        for secret in secrets {
            if !self.secrets.contains(&secret) {
                self.secrets.push(secret);
                self.redactor = None;
            }
        }
        if let Some(redactor) = &self.redactor {
            return redactor.clone();
        }
        let redactor = Redactor::new(self.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())));
        for ignored in redactor.ignored() {
            tracing::warn!(%run, secret = %ignored.name, reason = %ignored.reason, "a secret is not redacted by value");
        }
        self.redactor.insert(redactor).clone()
    }

    /// Prepares the environment of a step: the run's own configuration of `kubectl` where the target names a cluster.
    pub(super) fn enter(&mut self, scope: &Scope<'_>, environment: &mut Environment) -> Result<(), String> {
        let Some(cluster) = &scope.target.kubernetes else { return Ok(()) };
        let entered = self.kubeconfig.enter(cluster, &mut environment.variables);
        entered.map_err(|error| format!("{error}; nothing of this step was run"))
    }
}
