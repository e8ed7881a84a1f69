//! The sessions of all runs: steps are performed in them, cancelled, and closed.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Instant;

use allclear_core::{CaptureEffect, PerformEffect, RunId, StepOutcome};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::attempt::{self, Attempt, StateFound};
use super::slot::{SlotState, Slots};
use super::step::{self, Performable};
use super::{Cancellation, Environment, Failure, OutputSink, Performed, Scope, Stage};
use crate::seal::CaptureKey;
use crate::shell::Performer;
use crate::trust::TrustStore;

/// The sessions of all runs; at most one per run.
#[derive(Default)]
pub struct Sessions {
    slots: Slots,
    /// Seals what is captured; without one, nothing can be.
    key: Option<CaptureKey>,
    /// Whom certificates are believed from; this machine's authorities unless somebody said otherwise.
    trust: OnceLock<TrustStore>,
}

impl Sessions {
    /// No session yet, and no key: nothing can be captured or put back from what was.
    pub fn new() -> Self {
        Self::default()
    }

    /// No session yet; what is captured is sealed with this key.
    pub fn with_key(key: CaptureKey) -> Self {
        Self { key: Some(key), ..Self::default() }
    }

    /// The same, with connections that trust these authorities instead of those of this machine.
    #[must_use]
    pub fn trusting(self, trust: TrustStore) -> Self {
        Self { trust: OnceLock::from(trust), ..self }
    }

    /// Performs the captures that come before a step in order, in its run's session; the sealed bytes, by
    /// `INDEX/VARIABLE`, or one sentence about the first that failed. What they find goes nowhere else.
    pub async fn capture(&self, effect: &CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        let scope = Scope::from(effect);
        let step = Performable::of(&scope)?;
        let mut environment = Environment::of(&scope)?;
        self.signed(&mut environment);
        let slot = self.slots.slot(effect.run);
        let mut state = slot.state.lock().await;
        let redactor = state.redactor(effect.run, environment.secrets.iter().cloned());
        state.enter(&scope, &mut environment).map_err(|error| redactor.text(&error))?;
        let (sink, cancelled) = (OutputSink::silent(redactor.stream()), Cancellation::of(&slot.cancelled));
        let SlotState { shell, database, .. } = &mut *state;
        let trust = self.trust.get_or_init(TrustStore::native);
        let mut stage = Stage { shell, database, trust, sink, cancelled };
        let values = step.capture(&scope, &environment, &mut stage).await;
        attempt::sealed(self.key.as_ref(), &scope, values.map_err(|summary| redactor.text(&summary))?)
    }

    /// Performs the commands of the step in order and stops at the first that fails. Output goes to the sink as it
    /// comes, redacted; where nobody receives it any more, it is dropped. Dropping the future kills the session.
    pub async fn perform(&self, effect: &PerformEffect, sink: &mpsc::Sender<Bytes>) -> Performed {
        self.performed(effect, sink, None).await
    }

    /// The same for a step in which something is to be recorded on the way.
    pub async fn perform_recording(
        &self,
        effect: &PerformEffect,
        sink: &mpsc::Sender<Bytes>,
        records: &mpsc::Sender<StateFound>,
    ) -> Performed {
        self.performed(effect, sink, Some(records)).await
    }

