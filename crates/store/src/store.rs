//! A handle on an open store, shared by its clones.

use std::sync::{Arc, Mutex, PoisonError};

use crate::database::Database;
use crate::lock::DirectoryLock;
use crate::outage::Unavailable;
use crate::tail::Tail;

/// The log and the measurements. Clones share one set of connections; the data directory is free again when the last
/// clone is dropped or [`Store::close`] has returned.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    log: Database,
    measurements: Database,
    tail: Tail,
    /// Dropped after the databases, so that nobody else opens files that are still ours.
    lock: Mutex<Option<DirectoryLock>>,
}

impl Store {
    pub(crate) async fn assemble(
        log: Database,
        measurements: Database,
        lock: Option<DirectoryLock>,
    ) -> Result<Self, Unavailable> {
        let tail = Tail::of(&log).await.map_err(Unavailable::because)?;
        let store = Self { inner: Arc::new(Inner { log, measurements, tail, lock: Mutex::new(lock) }) };
        store.tail().raise(store.end().await?);
        Ok(store)
    }

    /// Finishes what is being written, ends every connection, and frees the data directory. Clones are of no more use.
    pub async fn close(self) {
        self.inner.log.close().await;
        self.inner.measurements.close().await;
        self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn log(&self) -> &Database {
        &self.inner.log
    }

    pub(crate) fn measurements(&self) -> &Database {
        &self.inner.measurements
    }

    pub(crate) fn tail(&self) -> &Tail {
        &self.inner.tail
    }
}
