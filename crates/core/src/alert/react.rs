//! Opens an alert when a check or a job goes wrong, and resolves it when that is well again or no longer watched.

use crate::alert::Alert;
use crate::decide::Batch;
use crate::event::{AlertEnd, AlertSource, Event, JobOutcome};
use crate::id::AlertId;
use crate::policy::Policy;

pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| match event {
        Event::CheckFailed { check, reason } => {
            open(batch, AlertSource::Check(check.clone()), format!("{check} fails: {reason}"));
        }
        Event::CheckPassed { check } => resolve(batch, &AlertSource::Check(check.clone())),
        Event::JobMissed { job, due_at } => {
            open(batch, AlertSource::Job(job.clone()), format!("{job} was due at {due_at} and has not reported"));
        }
        Event::JobReported { job, outcome: JobOutcome::Failed, note } => {
            let because = if note.is_empty() { String::new() } else { format!(": {note}") };
            open(batch, AlertSource::Job(job.clone()), format!("{job} failed{because}"));
        }
        Event::JobReported { job, outcome: JobOutcome::Succeeded, .. } => {
            resolve(batch, &AlertSource::Job(job.clone()));
        }
        Event::PolicyAdopted { policy } => drop_unwatched(batch, policy),
        _ => {}
    });
}

fn open(batch: &mut Batch, source: AlertSource, summary: String) {
    if find(batch, &source).is_some() {
        return;
    }
    let policy = batch.policy();
    let watched = match &source {
        AlertSource::Check(name) => {
            policy.checks.get(name).map(|check| (check.severity, check.component.clone(), check.procedure.clone()))
        }
        AlertSource::Job(name) => policy.jobs.get(name).map(|job| (job.severity, name.clone(), job.procedure.clone())),
    };
    if let Some((severity, component, procedure)) = watched {
        let alert = AlertId(batch.next_seq());
        batch.push(Event::AlertOpened { alert, source, summary, severity, component, procedure });
    }
}

fn resolve(batch: &mut Batch, source: &AlertSource) {
    if let Some(alert) = find(batch, source) {
        batch.push(Event::AlertResolved { alert, reason: AlertEnd::Recovered });
    }
}

fn drop_unwatched(batch: &mut Batch, policy: &Policy) {
    let is_watched = |alert: &&Alert| match &alert.source {
        AlertSource::Check(name) => policy.checks.contains_key(name),
        AlertSource::Job(name) => policy.jobs.contains_key(name),
    };
    let gone: Vec<AlertId> =
        batch.world().alerts.values().filter(|alert| !is_watched(alert)).map(|alert| alert.id).collect();
    for alert in gone {
        batch.push(Event::AlertResolved { alert, reason: AlertEnd::NoLongerWatched });
    }
}

fn find(batch: &Batch, source: &AlertSource) -> Option<AlertId> {
    batch.world().alerts.values().find(|alert| alert.source == *source).map(|alert| alert.id)
}