    async fn performed(
        &self,
        effect: &PerformEffect,
        sink: &mpsc::Sender<Bytes>,
        records: Option<&mpsc::Sender<StateFound>>,
    ) -> Performed {
        let began = Instant::now();
        let mut begun = 0;
        let (succeeded, exit_code, summary, directory) = match self.attempt(effect, sink, records, &mut begun).await {
            Ok((summary, directory)) => (true, Some(0), summary, directory),
            Err(failure) => (false, failure.exit_code, failure.summary, None),
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let commands_begun = if succeeded { None } else { u32::try_from(begun).ok() };
        let outcome = StepOutcome { exit_code, summary, output: None, directory, commands_begun, duration_ms };
        Performed { succeeded, outcome }
    }

    /// Kills everything that runs for this run, and waits until it is gone. A step that is being performed ends as
    /// cancelled, and so does one that is still on its way here.
    pub async fn cancel(&self, run: RunId) {
        let Some(slot) = self.slots.bar(run) else { return };
        slot.cancelled.send_replace(true);
        let mut state = slot.state.lock().await;
        state.database.close();
        state.shell.terminate().await;
    }

    /// Ends the session of a run that is over: bash leaves in its own way, running its exit trap; what is still there
    /// after that is killed. A step that is being performed is waited for.
    pub async fn close(&self, run: RunId) {
        let Some(slot) = self.slots.take(run) else { return };
        let mut state = slot.state.lock().await;
        state.database.close();
        state.shell.close().await;
    }

    /// Says in the environment who performs; nobody without a data directory.
    fn signed(&self, environment: &mut Environment) -> Option<Performer> {
        let performer = self.key.as_ref().and_then(|key| Performer::of(key.directory()));
        environment.variables.extend(performer.as_ref().and_then(Performer::variable));
        performer
    }

    /// The sentence about what succeeded, and the directory it left the shell in.
    async fn attempt(
        &self,
        effect: &PerformEffect,
        sink: &mpsc::Sender<Bytes>,
        records: Option<&mpsc::Sender<StateFound>>,
        begun: &mut usize,
    ) -> Result<(String, Option<String>), Failure> {
        let scope = Scope::from(effect);
        let step = Performable::of(&scope)?.opened(&effect.sealed, self.key.as_ref())?;
        let mut environment = Environment::of(&scope)?;
        let performer = self.signed(&mut environment);
        let slot = self.slots.slot(effect.run);
        let mut state = slot.state.lock().await;
        let redactor = state.redactor(effect.run, environment.secrets.iter().cloned().chain(step.secrets()));
        state.enter(&scope, &mut environment).map_err(|error| redactor.text(&error))?;
        step.check(&scope, &environment, &redactor).await?;
        let mut cancelled = Cancellation::of(&slot.cancelled);
        let mut sink = OutputSink::new(sink, redactor.stream());
        for (run, number) in left_by(effect) {
            let Some(performer) = &performer else { break };
            let ended = performer.end_leftovers(run, number).await;
            let said = ended.map_err(|error| redactor.text(&format!("the step was not begun: {error}")))?;
            sink.send(said.unwrap_or_default().as_bytes()).await;
        }
        let SlotState { shell, database, .. } = &mut *state;
        let trust = self.trust.get_or_init(TrustStore::native);
        let mut stage = Stage { shell, database, trust, sink, cancelled: cancelled.clone() };
        let (to_capture, key) = (&effect.to_capture, self.key.as_ref());
        let attempt = Attempt { to_capture, key, records, redactor: &redactor, begun };
        let result = step.perform(&scope, &environment, &mut stage, attempt).await;
        tokio::select! {
            biased;
            () = stage.sink.finish() => {}
            () = cancelled.wait() => {}
        }
        let summary = step::redacted(result, &redactor)?;
        state.shell.succeed();
        // It goes into the log, where no secret may be.
        let directory = state.shell.directory().map(str::to_owned);
        Ok((summary, directory.filter(|directory| redactor.text(directory) == *directory)))
    }
}

/// The steps of which an attempt was cut off that must not act beside this one: the step itself where it is performed
/// once more, and the one that it undoes.
fn left_by(effect: &PerformEffect) -> Vec<(RunId, u32)> {
    let itself = effect.follows_cut_short.then_some((effect.run, effect.step));
    let undone = effect.plan.step(effect.step).filter(|step| step.undoes_cut_short).and_then(|step| step.undoes);
    itself.into_iter().chain(effect.undoes.zip(undone)).collect()
}
