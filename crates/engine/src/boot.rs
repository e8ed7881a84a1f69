//! Starts from the log: the newest snapshot, and every event after it.

use allclear_core::{WORLD_FORMAT, World};
use allclear_store::{ReadError, Store, Unavailable};

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

/// The world as the log tells it, and up to where a snapshot told it.
pub(crate) async fn load(store: &Store) -> Result<(World, u64), StartError> {
    let snapshot = store.latest_snapshot(WORLD_FORMAT).await.map_err(StartError::Unavailable)?;
    // A snapshot is only a shortcut: one that cannot be read is passed over, and the log tells all.
    let mut world: World = snapshot.and_then(|it| serde_json::from_slice(&it.body).ok()).unwrap_or_default();
    let snapshot_seq = world.seq;
    catch_up(store, &mut world).await.map_err(StartError::Read)?;
    Ok((world, snapshot_seq))
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
