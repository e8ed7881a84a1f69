//! Who performs: nobody before its start stands in the log, and nobody any more once another holds the lease.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::time::Duration;

use allclear_core::{Command, RunId, StepState};
use allclear_engine::Engine;
use allclear_store::Location;
use allclear_testkit::{Asked, ScriptedDrivers, StepScript};
use jiff::SignedDuration;
use sqlx::Connection as _;

use story::{Bench, ana, approve, plan_run, within};

#[tokio::test]
async fn nothing_is_performed_before_the_start_stands_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::DataDir(directory.path().to_owned());
    let bench = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let engine = bench.start_hasty("one").await;
    let (run, digest) = plan_run(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    let performed = |asked: &Vec<(_, Asked)>| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_)));
    within(bench.drivers.asked_for(performed)).await;
    within(engine.stop()).await;

    let mut behind = behind(&directory).await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.kind = 'EngineStarted' \
                  BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::query(refuse).execute(&mut behind).await.unwrap();

    bench.drivers.script(|outside| outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned())));
    let engine = bench.start("two").await;
    for _ in 0..3 {
        bench.clock.advance(SignedDuration::from_secs(2));
        bench.barrier(&engine).await;
    }
    let count = || bench.drivers.asked().iter().filter(|(_, it)| matches!(it, Asked::Perform(_))).count();
    assert_eq!(count(), 1, "the step is not repeated");

    sqlx::query("DROP TRIGGER refuse").execute(&mut behind).await.unwrap();
    bench.clock.advance(SignedDuration::from_secs(2));
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::InDoubt)).await;
    bench.barrier(&engine).await;
    assert_eq!(count(), 1);
    engine.handle().submit(Command::RepeatStep { run, step: 1, digest }, ana()).await.unwrap();
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    assert_eq!(count(), 2, "a person asked for it");
    engine.stop().await;
}

#[tokio::test]
async fn whoever_loses_the_lease_stops_its_steps_and_lets_go_of_what_is_aborted_later() {
    let bench = Bench::begin().await;
    let engine = bench.start_hasty("one").await;
    let run = performing(&bench, &engine).await;
    let before = released(&bench.drivers.asked(), run);

    // Another whose clock is ahead of ours takes it.
    let later = bench.now().saturating_add(SignedDuration::from_secs(60)).unwrap();
    assert!(bench.store.take_lease("two", later, Duration::from_secs(15)).await.unwrap().is_some());
    bench.clock.advance(SignedDuration::from_secs(6));
    within(bench.drivers.asked_for(|asked| released(asked, run) == before + 1)).await;

    let abort = Command::AbortRun { run, reason: "wrong target".to_owned() };
    engine.handle().submit(abort, ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| released(asked, run) == before + 2)).await;
    engine.stop().await;
}

#[tokio::test]
async fn a_step_goes_on_while_nobody_can_say_who_holds_the_lease() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::DataDir(directory.path().to_owned());
    let bench = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let engine = bench.start_hasty("one").await;
    let run = performing(&bench, &engine).await;
    let before = released(&bench.drivers.asked(), run);

    let mut behind = behind(&directory).await;
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON lease BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::query(refuse).execute(&mut behind).await.unwrap();
    for _ in 0..4 {
        bench.clock.advance(SignedDuration::from_secs(6));
        bench.barrier(&engine).await;
    }
    assert_eq!(released(&bench.drivers.asked(), run), before, "our lease ran out, and nobody else took it");
    sqlx::query("DROP TRIGGER refuse").execute(&mut behind).await.unwrap();
    bench.barrier(&engine).await;
    assert_eq!(engine.handle().world().runs[&run].steps[&1].state, StepState::Started);

    // Meanwhile another may take it, which shows once the database answers.
    sqlx::query(refuse).execute(&mut behind).await.unwrap();
    for _ in 0..4 {
        bench.clock.advance(SignedDuration::from_secs(6));
        bench.barrier(&engine).await;
    }
    sqlx::query("DROP TRIGGER refuse").execute(&mut behind).await.unwrap();
    assert!(bench.store.take_lease("two", bench.now(), Duration::from_secs(60)).await.unwrap().is_some());
    bench.barrier(&engine).await;
    within(bench.drivers.asked_for(|asked| released(asked, run) == before + 1)).await;
    engine.stop().await;
}

/// A run whose only step is being performed, and does not end by itself.
async fn performing(bench: &Bench, engine: &Engine) -> RunId {
    let (run, digest) = plan_run(engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_))))).await;
    run
}

fn released(asked: &[(&str, Asked)], run: RunId) -> usize {
    asked.iter().filter(|(_, it)| *it == Asked::Release(run)).count()
}

/// A connection to the database of the log that goes past the engine.
async fn behind(directory: &tempfile::TempDir) -> sqlx::SqliteConnection {
    let address = format!("sqlite://{}", directory.path().join("log.db").display());
    sqlx::SqliteConnection::connect(&address).await.unwrap()
}
