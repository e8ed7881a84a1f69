//! Live output of steps: to whoever watches, and whole (up to a limit) to the store when the step ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// What a step under way has written so far, until that is taken.
type Written = Arc<Mutex<Option<Spool>>>;

/// Output of everything that is being performed.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    store: Store,
    /// Each step has a lock of its own: on another thread nobody waits for one that writes to a slow disk.
    kept: Arc<Mutex<HashMap<(RunId, u32), Written>>>,
    live: broadcast::Sender<OutputChunk>,
}

impl Outputs {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, kept: Arc::default(), live: broadcast::Sender::new(WATCHERS_BEHIND_MAX) }
    }

    /// Begins to keep a step's output, for as long as it is held.
    pub(crate) fn keep(&self, run: RunId, step: u32) -> KeptOutput {
        let written = Arc::new(Mutex::new(Some(self.store.spool())));
        locked(&self.kept).insert((run, step), Arc::clone(&written));
        let live = self.live.clone();
        KeptOutput { outputs: self.clone(), sink: OutputSink { written, live, run, step } }
    }

    /// Output so far of a step under way, and everything that follows.
    pub(crate) fn watch(
        &self,
        run: RunId,
        step: u32,
    ) -> Result<(Vec<u8>, broadcast::Receiver<OutputChunk>), Unavailable> {
        let kept = locked(&self.kept);
        // Subscribed under the lock under which it is written, so that no chunk is missed or seen twice; where nothing
        // is written yet, before that can begin.
        let Some(written) = kept.get(&(run, step)).cloned() else { return Ok((Vec::new(), self.live.subscribe())) };
        drop(kept);
        let written = locked(&written);
        let live = self.live.subscribe();
        let bytes = written.as_ref().map_or(Ok(Vec::new()), Spool::bytes)?;
        Ok((bytes, live))
    }
}

/// The output of a step under way; it is given up with this.
#[derive(Debug)]
pub(crate) struct KeptOutput {
    outputs: Outputs,
    sink: OutputSink,
}

impl KeptOutput {
    /// Where it goes.
    pub(crate) fn sink(&self) -> OutputSink {
        self.sink.clone()
    }

    /// Ends it, and hands over what there is to keep.
    pub(crate) fn take(self) -> Option<Spool> {
        locked(&self.sink.written).take().filter(|spool| spool.length() > 0)
    }
}

impl Drop for KeptOutput {
    fn drop(&mut self) {
        let OutputSink { written, run, step, .. } = &self.sink;
        let mut kept = locked(&self.outputs.kept);
        if kept.get(&(*run, *step)).is_some_and(|latest| Arc::ptr_eq(latest, written)) {
            kept.remove(&(*run, *step));
        }
        drop(kept);
        // Whoever still holds the sink does not hold the file.
        drop(locked(written).take());
    }
}

/// Where a step's output goes.
#[derive(Debug, Clone)]
pub struct OutputSink {
    written: Written,
    live: broadcast::Sender<OutputChunk>,
    run: RunId,
    step: u32,
}

impl OutputSink {
    /// Takes the next bytes.
    pub fn write(&self, bytes: &[u8]) {
        let mut written = locked(&self.written);
        // A longer one says already that the rest was not kept.
        if let Some(spool) = written.as_mut().filter(|spool| spool.length() <= KEPT_BYTES_MAX) {
            let room = KEPT_BYTES_MAX - spool.length();
            spool.push(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                spool.push(CUT);
            }
        }
        if self.live.receiver_count() > 0 {
            // Whoever watched may have left just now, which is no error.
            let _ = self.live.send(OutputChunk { run: self.run, step: self.step, bytes: bytes.into() });
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            let output = outputs.keep(RunId(1), 1);
            let sink = output.sink();
            for _ in 0..=KEPT_BYTES_MAX / piece + 1 {
                sink.write(&vec![b'x'; piece]);
            }
            let written = outputs.watch(RunId(1), 1).unwrap().0;
            let digest = store.put_spool(&output.take().unwrap()).await.unwrap();
            let kept = store.get_blob(&digest).await.unwrap().unwrap();
            assert!(kept.ends_with(CUT) && kept.len() == KEPT_BYTES_MAX + CUT.len(), "{} bytes", kept.len());
            assert!(written == kept);
        }
    }

    #[tokio::test]
    async fn output_that_nobody_takes_is_given_up_with_its_step_and_never_another_attempts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::DataDir(folder.path().join("data"))).await.unwrap();
        let outputs = Outputs::new(store);
        let written = || outputs.watch(RunId(1), 1).unwrap().0;
        let first = outputs.keep(RunId(1), 1);
        let late = first.sink();
        let second = outputs.keep(RunId(1), 1);
        drop(first);
        late.write(b"late");
        second.sink().write(b"second");
        assert_eq!(written(), b"second");
        drop(second);
        assert_eq!(written(), b"");
        assert!(outputs.kept.lock().unwrap().is_empty());
    }
}
