//! Takes a run from step to step: asks, starts, believes outcomes, and leaves what is in doubt to a person.

use crate::command::Command;
use crate::decide::Batch;
use crate::digest::Digest;
use crate::event::{Event, StepOutcome};
use crate::id::{IncidentId, RunId};
use crate::incident::said;
use crate::plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
use crate::refusal::Refusal;
use crate::run::{Run, StepState, approval, awaits_capture, capture, ending, undo};

pub(crate) fn accept(batch: &mut Batch, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::PlanRun { plan, incident, preapproved } => plan_run(batch, plan, *incident, preapproved),
        Command::ApproveStep { run, step, digest } => approve(batch, *run, *step, digest, &[StepState::Waiting]),
        Command::RepeatStep { run, step, digest } => {
            approve(batch, *run, *step, digest, &[StepState::Failed, StepState::InDoubt])
        }
        Command::ConfirmStep { run, step, note } => confirm(batch, *run, *step, note),
        Command::SkipStep { run, step, reason } => {
            said("reason", reason)?;
            in_state(batch, *run, *step, &[StepState::Waiting, StepState::Failed, StepState::InDoubt])?;
            batch.push(Event::StepSkipped { run: *run, step: *step, reason: reason.clone() });
            Ok(())
        }
        Command::ReportStep { run, step, attempt, succeeded, outcome } => {
            report(batch, *run, *step, *attempt, *succeeded, outcome)
        }
        Command::ForgoUndo { run, step, digest, reason } => capture::forgo(batch, *run, *step, digest, reason),
        Command::ReportCapture { run, step, attempt, result } => capture::report(batch, *run, *step, *attempt, result),
        Command::PauseRun { run } => {
            if !open(batch, *run)?.paused {
                batch.push(Event::RunPaused { run: *run });
            }
            Ok(())
        }
        Command::ResumeRun { run } => {
            if open(batch, *run)?.paused {
                batch.push(Event::RunResumed { run: *run });
            }
            Ok(())
        }
        Command::StartUndo { undoes, plan, incident, preapproved } => {
            is_sound(batch, plan, *incident)?;
            undo::start(batch, *undoes, plan, *incident, preapproved)
        }
        Command::AbortRun { run, reason } => {
            said("reason", reason)?;
            open(batch, *run)?;
            batch.push(Event::RunAborted { run: *run, reason: reason.clone() });
            Ok(())
        }
        _ => Ok(()),
    }
}

/// After a restart nothing that was started is trusted; and every run is taken to its next step.
pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| match event {
        Event::EngineStarted { .. } => doubt_started_steps(batch),
        Event::StepSucceeded { run, step, .. } => undo::tell(batch, *run, *step, true),
        Event::StepFailed { run, step, .. } => undo::tell(batch, *run, *step, false),
        _ => {}
    });
    approval::lapse(batch);
    let open: Vec<RunId> = batch.world().runs.keys().copied().collect();
    for run in open {
        advance(batch, run);
    }
}

fn plan_run(
    batch: &mut Batch,
    plan: &Plan,
    incident: Option<IncidentId>,
    preapproved: &[Digest],
) -> Result<(), Refusal> {
    is_sound(batch, plan, incident)?;
    // Only an undo, whose plan is made of the log, gets at what was recorded before.
    let takes_recorded = |step: &PlannedStep| step.commands.iter().any(|command| !command.captured.is_empty());
    if plan.steps.iter().any(|step| step.undoes.is_some() || takes_recorded(step)) {
        return Err(Refusal::PlanTampered);
    }
    let run = RunId(batch.next_seq());
    let preapproved = preapproved.to_vec();
    batch.push(Event::RunPlanned { run, plan: Box::new(plan.clone()), incident, preapproved });
    Ok(())
}

fn is_sound(batch: &Batch, plan: &Plan, incident: Option<IncidentId>) -> Result<(), Refusal> {
    if plan.digest != plan.content_digest() {
        return Err(Refusal::PlanTampered);
    }
    let forged = |command: &PlannedCommand| command.clone().bound(&plan.target).digest != command.digest;
    if plan.steps.iter().flat_map(|step| &step.commands).any(forged) {
        return Err(Refusal::PlanTampered);
    }
    let changes = |step: &&PlannedStep| step.wait.is_some() && step.effect() != Some(EffectClass::Observe);
    if let Some(step) = plan.steps.iter().find(changes) {
        return Err(Refusal::WaitChanges { step: step.number });
    }
    if let Some(id) = incident.filter(|id| !batch.world().incidents.contains_key(id)) {
        return Err(Refusal::NotOpen { noun: "incident".to_owned(), id: id.to_string() });
    }
    Ok(())
}

fn approve(batch: &mut Batch, id: RunId, number: u32, digest: &Digest, from: &[StepState]) -> Result<(), Refusal> {
    let digest = approval::agreed(batch, id, number, Some(digest), from)?;
    let (_, step) = in_state(batch, id, number, from)?;
    let manual = step.kind == StepKind::Manual;
    batch.push(Event::ApprovalGiven { run: id, step: number, digest });
    if manual {
        finish_by_hand(batch, id, number, "done by hand");
    }
    Ok(())
}

