//! Live output of steps: to whoever watches, and whole (up to a limit) to the store when the step ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use allclear_core::RunId;
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
        if let Some(buffer) = kept.get_mut(&(run, step)) {
            let room = KEPT_BYTES_MAX.saturating_sub(buffer.len());
            if room > 0 {
                buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
                if bytes.len() > room {
                    buffer.extend_from_slice(CUT);
                }
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
