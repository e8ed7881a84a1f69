//! Run: one execution of a plan, durable step by step.
//!
//! A step is recorded as started before it is performed. A started step whose process died has no outcome: it is *in
//! doubt* until it is settled, and nothing is repeated silently. What was before a step is captured before it starts.
//! Undoing a run is a run of its own, whose steps put back those of another. The transition table of a step stands in
//! `docs/reference/transitions.md`.

mod approval;
mod capture;
mod ending;
mod history;
mod react;
mod undo;

use std::collections::BTreeMap;
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

pub(crate) use capture::{awaits_capture, captured_within};
pub use history::{Approval, Attempt, PuttingBack, RunHistory, Said, StepHistory};
pub(crate) use react::{accept, react};
pub use undo::undo_plan;

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
    /// Whether no further step is to be started for now.
    pub paused: bool,
    /// The run that this one undoes.
    pub undoes: Option<RunId>,
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
    /// What was before its commands, by `<index of the command>/<variable>`: the digest of the sealed bytes; `None`
    /// before it was recorded.
    pub captured: Option<BTreeMap<String, Digest>>,
    /// Whether what is before its later commands was recorded before the first, as earlier versions did: one of which
    /// nothing is recorded any more may have been begun all the same.
    pub captured_at_once: bool,
    /// Whether it was not performed, or not to its end, because what is before could not be recorded.
    pub capture_failed: bool,
    /// Why a person wants it performed without recording what is before; until an approval of it lapses.
    pub forgone: Option<String>,
    /// The same of an attempt that was made.
    pub unrecorded: Option<String>,
    /// How many of its commands were begun in all attempts, at most; `None` where nobody knows.
    pub commands_begun: Option<u32>,
    /// Whether the latest attempt that began anything was cut short: it has told no outcome, and may go on in part.
    pub cut_short: bool,
    /// What came of the latest attempt to put it back.
    pub put_back: Option<PutBack>,
}

/// What came of an attempt to put a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutBack {
    /// The run that did it.
    pub by: RunId,
    /// Whether it worked.
    pub succeeded: bool,
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
    /// It was performed, and another run put back what was before.
    Undone,
}

impl Step {
    /// Whether a command of it may have been begun in any attempt.
    fn may_have_begun(&self) -> bool {
        self.commands_begun != Some(0)
    }

    /// Forgets what was before commands that were never begun: it may have changed until their turn comes again.
    fn forget_unused(&mut self) {
        let Some(begun) = self.commands_begun else { return };
        let used = |key: &str| capture::index_of(key).is_none_or(|index| index < begun);
        if let Some(captured) = &mut self.captured {
            captured.retain(|key, _| used(key));
        }
        self.captured.take_if(|captured| captured.is_empty());
    }
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
            Self::Undone => "undone",
        }
    }
}

