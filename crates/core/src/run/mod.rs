//! Run: one execution of a plan, durable step by step.
//!
//! A step is recorded as started before it is performed. A started step whose process died has no outcome: it is *in
//! doubt* until it is settled, and nothing is repeated silently. The transition table of a step stands in
//! `docs/reference/transitions.md`.

mod react;

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::event::{Event, StepOutcome};
use crate::id::{IncidentId, RunId};
use crate::plan::Plan;
use crate::record::{Actor, Recorded};
use crate::world::{Folded, World};

pub(crate) use react::{accept, react};

/// One execution of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What is executed; never changes.
    pub plan: Arc<Plan>,
    /// The incident that it is for.
    pub incident: Option<IncidentId>,
    /// Who asked for it.
    pub requested_by: Actor,
    /// When.
    pub planned_at: Timestamp,
    /// Digests that were approved beforehand: of the plan, of steps or of commands.
    pub preapproved: Vec<Digest>,
    /// How each step stands, by number.
    pub steps: OrdMap<u32, Step>,
    /// How it ended; `None` while it is under way.
    pub end: Option<RunEnd>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnd {
    /// Every step succeeded or was skipped.
    Finished,
    /// Somebody stopped it.
    Aborted,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How it stands.
    pub state: StepState,
    /// Attempts made so far.
    pub attempt: u32,
    /// What the last attempt came to.
    pub outcome: Option<StepOutcome>,
    /// When that state was reached.
    pub since: Timestamp,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Its turn has not come.
    Pending,
    /// It waits for a person's word.
    Waiting,
    /// A person agreed to it.
    Approved,
    /// It is being performed, or was when the process died.
    Started,
    /// Done.
    Succeeded,
    /// It was performed and failed.
    Failed,
    /// It was started and nobody knows how it ended.
    InDoubt,
    /// A person decided to leave it out.
    Skipped,
}

impl StepState {
    /// The word shown to people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::InDoubt => "in-doubt",
            Self::Skipped => "skipped",
        }
    }
}

impl Run {
    /// `planned`, `running`, `waiting`, `in-doubt`, `failed`, `finished` or `aborted`.
    pub fn state(&self) -> &'static str {
        match self.end {
            Some(RunEnd::Finished) => return "finished",
            Some(RunEnd::Aborted) => return "aborted",
            None => {}
        }
        match self.current().map(|(_, step)| step.state) {
            Some(StepState::Waiting) => "waiting",
            Some(StepState::InDoubt) => "in-doubt",
            Some(StepState::Failed) => "failed",
            Some(StepState::Started | StepState::Approved) => "running",
            _ => "planned",
        }
    }

    /// The first step that is neither done nor left out.
    pub fn current(&self) -> Option<(u32, &Step)> {
        let open = |step: &Step| !matches!(step.state, StepState::Succeeded | StepState::Skipped);
        self.steps.iter().map(|(number, step)| (*number, step)).find(|(_, step)| open(step))
    }

    /// The fold of one run's own events: how a finished run is read back from the log.
    pub fn replay(events: &[Recorded]) -> Option<Self> {
        events.iter().fold(None, |run, recorded| apply(run, recorded).0)
    }
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: StepState, event: &Event) -> Option<StepState> {
    use StepState::{Approved, Failed, InDoubt, Pending, Skipped, Started, Succeeded, Waiting};
    match (state, event) {
        (Pending, Event::ApprovalRequested { .. }) => Some(Waiting),
        (Waiting | Failed | InDoubt, Event::ApprovalGiven { .. }) => Some(Approved),
        // An interrupted step that only observes is performed again without asking.
        (Approved | Started, Event::StepStarted { .. }) => Some(Started),
        (Started, Event::StepInDoubt { .. }) => Some(InDoubt),
        (Started | InDoubt, Event::StepSucceeded { .. }) => Some(Succeeded),
        (Started | InDoubt, Event::StepFailed { .. }) => Some(Failed),
        (Waiting | Failed | InDoubt, Event::StepSkipped { .. }) => Some(Skipped),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let Some(id) = recorded.run else { return Ok(()) };
    let (after, folded) = apply(world.runs.get(&id).cloned(), recorded);
    match after {
        Some(run) if run.end.is_some() => drop(world.runs.remove(&id)),
        Some(run) => drop(world.runs.insert(id, run)),
        None => {}
    }
    folded
}

fn apply(run: Option<Run>, recorded: &Recorded) -> (Option<Run>, Folded) {
    if let Event::RunPlanned { run, plan, incident, preapproved } = recorded.event.as_ref() {
        let pending = Step { state: StepState::Pending, attempt: 0, outcome: None, since: recorded.at };
        let planned = Run {
            id: *run,
            plan: Arc::new(plan.as_ref().clone()),
            incident: *incident,
            requested_by: recorded.cause.actor.clone(),
            planned_at: recorded.at,
            preapproved: preapproved.clone(),
            steps: plan.steps.iter().map(|step| (step.number, pending.clone())).collect(),
            end: None,
        };
        return (Some(planned), Ok(()));
    }
    let Some(mut run) = run else { return (None, Err("met no open run".to_owned())) };
    let folded = note(&mut run, recorded);
    (Some(run), folded)
}

fn note(run: &mut Run, recorded: &Recorded) -> Folded {
    let event = recorded.event.as_ref();
    let (number, attempt, outcome) = match event {
        Event::RunFinished { .. } => {
            run.end = Some(RunEnd::Finished);
            return Ok(());
        }
        Event::RunAborted { .. } => {
            run.end = Some(RunEnd::Aborted);
            return Ok(());
        }
        Event::ApprovalRequested { step, .. } | Event::ApprovalGiven { step, .. } | Event::StepSkipped { step, .. } => {
            (step, None, None)
        }
        Event::StepStarted { step, attempt, .. } | Event::StepInDoubt { step, attempt, .. } => {
            (step, Some(*attempt), None)
        }
        Event::StepSucceeded { step, attempt, outcome, .. } | Event::StepFailed { step, attempt, outcome, .. } => {
            (step, Some(*attempt), Some(outcome.clone()))
        }
        _ => return Ok(()),
    };
    let step = run.steps.get_mut(number).ok_or_else(|| format!("met no step {number}"))?;
    step.state = next(step.state, event).ok_or_else(|| format!("met a step that is {}", step.state.word()))?;
    step.attempt = attempt.unwrap_or(step.attempt);
    step.outcome = outcome.or_else(|| step.outcome.take());
    step.since = recorded.at;
    Ok(())
}
