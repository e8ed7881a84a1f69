//! The only way state changes: one sweep from left to right over the nouns.
//!
//! A command may be refused; reactions cannot fail. Each noun sees the world including the events that the nouns to its
//! left added in this batch, and may add its own. A noun never imports a noun to its right; influence to the left
//! travels only through the log. A deadline that has passed fires with whichever command comes first.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::command::Command;
use crate::event::Event;
use crate::id::Seq;
use crate::policy::Policy;
use crate::record::{Actor, Cause, Recorded};
use crate::refusal::Refusal;
use crate::world::World;
use crate::{about, alert, check, delivery, incident, job, notice, page, review, run};

/// What a command would append, and the world as it would be.
#[derive(Debug, Clone)]
pub struct Batch {
    world: World,
    events: Vec<Recorded>,
    cause: Cause,
    at: Timestamp,
    /// Whether the batch before was decided at this very moment, and so noticed every deadline that has passed.
    follows_at_once: bool,
}

/// Decides one command. The events of the batch are appended together or not at all.
///
/// # Errors
/// The refusal names its reason; nothing is changed by a refused command.
pub fn decide(world: &World, command: &Command, actor: &Actor, now: Timestamp) -> Result<Batch, Refusal> {
    let mut batch = Batch::begin(world.clone(), command, actor, now);
    sweep(&mut batch, command)?;
    Ok(batch)
}

/// As [`decide`], upon the world itself: many commands in a row need no copy of it each. The events, which are folded
/// into `world` already.
///
/// # Errors
/// The refusal names its reason; `world` is as it was.
pub fn decide_in_place(
    world: &mut World,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Vec<Recorded>, Refusal> {
    let mut batch = Batch::begin(std::mem::take(world), command, actor, now);
    let accepted = sweep(&mut batch, command);
    *world = batch.world;
    accepted.map(|()| batch.events)
}

fn sweep(batch: &mut Batch, command: &Command) -> Result<(), Refusal> {
    let accepted = accept(batch, command);
    // Invariant: what is refused has changed nothing, so a noun refuses before its first event.
    debug_assert!(accepted.is_ok() || batch.events.is_empty(), "{command:?} was refused after its first event");
    accepted?;
    for react in [job::react, alert::react, incident::react, run::react, page::react, notice::react, review::react] {
        react(batch);
    }
    Ok(())
}

/// Gives the command to the noun that it is about.
fn accept(batch: &mut Batch, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AdoptPolicy { policy } => {
            if batch.world.policy.as_deref() != Some(policy.as_ref()) {
                batch.push(Event::PolicyAdopted { policy: policy.clone() });
            }
            Ok(())
        }
        Command::StartEngine { version } => {
            batch.push(Event::EngineStarted { version: version.clone() });
            Ok(())
        }
        Command::ReachTime => Ok(()),
        Command::ReportCheck { check, verdict } => check::accept(batch, check, verdict),
        Command::ReportJob { job, outcome, note } => job::accept(batch, job, *outcome, note),
        Command::OpenIncident { .. }
        | Command::AcknowledgeIncident { .. }
        | Command::AssessIncident { .. }
        | Command::AssignIncident { .. }
        | Command::UpdateIncident { .. }
        | Command::MitigateIncident { .. }
        | Command::ResolveIncident { .. } => incident::accept(batch, command),
        Command::PlanRun { .. }
        | Command::ApproveStep { .. }
        | Command::ConfirmStep { .. }
        | Command::SkipStep { .. }
        | Command::RepeatStep { .. }
        | Command::ForgoUndo { .. }
        | Command::ReportStep { .. }
        | Command::ReportCapture { .. }
        | Command::PauseRun { .. }
        | Command::ResumeRun { .. }
        | Command::AbortRun { .. }
        | Command::StartUndo { .. } => run::accept(batch, command),
        Command::ReportDelivery { delivery, attempt, result } => delivery::accept(batch, *delivery, *attempt, result),
        Command::AddActionItem { .. } | Command::PublishReview { .. } => review::accept(batch, command),
    }
}

impl Batch {
    fn begin(world: World, command: &Command, actor: &Actor, now: Timestamp) -> Self {
        let cause = Cause { actor: actor.clone(), command: Cow::Borrowed(command.name()) };
        // The time of the log never runs backwards, even when the clock does.
        // Microseconds are what both databases keep and what people can still read.
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let at = now.max(world.at);
        let follows_at_once = at == world.at && world.seq > 0;
        Self { world, events: Vec::new(), cause, at, follows_at_once }
    }

    /// The events, in order.
    pub fn events(&self) -> &[Recorded] {
        &self.events
    }

    /// The events and the world after them.
    pub fn into_parts(self) -> (Vec<Recorded>, World) {
        (self.events, self.world)
    }

    /// The world including this batch so far.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// The policy including this batch so far.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.world.policy()
    }

    /// The time at which the batch is decided.
    pub(crate) fn now(&self) -> Timestamp {
        self.at
    }

    /// Whether any deadline may have passed since it was last looked at: time has gone on, or the policy has changed.
    /// Otherwise only what this batch touches can be due; a storm of commands need not look at everything each time.
    pub(crate) fn may_find_any_due(&self) -> bool {
        let adopted = |recorded: &Recorded| matches!(recorded.event.as_ref(), Event::PolicyAdopted { .. });
        !self.follows_at_once || self.events.iter().any(adopted)
    }

    /// Who asked.
    pub(crate) fn actor(&self) -> &Actor {
        &self.cause.actor
    }

    /// The position that the next event will have: the id of the noun that it opens.
    pub(crate) fn next_seq(&self) -> Seq {
        self.world.seq.saturating_add(1)
    }

    /// Appends one event and folds it.
    pub(crate) fn push(&mut self, event: Event) {
        let (incident, run) = about::about(&self.world, &event);
        let recorded = Recorded {
            seq: self.next_seq(),
            at: self.at,
            cause: self.cause.clone(),
            incident,
            run,
            event: Arc::new(event),
        };
        self.world.apply(&recorded);
        self.events.push(recorded);
    }

    /// Calls `react` with each event of the batch so far; what `react` adds is not visited.
    pub(crate) fn for_each_event(&mut self, react: fn(&mut Self, &Event)) {
        for seen in 0..self.events.len() {
            let event = Arc::clone(&self.events[seen].event);
            react(self, &event);
        }
    }
}
