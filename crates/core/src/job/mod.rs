//! Job: something that must report in on time. It is on time, missed (no report by its deadline) or failed.
//!
//! The transition table stands in `docs/reference/transitions.md`.

mod react;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::{Event, JobOutcome};
use crate::policy::JobPolicy;
use crate::record::Recorded;
use crate::world::{Folded, World, retain};

pub(crate) use react::{accept, react};

/// What is known of one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// How it stands.
    pub state: JobState,
    /// When it last reported, or when the watch began.
    pub reported_at: Timestamp,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// It has reported success, or its first report is not due yet.
    OnTime,
    /// It did not report by its deadline.
    Missed,
    /// It reported failure.
    Failed,
}

impl Job {
    /// When its next report is due, grace included.
    pub fn due_at(&self, policy: &JobPolicy) -> Timestamp {
        let allowed = i64::from(policy.every_s) + i64::from(policy.grace_s);
        self.reported_at.saturating_add(SignedDuration::from_secs(allowed)).unwrap_or(Timestamp::MAX)
    }
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: JobState, event: &Event) -> Option<JobState> {
    match (state, event) {
        (_, Event::JobReported { outcome: JobOutcome::Succeeded, .. }) => Some(JobState::OnTime),
        (_, Event::JobReported { outcome: JobOutcome::Failed, .. }) => Some(JobState::Failed),
        (JobState::OnTime | JobState::Failed, Event::JobMissed { .. }) => Some(JobState::Missed),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let name = match recorded.event.as_ref() {
        Event::PolicyAdopted { policy } => {
            retain(&mut world.jobs, |name, _| policy.jobs.contains_key(name));
            for name in policy.jobs.keys() {
                if !world.jobs.contains_key(name) {
                    world.jobs.insert(name.clone(), Job { state: JobState::OnTime, reported_at: recorded.at });
                }
            }
            return Ok(());
        }
        Event::JobReported { job, .. } | Event::JobMissed { job, .. } => job,
        _ => return Ok(()),
    };
    let job = world.jobs.get_mut(name).ok_or_else(|| format!("met no job `{name}`"))?;
    job.state = next(job.state, &recorded.event).ok_or_else(|| format!("met a job that is {:?}", job.state))?;
    if matches!(recorded.event.as_ref(), Event::JobReported { .. }) {
        job.reported_at = recorded.at;
    }
    Ok(())
}
