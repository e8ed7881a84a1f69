//! Performs effects: each at most once at a time in this process, each outcome back as a command.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use allclear_core::{
    CaptureEffect, CaptureResult, Command, DeliverEffect, DeliveryResult, Effect, PerformEffect, ProbeEffect, RunId,
    StepOutcome, Verdict,
};
use allclear_store::Store;
use futures::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::clock::Clock;
use crate::drivers::Drivers;
use crate::output::Outputs;
use crate::recorder::Recorder;
use crate::sealed;
use crate::state_recorder::StateRecorder;

/// Probes made at the same time; more wait their turn.
const PROBES_AT_ONCE: usize = 256;

const REPORT_IT: &str = "this is a defect of Allclear: please report it with the server's log";

/// What came of an effect.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The id of the effect that ended with it; `None` where that goes on.
    pub(crate) effect: Option<String>,
    /// What to tell the log.
    pub(crate) command: Command,
    /// Who waits for it to be in the log, or to be refused.
    pub(crate) told: Option<oneshot::Sender<bool>>,
}

/// Performs effects with these drivers.
#[derive(Debug)]
pub(crate) struct Performing<D, C> {
    drivers: Arc<D>,
    clock: Arc<C>,
    store: Store,
    outputs: Outputs,
    recorder: Recorder,
    outcomes: mpsc::UnboundedSender<Outcome>,
    probes: Arc<Semaphore>,
    under_way: HashMap<String, UnderWay>,
    captures_stopped: bool,
}

/// An effect that was begun and is not settled.
#[derive(Debug, Default)]
struct UnderWay {
    /// Whether it was told to stop.
    stopped: bool,
    /// Whether its driver is done with it.
    ended: Arc<AtomicBool>,
}

impl<D: Drivers, C: Clock> Performing<D, C> {
    pub(crate) fn new(
        drivers: Arc<D>,
        clock: Arc<C>,
        store: Store,
        outputs: Outputs,
        recorder: Recorder,
        outcomes: mpsc::UnboundedSender<Outcome>,
    ) -> Self {
        let probes = Arc::new(Semaphore::new(PROBES_AT_ONCE));
        Self {
            drivers,
            clock,
            store,
            outputs,
            recorder,
            outcomes,
            probes,
            under_way: HashMap::new(),
            captures_stopped: false,
        }
    }

    /// Whether nothing that must be waited for is under way; a probe may be abandoned.
    pub(crate) fn is_idle(&self) -> bool {
        self.under_way.keys().all(|id| id.starts_with("probe:"))
    }

    /// Begins an effect, unless it is under way already.
    pub(crate) fn begin(&mut self, effect: Effect) {
        let id = effect.id();
        if self.under_way.contains_key(&id) {
            return;
        }
        let UnderWay { ended, .. } = self.under_way.entry(id.clone()).or_default();
        let ended = Arc::clone(ended);
        match effect {
            Effect::Probe(probe) => self.probe(probe),
            Effect::Deliver(deliver) => self.deliver(deliver),
            Effect::Capture(capture) => self.capture(capture, ended),
            Effect::Perform(perform) => self.perform(perform, ended),
            Effect::Abandon(abandon) => self.end(id, abandon.never_begun()),
        }
    }

    /// The outcome has been recorded, or cannot be any more: the effect may become due again.
    pub(crate) fn settle(&mut self, effect: Option<&str>) {
        if let Some(effect) = effect {
            self.under_way.remove(effect);
        }
    }

    /// The steps that are being performed, for a person to read; `None` where there are none.
    pub(crate) fn steps_under_way(&self) -> Option<String> {
        let steps: Vec<&str> = self.under_way.keys().filter(|id| run_of(id).is_some()).map(String::as_str).collect();
        (!steps.is_empty()).then(|| steps.join(", "))
    }

    /// Stops every step that is being performed; its outcome says so. What only looks goes on.
    pub(crate) fn stop_steps(&mut self) {
        self.stop(|id| !is_capture(id));
    }

    /// Stops looking at what is before steps; the engine that comes next looks again.
    pub(crate) fn stop_captures(&mut self) {
        self.captures_stopped = true;
        self.stop(is_capture);
    }

    /// Whether this is no outcome, but a look that was stopped: recorded, it would fail a step that was never started.
    pub(crate) fn is_cut_short(&self, outcome: &Outcome) -> bool {
        let failed =
            matches!(outcome.command, Command::ReportCapture { attempt: 0, result: CaptureResult::Failed { .. }, .. });
        self.captures_stopped && failed
    }

    /// Stops looking at what is before this step, if that goes on: nobody waits for it any more.
    pub(crate) fn stop_capture(&mut self, run: RunId, step: u32) {
        let capture = CaptureEffect::id(run, step);
        self.stop(|id| id == capture);
    }

    /// Tells each of these to stop, once: told again, or where it has ended by itself, the drivers would stop what is
    /// performed for the same run next.
    fn stop(&mut self, wanted: impl Fn(&str) -> bool) {
        let mut runs = Vec::new();
        for (id, effect) in self.under_way.iter_mut().filter(|(id, _)| wanted(id)) {
            if !effect.stopped && !effect.ended.load(Ordering::Acquire) {
                effect.stopped = true;
                runs.extend(run_of(id));
            }
        }
        runs.into_iter().for_each(|run| self.release(run));
    }

