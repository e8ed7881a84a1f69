//! Drivers that do what a test says, and remember what they were asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allclear_core::{
    CaptureEffect, DeliverEffect, DeliveryResult, PerformEffect, ProbeEffect, RunId, Sample, StepOutcome, Verdict,
};
use allclear_engine::{Drivers, OutputSink, Performed, StateRecorder};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::simulator::{CaptureScript, Health, Outside, StepScript, capture_keys, delivery_result, step_outcome};

/// What a driver was asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// To probe this check.
    Probe(String),
    /// To send this.
    Deliver(DeliverEffect),
    /// To perform this.
    Perform(PerformEffect),
    /// To record what is before this step.
    Capture(CaptureEffect),
    /// To stop what is performed for this run, and let go of it.
    Release(RunId),
    /// To let go of this run, which finished by itself.
    Close(RunId),
}

/// Drivers by script. Clones share the script and the memory; each engine is given its own name.
#[derive(Debug, Clone)]
pub struct ScriptedDrivers {
    name: &'static str,
    outside: Arc<Mutex<Outside>>,
    asked: Arc<watch::Sender<Vec<(&'static str, Asked)>>>,
    held: Arc<watch::Sender<bool>>,
    /// Runs whose steps have ended after they were stopped.
    released: Arc<watch::Sender<BTreeSet<RunId>>>,
    /// Whether what is stopped ends.
    yielding: Arc<watch::Sender<bool>>,
    /// Whether what hangs goes on.
    waking: Arc<watch::Sender<bool>>,
}

impl ScriptedDrivers {
    /// Drivers of the engine of that name: every probe passes, every channel answers 200, every step hangs.
    pub fn new(name: &'static str) -> Self {
        let asked = Arc::new(watch::Sender::new(Vec::new()));
        let (held, released) = (Arc::default(), Arc::default());
        let (yielding, waking) = (Arc::default(), Arc::default());
        Self { name, outside: Arc::default(), asked, held, released, yielding, waking }
    }

    /// The same drivers, in the hands of another engine.
    #[must_use]
    pub fn named(&self, name: &'static str) -> Self {
        Self { name, ..self.clone() }
    }

    /// Changes what the drivers meet from now on.
    pub fn script(&self, change: impl FnOnce(&mut Outside)) {
        change(&mut self.outside());
    }

    /// Holds every delivery until it is let go: what is sent meanwhile is under way.
    pub fn hold_deliveries(&self, hold: bool) {
        self.held.send_replace(hold);
    }

    /// Lets steps that hang end once they are stopped; before, they go on as if nobody had asked.
    pub fn let_stopped_steps_end(&self) {
        self.yielding.send_replace(true);
    }

    /// Lets steps that hang go on and succeed.
    pub fn let_hanging_steps_go_on(&self) {
        self.waking.send_replace(true);
    }

    /// Everything that was asked so far, and by whose engine.
    pub fn asked(&self) -> Vec<(&'static str, Asked)> {
        self.asked.borrow().clone()
    }

    /// Ends when what was asked is so.
    pub async fn asked_for(&self, wanted: impl FnMut(&Vec<(&'static str, Asked)>) -> bool) {
        // The sender lives as long as we do.
        let _ = self.asked.subscribe().wait_for(wanted).await;
    }

    fn note(&self, asked: Asked) {
        self.asked.send_modify(|all| all.push((self.name, asked)));
    }

    fn outside(&self) -> MutexGuard<'_, Outside> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drivers for ScriptedDrivers {
    async fn probe(&self, effect: ProbeEffect, at: Timestamp) -> Sample {
        let verdict = match self.outside().health(&effect.check) {
            Some(Health::Down(reason)) => Verdict::Fail { reason: reason.clone() },
            Some(Health::Up) | None => Verdict::Pass,
        };
        self.note(Asked::Probe(effect.check));
        Sample { at, verdict, requests: Vec::new(), p95_ms: None, certificate_expires_at: None }
    }

    async fn deliver(&self, effect: DeliverEffect, _at: Timestamp) -> DeliveryResult {
        let answer = self.outside().answer(&effect.channel_name);
        self.note(Asked::Deliver(effect));
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        delivery_result(&answer)
    }

    async fn perform(&self, effect: PerformEffect, output: OutputSink, states: StateRecorder) -> Performed {
        let (run, script) = (effect.run, self.outside().step(effect.step));
        let (step, to_capture) = (effect.step, effect.to_capture.clone());
        self.note(Asked::Perform(effect));
        let (succeeded, summary, commands_begun) = match script {
            StepScript::Hangs => {
                let (mut released, mut waking) = (self.released.subscribe(), self.waking.subscribe());
                // The senders live as long as we do.
                tokio::select! {
                    _ = released.wait_for(|released| released.contains(&run)) => (false, "was cancelled".to_owned(), None),
                    _ = waking.wait_for(|waking| *waking) => (true, "exited with 0".to_owned(), None),
                }
            }
            StepScript::Succeeds(summary) => (true, summary, None),
            StepScript::Fails(summary) => (false, summary, None),
            StepScript::FailsAt(command, summary) => (false, summary, Some(command)),
        };
        for key in to_capture {
            let script = self.outside().capture(step);
            let sealed = match script {
                CaptureScript::Hangs => std::future::pending().await,
                CaptureScript::Succeeds(value) => Ok([(key, Bytes::from(value))].into()),
                CaptureScript::Fails(summary) => Err(summary),
            };
            if let Err(summary) = states.record(sealed).await {
                return Performed { succeeded: false, outcome: step_outcome(false, &summary) };
            }
        }
        output.write(summary.as_bytes());
        Performed { succeeded, outcome: StepOutcome { commands_begun, ..step_outcome(succeeded, &summary) } }
    }

    async fn capture(&self, effect: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        let script = self.outside().capture(effect.step);
        let keys = capture_keys(&effect);
        self.note(Asked::Capture(effect));
        match script {
            CaptureScript::Hangs => std::future::pending().await,
            CaptureScript::Succeeds(value) => Ok(keys.map(|key| (key, Bytes::from(value.clone()))).collect()),
            CaptureScript::Fails(summary) => Err(summary),
        }
    }

    async fn release(&self, run: RunId) {
        self.note(Asked::Release(run));
        let _ = self.yielding.subscribe().wait_for(|yielding| *yielding).await;
        self.released.send_modify(|released| {
            released.insert(run);
        });
    }

    async fn close(&self, run: RunId) {
        self.note(Asked::Close(run));
    }
}
