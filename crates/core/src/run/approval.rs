//! Approval: bound to the digest of what would be performed on that target, to a person, and to a time.
//!
//! Invariants: nothing is performed on an approval that has lapsed; a step that needs four eyes is never approved by
//! whoever asked for the run, neither now nor beforehand.

use crate::decide::Batch;
use crate::digest::Digest;
use crate::event::Event;
use crate::id::RunId;
use crate::plan::{PlannedStep, StepKind};
use crate::record::Actor;
use crate::refusal::Refusal;
use crate::run::react::in_state;
use crate::run::{Run, StepState};

/// The digest that a person agrees to, if that person may agree to it now.
pub(super) fn agreed(
    batch: &Batch,
    id: RunId,
    number: u32,
    given: Option<&Digest>,
    from: &[StepState],
) -> Result<Digest, Refusal> {
    let (run, step) = in_state(batch, id, number, from)?;
    if run.paused {
        return Err(Refusal::Paused { run: id.0 });
    }
    let expected = step.digest(&run.plan.target);
    if let Some(given) = given.filter(|given| **given != expected) {
        return Err(Refusal::DigestDiffers { given: given.short().to_owned(), expected: expected.short().to_owned() });
    }
    let second = matches!(batch.actor(), Actor::Person(_)) && *batch.actor() != run.requested_by;
    if !second && batch.policy().approvals.needs_four_eyes(step) {
        return Err(Refusal::FourEyes { run: id.0, step: number });
    }
    Ok(expected)
}

/// Whether everything in the step was approved beforehand. A manual step never is: only a person can say it is done.
pub(super) fn is_preapproved(batch: &Batch, run: &Run, step: &PlannedStep) -> bool {
    let approvals = &batch.policy().approvals;
    let agreed = |digest: &Digest| run.preapproved.contains(digest);
    step.kind == StepKind::Command
        && batch.now() < approvals.lapses_at(run.planned_at)
        && !approvals.needs_four_eyes(step)
        && (agreed(&run.plan.digest)
            || agreed(&step.digest(&run.plan.target))
            || step.commands.iter().all(|command| agreed(&command.digest)))
}

/// What was approved and not started in time is asked for again.
pub(super) fn lapse(batch: &mut Batch) {
    let (policy, now) = (batch.policy(), batch.now());
    let mut lapsed = Vec::new();
    for run in batch.world().runs.values() {
        let approved = run.steps.iter().filter(|(_, step)| step.state == StepState::Approved);
        let late = approved.filter(|(_, step)| policy.approvals.lapses_at(step.since) <= now);
        lapsed.extend(late.map(|(number, _)| (run.id, *number)));
    }
    for (run, step) in lapsed {
        batch.push(Event::ApprovalExpired { run, step });
    }
}
