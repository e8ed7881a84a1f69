//! Undo: a run whose steps put back what another run changed, latest first.
//!
//! Invariants: a plan of an undo holds everything that was attempted and is not put back yet, or says why no command puts
//! it back; it is made once it is known what came of each step; a step is put back by one run at a time; only what was
//! recorded before a change is used to undo it.

use std::collections::BTreeMap;

use crate::decide::Batch;
use crate::digest::Digest;
use crate::event::Event;
use crate::id::{IncidentId, RunId};
use crate::plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
use crate::refusal::Refusal;
use crate::run::capture::key;
use crate::run::{Run, Step, StepState};
use crate::world::World;

/// The plan that puts back what the run did, down to the step of number `to`. What only observes is left out; what no
/// command can put back becomes a manual step that says so.
///
/// # Errors
/// A step is being performed, there is no step `to`, or nothing is left to undo.
pub fn undo_plan(run: &Run, to: Option<u32>) -> Result<Plan, Refusal> {
    let started = run.steps.iter().find(|(_, step)| step.state == StepState::Started);
    if let Some((number, _)) = started {
        if run.end.is_some() {
            return Err(Refusal::StillEnding { run: run.id.0 });
        }
        let (state, wanted) = ("started".to_owned(), "at rest".to_owned());
        return Err(Refusal::StepState { run: run.id.0, step: *number, state, wanted });
    }
    if let Some(step) = to.filter(|to| run.plan.step(*to).is_none()) {
        return Err(Refusal::NoSuchStep { run: run.id.0, step });
    }
    let wanted = run.plan.steps.iter().rev().filter(|step| to.is_none_or(|to| step.number >= to));
    let mut steps: Vec<PlannedStep> = wanted.flat_map(|planned| put_back(run, planned)).collect();
    if steps.is_empty() {
        return Err(Refusal::NothingToUndo { run: run.id.0 });
    }
    for (step, number) in steps.iter_mut().zip(1..) {
        step.number = number;
    }
    let title = format!("Undo {}: {}", run.id, run.plan.title);
    Ok(Plan { title, steps, ..run.plan.as_ref().clone() }.sealed())
}

/// Whether a run is over and everything of it that commands can put back was put back.
pub(super) fn is_undone(run: &Run) -> bool {
    let by_command = |planned: &PlannedStep| put_back(run, planned).iter().any(|step| step.kind == StepKind::Command);
    run.steps.values().any(|step| step.state == StepState::Undone) && !run.plan.steps.iter().any(by_command)
}

/// The steps that put this one back: first what a person has to do, then what commands do.
fn put_back(run: &Run, planned: &PlannedStep) -> Vec<PlannedStep> {
    let attempted = |step: &&Step| step.attempt > 0 && step.state != StepState::Undone;
    let Some(step) = run.steps.get(&planned.number).filter(attempted) else { return Vec::new() };
    let title = format!("Put back step {}: {}", planned.number, planned.title);
    let manual = |prose: String| PlannedStep {
        undoes: Some(planned.number),
        undoes_cut_short: step.cut_short,
        ..PlannedStep::manual(0, planned.line, title.clone(), prose)
    };
    if planned.kind == StepKind::Manual {
        return vec![manual(format!("It was done by hand. {BY_HAND}"))];
    }
    let mut commands = Vec::new();
    let mut stays = Vec::new();
    for (index, command) in planned.commands.iter().enumerate().rev() {
        if command.effect == EffectClass::Observe || was_not_reached(planned, step, index) {
            continue;
        }
        match inverse(index, command, step, &run.plan.target) {
            Ok(inverse) => commands.push(inverse),
            Err(reason) => stays.push(format!("No command puts back line {}: {reason}.", command.line)),
        }
    }
    let mut steps = Vec::new();
    if !stays.is_empty() {
        steps.push(manual(format!("{} {BY_HAND}", stays.join(" "))));
    }
    if !commands.is_empty() {
        commands.splice(0..0, directory_before(run, planned));
        let undoes = Some(planned.number);
        let by_command = PlannedStep { kind: StepKind::Command, commands, ..manual(String::new()) };
        steps.push(PlannedStep { undoes, ..by_command });
    }
    steps
}

/// Whether the command of that index was begun in no attempt: one before it failed, or what is before it was to be recorded
/// first and was not.
fn was_not_reached(planned: &PlannedStep, step: &Step, index: usize) -> bool {
    // A count decides alone: that of an earlier version says so of a command whose capture is forgotten by now.
    if let Some(begun) = step.commands_begun.filter(|_| step.state != StepState::Started) {
        return index >= begun as usize;
    }
    // Whoever says that it succeeded says so of all its commands.
    let in_order = step.unrecorded.is_none() && !step.captured_at_once && step.state != StepState::Succeeded;
    let late = index >= planned.undisturbed() && in_order;
    let captured = |variable: &String| step.captured.as_ref().is_some_and(|it| it.contains_key(&key(index, variable)));
    late && !planned.commands[index].capture.keys().all(captured)
}

/// Of how many undone runs the world remembers which steps were put back.
const UNDONE_RUNS_MAX: usize = 1_000;

const BY_HAND: &str = "Confirm it once it is put back by hand, or skip it with the reason why it stays.";

