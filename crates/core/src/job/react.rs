//! Decides what a job's report, or its silence, means.

use crate::decide::Batch;
use crate::event::{Event, JobOutcome};
use crate::job::JobState;
use crate::refusal::Refusal;

pub(crate) fn accept(batch: &mut Batch, name: &str, outcome: JobOutcome, note: &str) -> Result<(), Refusal> {
    if !batch.world().jobs.contains_key(name) {
        return Err(Refusal::NotInPolicy { noun: "job".to_owned(), name: name.to_owned() });
    }
    batch.push(Event::JobReported { job: name.to_owned(), outcome, note: note.to_owned() });
    Ok(())
}

/// A job whose deadline has passed without a report is missed, once.
pub(crate) fn react(batch: &mut Batch) {
    // A job that reports in this batch is due later than now.
    if !batch.may_find_any_due() {
        return;
    }
    let policy = batch.policy();
    let now = batch.now();
    let missed: Vec<Event> = batch
        .world()
        .jobs
        .iter()
        .filter(|(_, job)| job.state != JobState::Missed)
        .filter_map(|(name, job)| Some((name, job.due_at(policy.jobs.get(name)?))))
        .filter(|(_, due_at)| *due_at <= now)
        .map(|(name, due_at)| Event::JobMissed { job: name.clone(), due_at })
        .collect();
    for event in missed {
        batch.push(event);
    }
}
