//! A run is aborted and undone at once: nothing is put back before it is known what came of the step under way.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use allclear_core::{Command, Event, Plan, Recorded, Run, RunId, StepState, undo_plan};
use allclear_engine::Engine;
use allclear_testkit::{Asked, StepScript};

use story::{Bench, ana, approve, plan_run, plan_scaling, within};

/// How often a step of this run was begun.
fn performed(bench: &Bench, run: RunId) -> usize {
    bench.drivers.asked().iter().filter(|(_, it)| matches!(it, Asked::Perform(effect) if effect.run == run)).count()
}

async fn submit(engine: &Engine, command: Command) -> Vec<Recorded> {
    engine.handle().submit(command, ana()).await.unwrap().events
}

/// A run whose step is being performed and ends only when it is let, is aborted; nobody can undo it yet.
async fn aborted(bench: &Bench, engine: &Engine) -> RunId {
    let (run, digest) = plan_scaling(engine).await;
    submit(engine, approve(run, &digest)).await;
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_))))).await;
    bench.drivers.script(|outside| outside.set_step(1, StepScript::Succeeds("exited with 0".to_owned())));
    submit(engine, Command::AbortRun { run, reason: "wrong target".to_owned() }).await;
    let mut known = Run::replay(&bench.store.read_run(run).await.unwrap()).unwrap();
    assert_eq!(undo_plan(&known, None).unwrap_err().code(), "still-ending");
    // Whoever makes a plan all the same guesses what came of it.
    let step = known.steps.get_mut(&1).unwrap();
    (step.state, step.commands_begun) = (StepState::Failed, None);
    let guessed = start_undo(run, undo_plan(&known, None).unwrap());
    let refused = engine.handle().submit(guessed, ana()).await.unwrap_err();
    assert!(refused.to_string().contains("is still ending"), "{refused}");
    run
}

fn start_undo(undoes: RunId, plan: Plan) -> Command {
    let preapproved = vec![plan.digest.clone()];
    Command::StartUndo { undoes, plan: Box::new(plan), incident: None, preapproved }
}

/// Undoes the run that has ended; the run that did.
async fn undone(bench: &Bench, engine: &Engine, run: RunId) -> RunId {
    within(bench.world(engine, |world| world.ending.is_empty())).await;
    let known = Run::replay(&bench.store.read_run(run).await.unwrap()).unwrap();
    let by = submit(engine, start_undo(run, undo_plan(&known, None).unwrap())).await[0].run.unwrap();
    within(bench.world(engine, move |world| !world.runs.contains_key(&by))).await;
    assert_eq!(performed(bench, by), 1);
    by
}

fn position(log: &[Recorded], wanted: impl Fn(&Event) -> bool) -> usize {
    log.iter().position(|recorded| wanted(recorded.event.as_ref())).unwrap()
}

#[tokio::test]
async fn an_undo_is_begun_once_what_an_abort_cut_short_has_ended() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    let run = aborted(&bench, &engine).await;
    bench.drivers.let_stopped_steps_end();
    let by = undone(&bench, &engine, run).await;
    let log = bench.store.read(0, 1_000).await.unwrap();
    let ended = position(&log, |event| matches!(event, Event::StepFailed { run: ended, .. } if *ended == run));
    let begun = position(&log, |event| matches!(event, Event::StepStarted { run: begun, .. } if *begun == by));
    assert!(ended < begun, "what it came to is on record before anything is put back");
    engine.stop().await;
}

#[tokio::test]
async fn after_a_restart_nothing_goes_on_of_what_an_abort_cut_short() {
    let bench = Bench::begin().await;
    let engine = bench.start_hasty("one").await;
    let run = aborted(&bench, &engine).await;
    within(engine.stop()).await;
    let engine = bench.start("two").await;
    let by = undone(&bench, &engine, run).await;
    let log = bench.store.read(0, 1_000).await.unwrap();
    let doubted = position(&log, |event| matches!(event, Event::StepInDoubt { run: doubted, .. } if *doubted == run));
    let begun = position(&log, |event| matches!(event, Event::StepStarted { run: begun, .. } if *begun == by));
    assert!(doubted < begun);
    engine.stop().await;
}

#[tokio::test]
async fn a_step_that_was_aborted_before_it_was_begun_is_never_performed_and_keeps_nobody_waiting() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    let (run, digest) = plan_run(&engine).await;
    let handle = engine.handle();
    // Both wait for the loop, which takes them in one turn.
    let abort = Command::AbortRun { run, reason: "wrong target".to_owned() };
    let (approved, aborted) = tokio::join!(handle.submit(approve(run, &digest), ana()), handle.submit(abort, ana()));
    assert!(approved.is_ok() && aborted.is_ok());
    within(bench.world(&engine, |world| world.ending.is_empty())).await;
    assert_eq!(performed(&bench, run), 0);
    let log = bench.store.read_run(run).await.unwrap();
    let told = log.iter().any(|recorded| {
        matches!(recorded.event.as_ref(), Event::StepFailed { outcome, .. } if outcome.commands_begun == Some(0))
    });
    assert!(told, "{log:?}");
    engine.stop().await;
}
