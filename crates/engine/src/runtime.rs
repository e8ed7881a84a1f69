//! The threads that an engine runs on.

use std::thread;

use tokio::runtime::{Builder, Runtime};

/// A runtime with a thread fewer than there are cores, unless `TOKIO_WORKER_THREADS` says how many.
///
/// The core that is left is for the thread of SQLite and for what steps start. With a thread for it as well, each commit
/// wakes that one to share the answers, which costs more than it gains: see `docs/adr/0015-a-core-is-left-free.md`.
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        builder.worker_threads(cores.saturating_sub(1).max(1));
    }
    builder.enable_all().build()
}
