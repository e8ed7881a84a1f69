//! Live output of steps: to whoever watches, and whole (up to a limit) to the store when the step ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use allclear_core::RunId;
use allclear_store::{Spool, Store, Unavailable};
use tokio::sync::broadcast;

/// Output beyond this is not kept; the end of what is kept says so.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
const CUT: &[u8] = b"\n[output beyond 16 MiB was not kept]\n";
/// Pieces are up to 64 KiB long, and wait in memory for the slowest watcher; one that falls behind is told the rest later.
const WATCHERS_BEHIND_MAX: usize = 128;

/// A piece of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputChunk {
    /// The run.
    pub run: RunId,
    /// Number of the step.
    pub step: u32,
    /// The bytes, as the command wrote them.
    pub bytes: Arc<[u8]>,
}

/// What each step under way has written so far.
type Kept = HashMap<(RunId, u32), Spool>;

/// Output of everything that is being performed.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    store: Store,
    kept: Arc<Mutex<Kept>>,
    live: broadcast::Sender<OutputChunk>,
}

impl Outputs {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, kept: Arc::default(), live: broadcast::Sender::new(WATCHERS_BEHIND_MAX) }
    }

    /// Where one step's output goes.
    pub(crate) fn sink(&self, run: RunId, step: u32) -> OutputSink {
        self.lock().insert((run, step), self.store.spool());
        OutputSink { outputs: self.clone(), run, step }
    }

    /// Output so far of a step under way, and everything that follows.
    pub(crate) fn watch(
        &self,
        run: RunId,
        step: u32,
    ) -> Result<(Vec<u8>, broadcast::Receiver<OutputChunk>), Unavailable> {
        // Subscribed under the lock, so that no chunk is missed or seen twice.
        let kept = self.lock();
        let live = self.live.subscribe();
        let written = kept.get(&(run, step)).map_or(Ok(Vec::new()), Spool::bytes)?;
        Ok((written, live))
    }

    /// Ends a step's output and hands over what there is to keep.
    pub(crate) fn take(&self, run: RunId, step: u32) -> Option<Spool> {
        self.lock().remove(&(run, step)).filter(|spool| spool.length() > 0)
    }

    fn push(&self, run: RunId, step: u32, bytes: &[u8]) {
        let mut kept = self.lock();
        // A longer one says already that the rest was not kept.
        if let Some(spool) = kept.get_mut(&(run, step)).filter(|spool| spool.length() <= KEPT_BYTES_MAX) {
            let room = KEPT_BYTES_MAX - spool.length();
            spool.push(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                spool.push(CUT);
            }
        }
        if self.live.receiver_count() > 0 {
            // Whoever watched may have left just now, which is no error.
            let _ = self.live.send(OutputChunk { run, step, bytes: bytes.into() });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a step's output goes.
#[derive(Debug, Clone)]
pub struct OutputSink {
    outputs: Outputs,
    run: RunId,
    step: u32,
}

impl OutputSink {
    /// Takes the next bytes.
    pub fn write(&self, bytes: &[u8]) {
        self.outputs.push(self.run, self.step, bytes);
    }
}

#[cfg(test)]
mod tests {
    use allclear_store::Location;

    use super::*;

    #[tokio::test]
    async fn output_that_is_too_long_says_so_wherever_its_pieces_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::DataDir(folder.path().join("data"))).await.unwrap();
        for piece in [64 * 1024, 100_000] {
            let outputs = Outputs::new(store.clone());
            let sink = outputs.sink(RunId(1), 1);
            for _ in 0..=KEPT_BYTES_MAX / piece + 1 {
                sink.write(&vec![b'x'; piece]);
            }
            let written = outputs.watch(RunId(1), 1).unwrap().0;
            let digest = store.put_spool(&outputs.take(RunId(1), 1).unwrap()).await.unwrap();
            let kept = store.get_blob(&digest).await.unwrap().unwrap();
            assert!(kept.ends_with(CUT) && kept.len() == KEPT_BYTES_MAX + CUT.len(), "{} bytes", kept.len());
            assert!(written == kept);
        }
    }
}