impl Run {
    /// `planned`, `running`, `waiting`, `in-doubt`, `failed`, `finished`, `aborted` or `undone`.
    pub fn state(&self) -> &'static str {
        match self.end {
            Some(_) if undo::is_undone(self) => return "undone",
            Some(RunEnd::Finished) => return "finished",
            Some(RunEnd::Aborted) => return "aborted",
            None => {}
        }
        match self.current().map(|(_, step)| step.state) {
            Some(StepState::Pending | StepState::Approved) if self.paused => "waiting",
            Some(StepState::Waiting) => "waiting",
            Some(StepState::InDoubt) => "in-doubt",
            Some(StepState::Failed) => "failed",
            Some(StepState::Started | StepState::Approved) => "running",
            _ => "planned",
        }
    }

    /// The first step that is neither done nor left out.
    pub fn current(&self) -> Option<(u32, &Step)> {
        let open = |step: &Step| !matches!(step.state, StepState::Succeeded | StepState::Skipped | StepState::Undone);
        self.steps.iter().map(|(number, step)| (*number, step)).find(|(_, step)| open(step))
    }

    /// The step that is being performed, and which attempt that is.
    pub fn under_way(&self) -> Option<(u32, u32)> {
        let started = self.steps.iter().find(|(_, step)| step.state == StepState::Started);
        started.map(|(number, step)| (*number, step.attempt))
    }

    /// The fold of one run's own events: how a finished run is read back from the log.
    pub fn replay(events: &[Recorded]) -> Option<Self> {
        events.iter().fold(None, |run, recorded| apply(run, recorded).0)
    }
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: StepState, event: &Event) -> Option<StepState> {
    use StepState::{Approved, Failed, InDoubt, Pending, Skipped, Started, Succeeded, Undone, Waiting};
    match (state, event) {
        (Pending, Event::ApprovalRequested { .. }) => Some(Waiting),
        (Waiting | Failed | InDoubt, Event::ApprovalGiven { .. }) => Some(Approved),
        (Approved, Event::ApprovalExpired { .. }) => Some(Waiting),
        (Approved, Event::StateCaptured { .. }) => Some(Approved),
        (Approved, Event::CaptureFailed { .. }) => Some(Failed),
        // What is before a later command of the step is recorded while the step is performed.
        (Started, Event::StateCaptured { .. } | Event::CaptureFailed { .. }) => Some(Started),
        (Failed, Event::UndoForgone { .. }) => Some(Failed),
        // An interrupted step that only observes is performed again without asking.
        (Approved | Started, Event::StepStarted { .. }) => Some(Started),
        (Started, Event::StepInDoubt { .. }) => Some(InDoubt),
        // A failure does not always mean that nothing happened: whoever looked says what did.
        (Started | InDoubt | Failed, Event::StepSucceeded { .. }) => Some(Succeeded),
        (Started | InDoubt, Event::StepFailed { .. }) => Some(Failed),
        (Waiting | Failed | InDoubt, Event::StepSkipped { .. }) => Some(Skipped),
        // Whatever was attempted can be put back: one that an abort cut short, or that was left out after it failed, too.
        (Started | Succeeded | Failed | InDoubt | Skipped, Event::StepUndone { .. }) => Some(Undone),
        (Started | Succeeded | Failed | InDoubt | Skipped, Event::UndoFailed { .. }) => Some(state),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let Some(id) = recorded.run else { return Ok(()) };
    if let Event::StepUndone { step, .. } = recorded.event.as_ref() {
        undo::remember(world, id, *step);
    }
    let known = world.runs.get(&id).or_else(|| world.ending.get(&id)).cloned();
    let (after, folded) = apply(known, recorded);
    match after {
        Some(run) if run.end.is_some() => {
            world.runs.remove(&id);
            ending::keep(world, run);
        }
        Some(run) => drop(world.runs.insert(id, run)),
        None => {}
    }
    folded
}

fn apply(run: Option<Run>, recorded: &Recorded) -> (Option<Run>, Folded) {
    let opened = match recorded.event.as_ref() {
        Event::RunPlanned { run, plan, incident, preapproved } => begun(*run, plan, *incident, preapproved, recorded),
        Event::UndoStarted { run, undoes, plan, incident, preapproved } => {
            Run { undoes: Some(*undoes), ..begun(*run, plan, *incident, preapproved, recorded) }
        }
        event => {
            let Some(mut run) = run else { return (None, of_no_run(event)) };
            let folded = note(&mut run, recorded);
            return (Some(run), folded);
        }
    };
    (Some(opened), Ok(()))
}

/// A run that is undone has ended, so it is not in the world when its steps are put back.
fn of_no_run(event: &Event) -> Folded {
    match event {
        Event::StepUndone { .. } | Event::UndoFailed { .. } => Ok(()),
        _ => Err("met no open run".to_owned()),
    }
}

fn begun(id: RunId, plan: &Plan, incident: Option<IncidentId>, preapproved: &[Digest], recorded: &Recorded) -> Run {
    let pending = Step {
        state: StepState::Pending,
        attempt: 0,
        outcome: None,
        since: recorded.at,
        captured: None,
        captured_at_once: false,
        capture_failed: false,
        forgone: None,
        unrecorded: None,
        commands_begun: Some(0),
        cut_short: false,
        put_back: None,
    };
    Run {
        id,
        plan: Arc::new(plan.clone()),
        incident,
        requested_by: recorded.cause.actor.clone(),
        planned_at: recorded.at,
        preapproved: preapproved.to_vec(),
        steps: plan.steps.iter().map(|step| (step.number, pending.clone())).collect(),
        paused: false,
        undoes: None,
        end: None,
    }
}

fn note(run: &mut Run, recorded: &Recorded) -> Folded {
    let event = recorded.event.as_ref();
    let Some(number) = step_of(event) else {
        note_run(run, event);
        return Ok(());
    };
    let step = run.steps.get_mut(&number).ok_or_else(|| format!("met no step {number}"))?;
    let state = next(step.state, event).ok_or_else(|| format!("met a step that is {}", step.state.word()))?;
    // Neither changes how the step stands, and an approval grows old from when it was given.
    if !matches!(event, Event::StateCaptured { .. } | Event::UndoFailed { .. }) {
        step.since = recorded.at;
    }
    let before = std::mem::replace(&mut step.state, state);
    match event {
        Event::StepStarted { attempt, .. } => {
            step.attempt = *attempt;
            step.cut_short |= before == StepState::Started;
            step.unrecorded = step.forgone.clone().or(step.unrecorded.take());
        }
        Event::StepInDoubt { attempt, .. } => {
            step.attempt = *attempt;
            step.commands_begun = None;
            step.cut_short = true;
        }
        Event::StepSucceeded { attempt, outcome, .. } => {
            step.attempt = *attempt;
            step.outcome = Some(outcome.clone());
            step.commands_begun = None;
            // A person's word ends nothing that is still running.
            step.cut_short &= matches!(recorded.cause.actor, Actor::Person(_));
        }
        Event::StepFailed { attempt, outcome, .. } => {
            step.attempt = *attempt;
            step.outcome = Some(outcome.clone());
            // One that began nothing has not looked for what the attempt before it left, or could not end it.
            step.cut_short &= outcome.commands_begun == Some(0);
            let both = step.commands_begun.zip(outcome.commands_begun);
            step.commands_begun = both.map(|(before, now)| before.max(now));
            step.forget_unused();
        }
        event => note_capture(step, event),
    }
    Ok(())
}

/// What concerns capturing and putting back.
fn note_capture(step: &mut Step, event: &Event) {
    match event {
        Event::StateCaptured { captured, .. } => {
            let later = |key: &String| capture::index_of(key).is_some_and(|index| index > 0);
            step.captured_at_once |= step.state == StepState::Approved && captured.keys().any(later);
            let known = step.captured.get_or_insert_default();
            for (key, digest) in captured {
                known.entry(key.clone()).or_insert_with(|| digest.clone());
            }
        }
        Event::CaptureFailed { summary, .. } => {
            step.capture_failed = true;
            step.outcome = Some(StepOutcome { summary: summary.clone(), ..StepOutcome::default() });
        }
        Event::ApprovalGiven { .. } => step.capture_failed = false,
        Event::UndoForgone { reason, .. } => step.forgone = Some(reason.clone()),
        // What was captured grows old while the step is not performed: it is captured anew, or forgone anew.
        Event::ApprovalExpired { .. } => {
            step.forgone = None;
            step.forget_unused();
        }
        Event::StepUndone { by, .. } => step.put_back = Some(PutBack { by: *by, succeeded: true }),
        Event::UndoFailed { by, .. } => step.put_back = Some(PutBack { by: *by, succeeded: false }),
        _ => {}
    }
}

fn note_run(run: &mut Run, event: &Event) {
    match event {
        Event::RunPaused { .. } => run.paused = true,
        Event::RunResumed { .. } => {
            run.paused = false;
            // As above: what waited through the pause is captured anew.
            let waiting = run.steps.iter().filter(|(_, step)| step.state == StepState::Approved);
            let waiting: Vec<u32> = waiting.map(|(number, _)| *number).collect();
            for number in waiting {
                run.steps.get_mut(&number).into_iter().for_each(Step::forget_unused);
            }
        }
        Event::RunFinished { .. } => run.end = Some(RunEnd::Finished),
        Event::RunAborted { .. } => run.end = Some(RunEnd::Aborted),
        _ => {}
    }
}

fn step_of(event: &Event) -> Option<u32> {
    match event {
        Event::ApprovalRequested { step, .. }
        | Event::ApprovalGiven { step, .. }
        | Event::ApprovalExpired { step, .. }
        | Event::StateCaptured { step, .. }
        | Event::CaptureFailed { step, .. }
        | Event::UndoForgone { step, .. }
        | Event::StepStarted { step, .. }
        | Event::StepSucceeded { step, .. }
        | Event::StepFailed { step, .. }
        | Event::StepInDoubt { step, .. }
        | Event::StepSkipped { step, .. }
        | Event::StepUndone { step, .. }
        | Event::UndoFailed { step, .. } => Some(*step),
        _ => None,
    }
}
