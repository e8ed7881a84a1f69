//! Capture: what was before a command is recorded before the command is performed.
//!
//! Invariants: a step is not started before what its first command finds is recorded, and no later command of it before
//! what that finds is: each sees what those before it left. Once a command was begun, its first capture is kept, for what
//! is found after that is no longer what was before. Only a person does without, and the log says who and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::CaptureResult;
use crate::decide::Batch;
use crate::digest::Digest;
use crate::event::Event;
use crate::id::RunId;
use crate::incident::said;
use crate::plan::PlannedStep;
use crate::record::Actor;
use crate::refusal::Refusal;
use crate::run::react::in_state;
use crate::run::{Run, StepState, approval};

/// Whether an approved step has something to record before it that is not recorded yet.
pub(crate) fn awaits_capture(run: &Run, number: u32) -> bool {
    let captures = run.plan.step(number).is_some_and(|step| before(step).next().is_some());
    let waits = |step: &super::Step| step.captured.is_none() && !step.may_have_begun() && step.forgone.is_none();
    captures && run.steps.get(&number).is_some_and(waits)
}

/// What is to be recorded while the step is performed, each before its command.
pub(crate) fn captured_within(run: &Run, number: u32) -> BTreeSet<String> {
    let (Some(planned), Some(step)) = (run.plan.step(number), run.steps.get(&number)) else { return BTreeSet::new() };
    let recorded = |key: &String| step.captured.as_ref().is_some_and(|captured| captured.contains_key(key));
    let all = keys(planned, planned.undisturbed()..planned.commands.len());
    all.filter(|key| step.forgone.is_none() && !recorded(key)).collect()
}

/// The keys that a capture before this step must have.
fn before(step: &PlannedStep) -> impl Iterator<Item = String> + '_ {
    keys(step, 0..step.undisturbed())
}

fn keys(step: &PlannedStep, commands: std::ops::Range<usize>) -> impl Iterator<Item = String> + '_ {
    let commands = step.commands.iter().enumerate().take(commands.end).skip(commands.start);
    commands.flat_map(|(index, command)| command.capture.keys().map(move |variable| key(index, variable)))
}

pub(super) fn key(index: usize, variable: &str) -> String {
    format!("{index}/{variable}")
}

/// The index of the command that the key belongs to.
pub(super) fn index_of(key: &str) -> Option<u32> {
    key.split_once('/').and_then(|(index, _)| index.parse().ok())
}

pub(super) fn report(
    batch: &mut Batch,
    id: RunId,
    number: u32,
    attempt: u32,
    result: &CaptureResult,
) -> Result<(), Refusal> {
    let state = if attempt == 0 { StepState::Approved } else { StepState::Started };
    let (run, planned) = in_state(batch, id, number, &[state])?;
    let made = run.steps.get(&number).map_or(0, |step| step.attempt);
    let wanted = if attempt == 0 { awaits_capture(run, number) } else { made == attempt };
    if !wanted {
        return Err(Refusal::StaleOutcome { attempt: made });
    }
    let event = match result {
        CaptureResult::Captured { captured } if attempt == 0 => recorded(id, planned, captured),
        CaptureResult::Captured { captured } => {
            let open = captured_within(run, number);
            if captured.keys().any(|key| !open.contains(key)) {
                return Err(Refusal::StaleOutcome { attempt });
            }
            Event::StateCaptured { run: id, step: number, captured: captured.clone() }
        }
        CaptureResult::Failed { summary } => Event::CaptureFailed { run: id, step: number, summary: summary.clone() },
    };
    batch.push(event);
    Ok(())
}

/// All of it, or it has failed: an undo without a part of what was before would put back something else.
fn recorded(run: RunId, step: &PlannedStep, captured: &BTreeMap<String, Digest>) -> Event {
    let missing: Vec<String> = before(step).filter(|key| !captured.contains_key(key)).collect();
    if missing.is_empty() {
        let captured = before(step)
            .filter_map(|key| captured.get_key_value(&key))
            .map(|(key, digest)| (key.clone(), digest.clone()));
        Event::StateCaptured { run, step: step.number, captured: captured.collect() }
    } else {
        let summary = format!("what was before was recorded only in part: {} is missing", missing.join(", "));
        Event::CaptureFailed { run, step: step.number, summary }
    }
}

/// A person has a step performed of which nothing can be recorded: said of that step, and of no other.
pub(super) fn forgo(batch: &mut Batch, run: RunId, step: u32, digest: &Digest, reason: &str) -> Result<(), Refusal> {
    said("reason", reason)?;
    let (known, _) = in_state(batch, run, step, &[StepState::Failed])?;
    if !known.steps.get(&step).is_some_and(|step| step.capture_failed) {
        let state = "one that failed for another reason".to_owned();
        let wanted = "one whose capture failed".to_owned();
        return Err(Refusal::StepState { run: run.0, step, state, wanted });
    }
    if !matches!(batch.actor(), Actor::Person(_)) {
        return Err(Refusal::NeedsPerson { run: run.0, step });
    }
    let digest = approval::agreed(batch, run, step, Some(digest), &[StepState::Failed])?;
    batch.push(Event::UndoForgone { run, step, reason: reason.to_owned() });
    batch.push(Event::ApprovalGiven { run, step, digest });
    Ok(())
}
