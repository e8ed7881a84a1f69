//! Follows the log from any position, for streams.
//!
//! Invariant: every event is seen once and in order, also when the reader is slow, when another replica appended it, or
//! when the future was dropped half-way: the position moves only with what is handed out. The end of the engine is the
//! end of the stream.

use std::collections::VecDeque;
use std::sync::Arc;

use allclear_core::{Recorded, Seq, World};
use allclear_store::{ReadError, Store};
use tokio::sync::watch;

use crate::site::Site;

const PAGE: u32 = 500;

#[derive(Debug)]
pub(crate) struct LogFollower {
    store: Store,
    world: watch::Receiver<Arc<World>>,
    last: Seq,
    waiting: VecDeque<Recorded>,
}

impl LogFollower {
    /// Follows everything after this position.
    pub(crate) fn after(site: &Site, last: Seq) -> Self {
        Self { store: site.store().clone(), world: site.engine.watch(), last, waiting: VecDeque::new() }
    }

    /// The next event; `None` when the engine has stopped.
    pub(crate) async fn next(&mut self) -> Result<Option<Recorded>, ReadError> {
        loop {
            if let Some(recorded) = self.waiting.pop_front() {
                self.last = recorded.seq;
                return Ok(Some(recorded));
            }
            let head = self.world.borrow_and_update().seq;
            if head > self.last {
                self.waiting = self.store.read(self.last, PAGE).await?.into();
            } else if self.world.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}
