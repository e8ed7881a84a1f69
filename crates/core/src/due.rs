//! What is to be done now, and when to look again: functions of the folded world and the time, nothing else.
//!
//! Recovery after a crash and normal operation are therefore the same code. An effect stays due until its outcome has
//! come back through the log; who performs effects remembers what is under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::alert::Alert;
use crate::effect::{AbandonEffect, CaptureEffect, DeliverEffect, Effect, PerformEffect};
use crate::incident;
use crate::job::JobState;
use crate::policy::Policy;
use crate::review::ReviewState;
use crate::run::{Run, Step, StepState, awaits_capture, captured_within};
use crate::world::World;

/// Every effect that is due at `now`, other than probes: those follow the `ProbeSchedule`.
pub fn due(world: &World, now: Timestamp) -> Vec<Effect> {
    let now = never_back(world, now);
    let policy = world.policy();
    deliveries(world, &policy, now).chain(steps(world, &policy)).collect()
}

/// The next time at which something falls due that is not due at `now`; `None` where nothing is waited for.
pub fn next_deadline(world: &World, now: Timestamp) -> Option<Timestamp> {
    let now = never_back(world, now);
    let policy = world.policy();
    let deliveries = world.deliveries.values().map(|delivery| delivery.next_at).filter(|at| *at > now);
    deliveries.chain(decisions(world, &policy)).min()
}

/// Whether a decision waits for nothing but to be made: then `ReachTime` is to be sent.
pub fn is_decision_due(world: &World, now: Timestamp) -> bool {
    let now = never_back(world, now);
    decisions(world, &world.policy()).any(|at| at <= now)
}

/// As for a decision: what was demanded a moment ago is due although the clock was set back since.
fn never_back(world: &World, now: Timestamp) -> Timestamp {
    now.max(world.at)
}

/// Times at which the world changes by itself. Each decision removes its own deadline.
fn decisions<'a>(world: &'a World, policy: &'a Policy) -> impl Iterator<Item = Timestamp> + 'a {
    let escalations = world.pages.values().filter_map(|page| page.escalates_at(policy));
    let updates = world.incidents.values().filter_map(|incident| incident::update_due_at(incident, policy));
    let reviews = world.reviews.values().filter(|review| review.state == ReviewState::Owed).map(|review| review.due_at);
    let alerts = world.alerts.values().filter_map(Alert::reopens_at);
    let jobs = world.jobs.iter().filter(|(_, job)| job.state != JobState::Missed);
    let reports = jobs.filter_map(|(name, job)| Some(job.due_at(policy.jobs.get(name)?)));
    let approved = |run: &'a Run| run.steps.values().filter(|step| step.state == StepState::Approved);
    let approvals = world.runs.values().flat_map(approved).map(|step| policy.approvals.lapses_at(step.since));
    alerts.chain(escalations).chain(updates).chain(reviews).chain(reports).chain(approvals)
}

fn deliveries<'a>(world: &'a World, policy: &'a Policy, now: Timestamp) -> impl Iterator<Item = Effect> + 'a {
    world.deliveries.values().filter(move |delivery| delivery.next_at <= now).map(|delivery| {
        Effect::Deliver(DeliverEffect {
            delivery: delivery.id,
            attempt: delivery.attempt,
            channel_name: delivery.channel.clone(),
            channel: policy.channels.get(&delivery.channel).cloned(),
            message: delivery.message.clone(),
        })
    })
}

fn steps<'a>(world: &'a World, policy: &'a Policy) -> impl Iterator<Item = Effect> + 'a {
    let of_run = move |run: &'a Run| run.steps.iter().filter_map(move |(number, it)| of_step(run, *number, it, policy));
    world.runs.values().flat_map(of_run).chain(world.ending.values().filter_map(abandoned))
}

fn abandoned(run: &Run) -> Option<Effect> {
    let (step, attempt) = run.under_way()?;
    Some(Effect::Abandon(AbandonEffect { run: run.id, step, attempt }))
}

fn of_step(run: &Run, number: u32, step: &Step, policy: &Policy) -> Option<Effect> {
    let target = || policy.targets.get(&run.plan.target).cloned().unwrap_or_default();
    match step.state {
        StepState::Started => Some(Effect::Perform(PerformEffect {
            run: run.id,
            step: number,
            attempt: step.attempt,
            follows_cut_short: step.cut_short,
            plan: Arc::clone(&run.plan),
            incident: run.incident,
            target: target(),
            directory: directory(run),
            sealed: BTreeMap::new(),
            to_capture: captured_within(run, number),
            undoes: run.undoes,
        })),
        StepState::Approved if !run.paused && awaits_capture(run, number) => Some(Effect::Capture(CaptureEffect {
            run: run.id,
            step: number,
            plan: Arc::clone(&run.plan),
            incident: run.incident,
            target: target(),
            directory: directory(run),
        })),
        _ => None,
    }
}

/// Where the latest step that succeeded in a shell left it.
fn directory(run: &Run) -> Option<String> {
    let succeeded = run.steps.values().filter(|step| step.state == StepState::Succeeded);
    succeeded.filter_map(|step| step.outcome.as_ref()?.directory.clone()).next_back()
}
