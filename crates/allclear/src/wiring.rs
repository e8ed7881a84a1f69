//! The one match from effect to driver.

use std::collections::BTreeMap;
use std::path::Path;

use allclear_core::{CaptureEffect, DeliverEffect, DeliveryResult, PerformEffect, Probe, ProbeEffect, RunId, Sample};
use allclear_drivers::{CaptureKey, Notifier, Sessions, StateFound, TrustStore, probe_http};
use allclear_engine::{Drivers, OutputSink, Performed, StateRecorder};
use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

/// Pieces of output that may wait between the shell and whoever keeps them: a full queue slows the command down.
const OUTPUT_WAITING_MAX: usize = 4;

/// The real drivers.
pub(crate) struct Wiring {
    trust: TrustStore,
    notifier: Notifier,
    sessions: Sessions,
}

impl Wiring {
    /// Drivers that trust what this machine trusts, and keep their key in that directory.
    pub(crate) fn new(data_directory: &Path) -> anyhow::Result<Self> {
        let trust = TrustStore::native();
        let notifier = Notifier::new(&trust).context("messages cannot be sent from here")?;
        let sessions = Sessions::with_key(CaptureKey::of(data_directory)).trusting(trust.clone());
        Ok(Self { trust, notifier, sessions })
    }
}

impl Drivers for Wiring {
    async fn probe(&self, effect: ProbeEffect, at: Timestamp) -> Sample {
        match effect.probe {
            Probe::Http(http) => probe_http(&http, at, &self.trust).await,
        }
    }

    async fn deliver(&self, effect: DeliverEffect, at: Timestamp) -> DeliveryResult {
        self.notifier.deliver(&effect, at).await
    }

    async fn perform(&self, effect: PerformEffect, output: OutputSink, states: StateRecorder) -> Performed {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(OUTPUT_WAITING_MAX);
        let keeping = async {
            while let Some(chunk) = receiver.recv().await {
                output.write(&chunk);
            }
        };
        let (found, mut finding) = mpsc::channel::<StateFound>(1);
        let recording = async {
            while let Some(StateFound { sealed, mut kept }) = finding.recv().await {
                tokio::select! {
                    recorded = states.record(sealed) => drop(kept.send(recorded)),
                    // A step that was stopped meanwhile waits no more.
                    () = kept.closed() => {}
                }
            }
        };
        let sessions = &self.sessions;
        let performing = async move {
            let performed = sessions.perform_recording(&effect, &sender, &found).await;
            // The last senders gone are the end of the output and of what is recorded.
            drop((sender, found));
            performed
        };
        let (performed, (), ()) = tokio::join!(performing, keeping, recording);
        Performed { succeeded: performed.succeeded, outcome: performed.outcome }
    }

    async fn capture(&self, effect: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        self.sessions.capture(&effect).await
    }

    async fn release(&self, run: RunId) {
        self.sessions.cancel(run).await;
    }

    async fn close(&self, run: RunId) {
        self.sessions.close(run).await;
    }
}