    /// Stops whatever is performed for a run that has ended.
    pub(crate) fn release(&self, run: RunId) {
        let drivers = Arc::clone(&self.drivers);
        tokio::spawn(async move { drivers.release(run).await });
    }

    /// Lets go of a run that finished by itself.
    pub(crate) fn close(&self, run: RunId) {
        let drivers = Arc::clone(&self.drivers);
        tokio::spawn(async move { drivers.close(run).await });
    }

    fn probe(&self, effect: ProbeEffect) {
        let (drivers, clock, recorder) = (Arc::clone(&self.drivers), Arc::clone(&self.clock), self.recorder.clone());
        let turn = Arc::clone(&self.probes);
        let (id, check) = (Effect::Probe(effect.clone()).id(), effect.check.clone());
        let reason = format!("the probe itself broke down; {REPORT_IT}");
        let broken = Command::ReportCheck { check: check.clone(), verdict: Verdict::Fail { reason } };
        self.report(id, broken, async move {
            let _turn = turn.acquire().await;
            let sample = drivers.probe(effect, clock.now()).await;
            let verdict = sample.verdict.clone();
            recorder.record(&check, sample);
            Command::ReportCheck { check, verdict }
        });
    }

    fn deliver(&self, effect: DeliverEffect) {
        let (drivers, clock) = (Arc::clone(&self.drivers), Arc::clone(&self.clock));
        let (id, delivery, attempt) = (Effect::Deliver(effect.clone()).id(), effect.delivery, effect.attempt);
        let told = move |result| Command::ReportDelivery { delivery, attempt, result };
        let broken = told(DeliveryResult::Failed { error: format!("the channel itself broke down; {REPORT_IT}") });
        self.report(id, broken, async move { told(drivers.deliver(effect, clock.now()).await) });
    }

    fn capture(&self, effect: CaptureEffect, ended: Arc<AtomicBool>) {
        let (drivers, store) = (Arc::clone(&self.drivers), self.store.clone());
        let (id, run, step) = (Effect::Capture(effect.clone()).id(), effect.run, effect.step);
        let told = move |result| Command::ReportCapture { run, step, attempt: 0, result };
        let broken = told(CaptureResult::Failed { summary: format!("what records it broke down; {REPORT_IT}") });
        self.report(id, broken, async move {
            let found = drivers.capture(effect).await;
            ended.store(true, Ordering::Release);
            let kept = match found {
                Ok(sealed) => sealed::keep(&store, sealed).await,
                Err(summary) => Err(summary),
            };
            told(kept.map_or_else(
                |summary| CaptureResult::Failed { summary },
                |captured| CaptureResult::Captured { captured },
            ))
        });
    }

    fn perform(&self, mut effect: PerformEffect, ended: Arc<AtomicBool>) {
        let (drivers, store, outputs) = (Arc::clone(&self.drivers), self.store.clone(), self.outputs.clone());
        let id = Effect::Perform(effect.clone()).id();
        let (run, step, attempt) = (effect.run, effect.step, effect.attempt);
        let states = StateRecorder { store: store.clone(), outcomes: self.outcomes.clone(), run, step, attempt };
        let told = move |succeeded, outcome| Command::ReportStep { run, step, attempt, succeeded, outcome };
        let summary = format!("what performs it broke down, so look whether it happened; {REPORT_IT}");
        let broken = told(false, StepOutcome { summary, ..StepOutcome::default() });
        self.report(id, broken, async move {
            match sealed::fetch(&store, &effect).await {
                Ok(sealed) => effect.sealed = sealed,
                Err(summary) => {
                    let commands_begun = Some(0);
                    return told(false, StepOutcome { summary, commands_begun, ..StepOutcome::default() });
                }
            }
            let output = outputs.keep(run, step);
            let performed = drivers.perform(effect, output.sink(), states).await;
            ended.store(true, Ordering::Release);
            let mut outcome = performed.outcome;
            if let Some(written) = output.take() {
                match store.put_spool(&written).await {
                    Ok(digest) => outcome.output = Some(digest),
                    // The outcome matters more than its evidence: it is recorded, and says what is missing.
                    Err(error) => outcome.summary.push_str(&format!(" (its output could not be kept: {error})")),
                }
                // The system takes a while to forget a long file, and nobody waits for that.
                tokio::task::spawn_blocking(move || drop(written));
            }
            told(performed.succeeded, outcome)
        });
    }

    /// Performs, and sends what came of it to the loop. A driver that panics has an outcome too: without one the effect
    /// would stay under way until a restart.
    fn report(&self, effect: String, broken: Command, performing: impl Future<Output = Command> + Send + 'static) {
        let outcomes = self.outcomes.clone();
        tokio::spawn(async move {
            let command = AssertUnwindSafe(performing).catch_unwind().await.unwrap_or(broken);
            // Nobody waits for it any more when the engine has stopped.
            let _ = outcomes.send(Outcome { effect: Some(effect), command, told: None });
        });
    }

    /// The outcome of what needs nothing to be done.
    fn end(&self, effect: String, command: Command) {
        // As above.
        let _ = self.outcomes.send(Outcome { effect: Some(effect), command, told: None });
    }
}

fn is_capture(effect: &str) -> bool {
    effect.ends_with(":capture")
}

/// The run of a step's effect id, such as `run-40:3:1` or `run-40:3:capture`; other effects have none.
fn run_of(effect: &str) -> Option<RunId> {
    effect.split_once(':').filter(|(noun, _)| noun.starts_with("run-"))?.0.parse().ok()
}