/// The command that puts this one back, or why there is none.
fn inverse(index: usize, command: &PlannedCommand, step: &Step, target: &str) -> Result<PlannedCommand, String> {
    let unknown = || command.irreversible.clone().unwrap_or_else(|| "nobody knows its undo".to_owned());
    let undo = command.undo.clone().ok_or_else(unknown)?;
    let mut captured = BTreeMap::new();
    for variable in command.capture.keys() {
        let digest = step.captured.as_ref().and_then(|captured| captured.get(&key(index, variable)));
        let missing = || match &step.unrecorded {
            Some(reason) => format!("it was performed without an undo: {reason}"),
            None => "what was before it was not recorded".to_owned(),
        };
        let digest: &Digest = digest.ok_or_else(missing)?;
        captured.insert(variable.clone(), digest.clone());
    }
    // A manifest is put back by commands.
    let language = if command.language == "yaml" { "bash" } else { &command.language };
    let inverse = PlannedCommand::new(command.line, language, undo, command.effect, target);
    let (classified, needs) = (command.classified, command.needs.clone());
    Ok(PlannedCommand { classified, captured, needs, ..inverse }.bound(target))
}

/// Goes where the shell stood when the step began, as far as that is known: paths mean the same there.
fn directory_before(run: &Run, planned: &PlannedStep) -> Option<PlannedCommand> {
    let is_bash = planned.commands.iter().any(|command| command.language == "bash");
    let before = run.steps.iter().filter(|(number, _)| is_bash && **number < planned.number);
    let directory = before.filter_map(|(_, step)| step.outcome.as_ref()?.directory.as_deref()).next_back()?;
    let quoted = directory.replace('\'', "'\\''");
    let go = format!("cd -- '{quoted}'");
    Some(PlannedCommand::new(planned.line, "bash", go, EffectClass::Observe, &run.plan.target))
}

pub(super) fn start(
    batch: &mut Batch,
    undoes: RunId,
    plan: &Plan,
    incident: Option<IncidentId>,
    preapproved: &[Digest],
) -> Result<(), Refusal> {
    if batch.world().ending.contains_key(&undoes) {
        return Err(Refusal::StillEnding { run: undoes.0 });
    }
    if plan.steps.is_empty() {
        return Err(Refusal::NothingToUndo { run: undoes.0 });
    }
    if plan.steps.iter().any(|step| step.undoes.is_none()) {
        return Err(Refusal::PlanTampered);
    }
    let world = batch.world();
    if undoes.0 > world.seq {
        return Err(Refusal::NotOpen { noun: "run".to_owned(), id: undoes.to_string() });
    }
    // One that was aborted is under way until what it was doing has ended.
    if let Some(other) = world.runs.values().chain(world.ending.values()).find(|run| run.undoes == Some(undoes)) {
        return Err(Refusal::UndoUnderWay { run: undoes.0, by: other.id.0 });
    }
    let again = |step: &u32| world.undone.get(&undoes).is_some_and(|undone| undone.contains(step));
    if let Some(step) = plan.steps.iter().filter_map(|step| step.undoes).find(again) {
        let (state, wanted) = (StepState::Undone.word().to_owned(), "still to be put back".to_owned());
        return Err(Refusal::StepState { run: undoes.0, step, state, wanted });
    }
    if let Some(open) = world.runs.get(&undoes) {
        let to = plan.steps.iter().filter_map(|step| step.undoes).min();
        if undo_plan(open, to)? != *plan {
            return Err(Refusal::PlanTampered);
        }
        batch.push(Event::RunAborted { run: undoes, reason: "it is undone".to_owned() });
    }
    let (run, plan) = (RunId(batch.next_seq()), Box::new(plan.clone()));
    batch.push(Event::UndoStarted { run, undoes, plan, incident, preapproved: preapproved.to_vec() });
    Ok(())
}

/// What is put back once is not put back again, whoever comes with a plan from before. Of very old runs nobody does.
pub(super) fn remember(world: &mut World, run: RunId, step: u32) {
    world.undone.entry(run).or_default().insert(step);
    if world.undone.len() > UNDONE_RUNS_MAX
        && let Some(oldest) = world.undone.keys().next().copied()
    {
        world.undone.remove(&oldest);
    }
}

/// Says of the run that is undone what became of a step that puts one of its steps back.
pub(super) fn tell(batch: &mut Batch, id: RunId, number: u32, succeeded: bool) {
    let told = batch.world().runs.get(&id).and_then(|run| told(run, number, succeeded));
    if let Some(told) = told {
        batch.push(told);
    }
}

/// What that is. Where commands put back a part of a step and a person has to see to the rest, the commands decide: what
/// they did must not be done again.
pub(super) fn told(run: &Run, number: u32, succeeded: bool) -> Option<Event> {
    let (original, planned) = (run.undoes?, run.plan.step(number)?);
    let step = planned.undoes?;
    let mut siblings = run.plan.steps.iter().filter(|sibling| sibling.undoes == Some(step));
    let decides = planned.kind == StepKind::Command || siblings.all(|sibling| sibling.kind == StepKind::Manual);
    match succeeded {
        false => Some(Event::UndoFailed { run: original, step, by: run.id }),
        true => decides.then_some(Event::StepUndone { run: original, step, by: run.id }),
    }
}
