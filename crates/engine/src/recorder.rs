//! Keeps samples: in memory for whoever looks now, in the store for later. Never holds up the loop.

use std::sync::PoisonError;

use allclear_core::Sample;
use allclear_store::Store;
use tokio::sync::mpsc;

use crate::handle::LatestSamples;

/// Samples waiting to be stored; beyond it they are dropped and counted, for a measurement may never block a fact.
const WAITING_MAX: usize = 16_384;
const STORED_AT_ONCE_MAX: usize = 1_024;

/// Where samples go.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    latest: LatestSamples,
    to_store: mpsc::Sender<(String, Sample)>,
}

impl Recorder {
    /// Starts the task that stores samples; it ends when the last recorder is dropped.
    pub(crate) fn start(store: Store, latest: LatestSamples) -> (Self, tokio::task::JoinHandle<()>) {
        let (to_store, mut waiting) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(async move {
            let mut samples = Vec::new();
            while waiting.recv_many(&mut samples, STORED_AT_ONCE_MAX).await > 0 {
                if let Err(error) = store.record_samples(&samples).await {
                    tracing::warn!(%error, lost = samples.len(), "samples could not be stored");
                }
                samples.clear();
            }
        });
        (Self { latest, to_store }, task)
    }

    pub(crate) fn record(&self, check: &str, sample: Sample) {
        self.latest.write().unwrap_or_else(PoisonError::into_inner).insert(check.to_owned(), sample.clone());
        if self.to_store.try_send((check.to_owned(), sample)).is_err() {
            tracing::warn!(check, "a sample was dropped: the store is behind");
        }
    }
}
