//! Starts from the log: the newest snapshot, and every event after it.

use std::sync::Arc;

use allclear_core::{WORLD_FORMAT, World};
use allclear_store::{ReadError, Snapshot, Store, Unavailable};

/// How many events are read at a time.
pub(crate) const PAGE: u32 = 10_000;

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    /// The store does not answer.
    #[error("the store does not answer")]
    Unavailable(#[source] Unavailable),
}

/// The world as the log tells it.
pub(crate) async fn load(store: &Store) -> Result<World, StartError> {
    let snapshot = store.latest_snapshot(WORLD_FORMAT).await.map_err(StartError::Unavailable)?;
    // A snapshot is only a shortcut: one that cannot be read is passed over, and the log tells all.
    let mut world = snapshot.and_then(|it| serde_json::from_slice(&it.body).ok()).unwrap_or_default();
    catch_up(store, &mut world).await.map_err(StartError::Read)?;
    Ok(world)
}

/// Folds everything that was appended since.
async fn catch_up(store: &Store, world: &mut World) -> Result<(), ReadError> {
    loop {
        let page = store.read(world.seq, PAGE).await?;
        for recorded in &page {
            world.apply(recorded);
        }
        if page.len() < PAGE as usize {
            return Ok(());
        }
    }
}

/// Saves a shortcut for the next start. A failure costs only time then, so it is logged and no more.
pub(crate) async fn save_snapshot(store: &Store, world: Arc<World>) {
    let head = match store.head().await {
        Ok(head) if head.seq == world.seq => head,
        // Somebody else appended meanwhile: the next one will do.
        Ok(_) => return,
        Err(error) => return tracing::warn!(%error, "no snapshot: the log's head could not be read"),
    };
    let Ok(Ok(body)) = tokio::task::spawn_blocking(move || serde_json::to_vec(world.as_ref())).await else {
        return tracing::warn!("no snapshot: the world could not be written as JSON");
    };
    let snapshot = Snapshot { seq: head.seq, hash: head.hash, format: WORLD_FORMAT, body };
    if let Err(error) = store.save_snapshot(snapshot).await {
        tracing::warn!(%error, "the snapshot could not be saved");
    }
}
