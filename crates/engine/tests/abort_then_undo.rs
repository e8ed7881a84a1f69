//! A run is aborted and undone at once: nothing is put back while what changed it is still being performed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use allclear_core::{Command, Event, Recorded, RunId, StepState, undo_plan};
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

/// A run whose step is being performed and ends only when it is let, is aborted and undone in the same breath; both.
async fn aborted_and_undone(bench: &Bench, engine: &Engine) -> (RunId, RunId) {
    let (run, digest) = plan_scaling(engine).await;
    submit(engine, approve(run, &digest)).await;
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_))))).await;
    bench.drivers.script(|outside| outside.set_step(1, StepScript::Succeeds("exited with 0".to_owned())));
    submit(engine, Command::AbortRun { run, reason: "wrong target".to_owned() }).await;
    let events = bench.store.read_run(run).await.unwrap();
    let plan = undo_plan(&allclear_core::Run::replay(&events).unwrap(), None).unwrap();
    let preapproved = vec![plan.digest.clone()];
    let undo = Command::StartUndo { undoes: run, plan: Box::new(plan), incident: None, preapproved };
    let by = submit(engine, undo).await[0].run.unwrap();
    bench.barrier(engine).await;
    assert_eq!(engine.handle().world().runs[&by].steps[&1].state, StepState::Approved, "it waits");
    assert_eq!(performed(bench, by), 0);
    (run, by)
}

fn position(log: &[Recorded], wanted: impl Fn(&Event) -> bool) -> usize {
    log.iter().position(|recorded| wanted(recorded.event.as_ref())).unwrap()
}

#[tokio::test]
async fn an_undo_waits_until_what_an_abort_cut_short_has_ended() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    let (run, by) = aborted_and_undone(&bench, &engine).await;
    bench.drivers.let_stopped_steps_end();
    within(bench.world(&engine, move |world| !world.runs.contains_key(&by))).await;
    assert_eq!(performed(&bench, by), 1);
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
    let (run, by) = aborted_and_undone(&bench, &engine).await;
    within(engine.stop()).await;
    let engine = bench.start("two").await;
    within(bench.world(&engine, move |world| !world.runs.contains_key(&by))).await;
    assert_eq!(performed(&bench, by), 1);
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