/// A person says that it has happened: a manual step, one in doubt, or one that was attempted and failed, for a lost
/// connection or a killed shell says nothing about what had been done before.
fn confirm(batch: &mut Batch, id: RunId, number: u32, note: &str) -> Result<(), Refusal> {
    let (run, step) = in_state(batch, id, number, &[StepState::Waiting, StepState::InDoubt, StepState::Failed])?;
    let attempt = run.steps.get(&number).map_or(0, |step| step.attempt);
    let state = run.steps.get(&number).map(|step| step.state);
    if attempt > 0 && matches!(state, Some(StepState::InDoubt | StepState::Failed)) {
        let summary = format!("a person says that it happened: {note}");
        let outcome = StepOutcome { summary, ..StepOutcome::default() };
        batch.push(Event::StepSucceeded { run: id, step: number, attempt, outcome });
        return Ok(());
    }
    if step.kind != StepKind::Manual || state != Some(StepState::Waiting) {
        let (state, wanted) = ("a command that was not begun".to_owned(), "manual or attempted".to_owned());
        return Err(Refusal::StepState { run: id.0, step: number, state, wanted });
    }
    let digest = approval::agreed(batch, id, number, None, &[StepState::Waiting])?;
    batch.push(Event::ApprovalGiven { run: id, step: number, digest });
    finish_by_hand(batch, id, number, note);
    Ok(())
}

fn finish_by_hand(batch: &mut Batch, run: RunId, step: u32, note: &str) {
    let attempt = start(batch, run, step);
    let outcome = StepOutcome { summary: note.to_owned(), ..StepOutcome::default() };
    batch.push(Event::StepSucceeded { run, step, attempt, outcome });
}

fn report(
    batch: &mut Batch,
    id: RunId,
    step: u32,
    attempt: u32,
    succeeded: bool,
    outcome: &StepOutcome,
) -> Result<(), Refusal> {
    // Whoever performed it may still be there when the step is in doubt already: its word settles the doubt. And what an
    // abort cut short has come to something, too.
    let ending = batch.world().ending.get(&id);
    let run = ending.map_or_else(|| open(batch, id), Ok)?;
    standing(run, step, &[StepState::Started, StepState::InDoubt])?;
    if run.steps.get(&step).is_none_or(|step| step.attempt != attempt) {
        return Err(Refusal::StaleOutcome { attempt });
    }
    // Of a run that is over nothing is left to react to after this.
    let told = ending.and_then(|run| undo::told(run, step, succeeded));
    let outcome = outcome.clone();
    batch.push(if succeeded {
        Event::StepSucceeded { run: id, step, attempt, outcome }
    } else {
        Event::StepFailed { run: id, step, attempt, outcome }
    });
    if let Some(told) = told {
        batch.push(told);
    }
    Ok(())
}

/// The first step that is not done: asked for, started if it is approved; or the end of the run.
fn advance(batch: &mut Batch, id: RunId) {
    let Some(run) = batch.world().runs.get(&id) else { return };
    let Some((number, state)) = run.current().map(|(number, step)| (number, step.state)) else {
        batch.push(Event::RunFinished { run: id });
        return;
    };
    if run.paused {
        return;
    }
    match state {
        StepState::Pending => {
            let Some(step) = run.plan.step(number) else { return };
            let digest = step.digest(&run.plan.target);
            let agreed = approval::is_preapproved(batch, run, step);
            batch.push(Event::ApprovalRequested { run: id, step: number, digest: digest.clone() });
            if agreed {
                batch.push(Event::ApprovalGiven { run: id, step: number, digest });
                start_when_captured(batch, id, number);
            }
        }
        StepState::Approved => start_when_captured(batch, id, number),
        _ => {}
    }
}

/// Nothing is started before what it will change is recorded.
fn start_when_captured(batch: &mut Batch, id: RunId, step: u32) {
    if batch.world().runs.get(&id).is_some_and(|run| !awaits_capture(run, step)) {
        start(batch, id, step);
    }
}

fn start(batch: &mut Batch, run: RunId, step: u32) -> u32 {
    let made = batch.world().runs.get(&run).and_then(|run| run.steps.get(&step)).map_or(0, |step| step.attempt);
    let attempt = made.saturating_add(1);
    batch.push(Event::StepStarted { run, step, attempt });
    attempt
}

fn doubt_started_steps(batch: &mut Batch) {
    let mut interrupted = Vec::new();
    for run in batch.world().runs.values() {
        for (number, step) in run.steps.iter().filter(|(_, step)| step.state == StepState::Started) {
            let harmless = run.plan.step(*number).and_then(PlannedStep::effect) == Some(EffectClass::Observe);
            interrupted.push((run.id, *number, step.attempt, harmless));
        }
    }
    for (run, step, attempt, harmless) in interrupted {
        if harmless {
            start(batch, run, step);
        } else {
            batch.push(Event::StepInDoubt { run, step, attempt });
        }
    }
    ending::doubt(batch);
}

fn open(batch: &Batch, id: RunId) -> Result<&Run, Refusal> {
    batch.world().runs.get(&id).ok_or_else(|| Refusal::NotOpen { noun: "run".to_owned(), id: id.to_string() })
}

/// The run and the planned step, if the step stands where it should.
pub(super) fn in_state<'a>(
    batch: &'a Batch,
    id: RunId,
    number: u32,
    wanted: &[StepState],
) -> Result<(&'a Run, &'a PlannedStep), Refusal> {
    standing(open(batch, id)?, number, wanted)
}

fn standing<'a>(run: &'a Run, number: u32, wanted: &[StepState]) -> Result<(&'a Run, &'a PlannedStep), Refusal> {
    let id = run.id;
    let missing = || Refusal::NoSuchStep { run: id.0, step: number };
    let state = run.steps.get(&number).ok_or_else(missing)?.state;
    if !wanted.contains(&state) {
        let wanted: Vec<&str> = wanted.iter().map(|state| state.word()).collect();
        let (state, wanted) = (state.word().to_owned(), wanted.join(" or "));
        return Err(Refusal::StepState { run: id.0, step: number, state, wanted });
    }
    Ok((run, run.plan.step(number).ok_or_else(missing)?))
}
