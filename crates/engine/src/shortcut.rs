//! Saves snapshots of the world, so that the next start need not fold the whole log.
//!
//! Beside the loop, for a large world takes longer to write than a command should wait. A failure costs only time at the
//! next start, so it is logged and no more.

use std::sync::Arc;

use allclear_core::{WORLD_FORMAT, World};
use allclear_store::{Head, Snapshot, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

const EVERY_EVENTS: u64 = 10_000;
/// A storm of events must not be slowed down further by one snapshot after the other.
const APART: SignedDuration = SignedDuration::from_secs(10);

/// When the last snapshot was begun, and at what position.
#[derive(Debug)]
pub(crate) struct Shortcuts {
    store: Store,
    seq: u64,
    not_before: Timestamp,
    saving: Option<JoinHandle<()>>,
}

impl Shortcuts {
    /// After a start from a snapshot at `seq`, or from nothing at 0.
    pub(crate) fn since(seq: u64, store: Store) -> Self {
        Self { store, seq, not_before: Timestamp::MIN, saving: None }
    }

    /// Begins one where enough has happened since the last. `head` is the end of the log that `world` is the fold of.
    pub(crate) fn save_when_due(&mut self, world: &Arc<World>, head: Option<&Head>, now: Timestamp) {
        let enough = world.seq >= self.seq.saturating_add(EVERY_EVENTS) && now >= self.not_before;
        let busy = self.saving.as_ref().is_some_and(|saving| !saving.is_finished());
        if let (Some(head), true) = (head.filter(|head| head.seq == world.seq), enough && !busy) {
            self.seq = world.seq;
            self.not_before = now.saturating_add(APART).unwrap_or(Timestamp::MAX);
            self.saving = Some(tokio::spawn(save(self.store.clone(), Arc::clone(world), head.clone())));
        }
    }

    /// Waits for the one that is being saved, and saves the last one.
    pub(crate) async fn finish(self, world: &Arc<World>, head: Option<Head>) {
        if let Some(saving) = self.saving {
            let _ = saving.await;
        }
        if let Some(head) = head.filter(|head| head.seq == world.seq && world.seq > self.seq) {
            save(self.store, Arc::clone(world), head).await;
        }
    }
}

async fn save(store: Store, world: Arc<World>, head: Head) {
    let Ok(Ok(body)) = tokio::task::spawn_blocking(move || serde_json::to_vec(world.as_ref())).await else {
        return tracing::warn!("no snapshot: the world could not be written as JSON");
    };
    let snapshot = Snapshot { seq: head.seq, hash: head.hash, format: WORLD_FORMAT, body };
    if let Err(error) = store.save_snapshot(snapshot).await {
        tracing::warn!(%error, "the snapshot could not be saved");
    }
}
