//! Who performs: nobody before its start stands in the log, and nobody any more once another holds the lease.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::time::Duration;

use allclear_core::{Actor, Command, Event, RunId, StepState};
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

    take_away(&bench).await;
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
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON lease WHEN NEW.holder = 'one' \
                  BEGIN SELECT RAISE(ABORT, 'not now'); END";
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
    assert!(bench.store.take_lease("two", bench.now(), Duration::from_secs(60)).await.unwrap().is_some());
    sqlx::query("DROP TRIGGER refuse").execute(&mut behind).await.unwrap();
    bench.barrier(&engine).await;
    within(bench.drivers.asked_for(|asked| released(asked, run) == before + 1)).await;
    engine.stop().await;
}

#[tokio::test]
async fn a_start_that_comes_after_another_took_the_lease_is_not_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::at(&Location::DataDir(directory.path().to_owned()), ScriptedDrivers::new("one")).await;
    let mut behind = behind(&directory).await;
    // Another takes the lease between our taking it and our append.
    for change in ["INSERT", "UPDATE"] {
        let steal = format!(
            "CREATE TRIGGER steal_{change} AFTER {change} ON lease WHEN NEW.holder = 'one' \
             BEGIN UPDATE lease SET holder = 'two', token = token + 1; END"
        );
        sqlx::query(sqlx::AssertSqlSafe(steal)).execute(&mut behind).await.unwrap();
    }
    let engine = bench.start("one").await;
    bench.barrier(&engine).await;
    assert_eq!(starts(&bench).await, 0, "it would leave in doubt what the other performs");

    for change in ["INSERT", "UPDATE"] {
        let drop = format!("DROP TRIGGER steal_{change}");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut behind).await.unwrap();
    }
    // The other's lease runs out.
    bench.clock.advance(SignedDuration::from_secs(60));
    bench.barrier(&engine).await;
    assert_eq!(starts(&bench).await, 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_step_that_was_stopped_when_the_lease_was_lost_is_not_stopped_again_when_it_is_regained() {
    let bench = Bench::begin().await;
    let engine = bench.start_hasty("one").await;
    let run = performing(&bench, &engine).await;
    take_away(&bench).await;
    bench.clock.advance(SignedDuration::from_secs(6));
    within(bench.drivers.asked_for(|asked| released(asked, run) == 1)).await;

    bench.clock.advance(SignedDuration::from_secs(60));
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::InDoubt)).await;
    bench.barrier(&engine).await;
    assert_eq!(released(&bench.drivers.asked(), run), 1, "told twice, what a person then repeats would not begin");
    engine.stop().await;
}

#[tokio::test]
async fn a_step_that_has_ended_is_not_stopped_when_the_lease_is_lost_before_its_outcome_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::at(&Location::DataDir(directory.path().to_owned()), ScriptedDrivers::new("one")).await;
    let engine = bench.start_hasty("one").await;
    let run = performing(&bench, &engine).await;
    let mut behind = behind(&directory).await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::query(refuse).execute(&mut behind).await.unwrap();
    bench.drivers.let_hanging_steps_go_on();
    // Refused together with the outcome, which is kept.
    let handle = engine.handle();
    within(async { while handle.submit(Command::ReachTime, Actor::Engine).await.is_ok() {} }).await;

    take_away(&bench).await;
    sqlx::query("DROP TRIGGER refuse").execute(&mut behind).await.unwrap();
    bench.clock.advance(SignedDuration::from_secs(6));
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    assert_eq!(released(&bench.drivers.asked(), run), 0, "what comes next of the run would not begin");
    engine.stop().await;
}

/// A run whose only step is being performed, and does not end by itself.
async fn performing(bench: &Bench, engine: &Engine) -> RunId {
    let (run, digest) = plan_run(engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_))))).await;
    run
}

/// Another, whose clock is ahead of ours, takes the lease for the next minute.
async fn take_away(bench: &Bench) {
    let later = bench.now().saturating_add(SignedDuration::from_secs(55)).unwrap();
    assert!(bench.store.take_lease("two", later, Duration::from_secs(5)).await.unwrap().is_some());
}

/// How often the log says that an engine started.
async fn starts(bench: &Bench) -> usize {
    let events = bench.store.read(0, 1_000).await.unwrap();
    events.iter().filter(|it| matches!(it.event.as_ref(), Event::EngineStarted { .. })).count()
}

fn released(asked: &[(&str, Asked)], run: RunId) -> usize {
    asked.iter().filter(|(_, it)| *it == Asked::Release(run)).count()
}

/// A connection to the database of the log that goes past the engine.
async fn behind(directory: &tempfile::TempDir) -> sqlx::SqliteConnection {
    let address = format!("sqlite://{}", directory.path().join("log.db").display());
    sqlx::SqliteConnection::connect(&address).await.unwrap()
}
