//! Capture: what was before a step is recorded before the step is started.
//!
//! Invariants: a step whose commands have captures is not started before they are recorded; once it was attempted, its
//! first capture is kept, for what is found after that is no longer what was before.

use std::collections::BTreeMap;

use crate::command::CaptureResult;
use crate::decide::Batch;
use crate::digest::Digest;
use crate::event::Event;
use crate::id::RunId;
use crate::plan::PlannedStep;
use crate::refusal::Refusal;
use crate::run::react::in_state;
use crate::run::{Run, StepState};

/// Whether an approved step has something to record that is not recorded yet.
pub(crate) fn awaits_capture(run: &Run, number: u32) -> bool {
    let captures = run.plan.step(number).is_some_and(PlannedStep::captures);
    captures && run.steps.get(&number).is_some_and(|step| step.captured.is_none() && step.attempt == 0)
}

/// The keys that a capture of this step must have.
pub(super) fn keys(step: &PlannedStep) -> impl Iterator<Item = String> + '_ {
    let commands = step.commands.iter().enumerate();
    commands.flat_map(|(index, command)| command.capture.keys().map(move |variable| key(index, variable)))
}

pub(super) fn key(index: usize, variable: &str) -> String {
    format!("{index}/{variable}")
}

pub(super) fn report(batch: &mut Batch, id: RunId, number: u32, result: &CaptureResult) -> Result<(), Refusal> {
    let (run, step) = in_state(batch, id, number, &[StepState::Approved])?;
    if !awaits_capture(run, number) {
        let attempt = run.steps.get(&number).map_or(0, |step| step.attempt);
        return Err(Refusal::StaleOutcome { attempt });
    }
    let event = match result {
        CaptureResult::Captured { captured } => recorded(id, step, captured),
        CaptureResult::Failed { summary } => Event::CaptureFailed { run: id, step: number, summary: summary.clone() },
    };
    batch.push(event);
    Ok(())
}

/// All of it, or it has failed: an undo without a part of what was before would put back something else.
fn recorded(run: RunId, step: &PlannedStep, captured: &BTreeMap<String, Digest>) -> Event {
    let missing: Vec<String> = keys(step).filter(|key| !captured.contains_key(key)).collect();
    if missing.is_empty() {
        let captured = keys(step)
            .filter_map(|key| captured.get_key_value(&key))
            .map(|(key, digest)| (key.clone(), digest.clone()));
        Event::StateCaptured { run, step: step.number, captured: captured.collect() }
    } else {
        let summary = format!("what was before was recorded only in part: {} is missing", missing.join(", "));
        Event::CaptureFailed { run, step: step.number, summary }
    }
}
