//! Live output of steps: to whoever watches, and whole (up to a limit) to the store when the step ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use allclear_core::RunId;
use tokio::sync::broadcast;

/// Output beyond this is not kept; the end of what is kept says so.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most outputs are shorter.
const SHORT_BYTES: usize = 256 * 1024;
/// A longer one gets a place that it need not leave as it grows. Only what is written to is memory; and what is so large
/// the allocator gives back to the system when the step ends, where it would keep less for each of its threads.
const LONG_BYTES: usize = 33 * 1024 * 1024;
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
type Kept = HashMap<(RunId, u32), Vec<u8>>;

/// Output of everything that is being performed.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    kept: Arc<Mutex<Kept>>,
    live: broadcast::Sender<OutputChunk>,
}

impl Outputs {
    pub(crate) fn new() -> Self {
        Self { kept: Arc::default(), live: broadcast::Sender::new(WATCHERS_BEHIND_MAX) }
    }

    /// Where one step's output goes.
    pub(crate) fn sink(&self, run: RunId, step: u32) -> OutputSink {
        self.lock().insert((run, step), Vec::new());
        OutputSink { outputs: self.clone(), run, step }
    }

    /// Output so far of a step under way, and everything that follows.
    pub(crate) fn watch(&self, run: RunId, step: u32) -> (Vec<u8>, broadcast::Receiver<OutputChunk>) {
        // Subscribed under the lock, so that no chunk is missed or seen twice.
        let kept = self.lock();
        let live = self.live.subscribe();
        (kept.get(&(run, step)).cloned().unwrap_or_default(), live)
    }

    /// Ends a step's output and hands over what was kept.
    pub(crate) fn take(&self, run: RunId, step: u32) -> Vec<u8> {
        self.lock().remove(&(run, step)).unwrap_or_default()
    }

    fn push(&self, run: RunId, step: u32, bytes: &[u8]) {
        let mut kept = self.lock();
        // A longer one says already that the rest was not kept.
        if let Some(buffer) = kept.get_mut(&(run, step)).filter(|buffer| buffer.len() <= KEPT_BYTES_MAX) {
            let room = KEPT_BYTES_MAX - buffer.len();
            if buffer.len() + bytes.len() > SHORT_BYTES && buffer.capacity() < LONG_BYTES {
                buffer.reserve_exact(LONG_BYTES - buffer.len());
            }
            buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                buffer.extend_from_slice(CUT);
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
    use super::*;

    #[test]
    fn output_that_is_too_long_says_so_wherever_its_pieces_end() {
        for piece in [64 * 1024, 100_000] {
            let outputs = Outputs::new();
            let sink = outputs.sink(RunId(1), 1);
            for _ in 0..=KEPT_BYTES_MAX / piece + 1 {
                sink.write(&vec![b'x'; piece]);
            }
            let kept = outputs.take(RunId(1), 1);
            assert!(kept.ends_with(CUT) && kept.len() == KEPT_BYTES_MAX + CUT.len(), "{} bytes", kept.len());
        }
    }
}
