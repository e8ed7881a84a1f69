//! Two engines on one PostgreSQL: one performs, both decide, and either carries on alone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use allclear_core::{Command, DeliveryId, Event, Recorded, World};
use allclear_engine::SubmitError;
use allclear_store::{Location, Store};
use allclear_testkit::{Asked, Postgres, ScriptedDrivers};
use jiff::SignedDuration;

use story::{Bench, ana, approve, open_incident, plan_run, policy, within};

async fn log(store: &Store) -> Vec<Recorded> {
    store.read(0, 100_000).await.unwrap()
}

fn delivered(asked: &[(&'static str, Asked)]) -> Vec<(&'static str, DeliveryId)> {
    let of = |(name, asked): &(&'static str, Asked)| match asked {
        Asked::Deliver(effect) => Some((*name, effect.delivery)),
        _ => None,
    };
    asked.iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_holder_performs_and_the_other_takes_over() {
    let Some(postgres) = Postgres::shared() else { return };
    let location = Location::Postgres(postgres.database());
    let one = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let two = one.joined_by(&location, "two").await;
    let first = one.start("one").await;
    one.barrier(&first).await;
    let second = two.start("two").await;
    two.barrier(&second).await;

    // Decided by the one that may not perform, performed by the other.
    first.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    second.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(one.drivers.asked_for(|asked| !delivered(asked).is_empty())).await;
    within(one.world(&first, |world| world.incidents.len() == 1 && world.deliveries.is_empty())).await;
    within(two.world(&second, |world| world.incidents.len() == 1 && world.deliveries.is_empty())).await;

    first.stop().await;
    one.clock.advance(SignedDuration::from_secs(10));
    two.barrier(&second).await;
    second.handle().submit(open_incident("nobody can log in"), ana()).await.unwrap();
    within(two.world(&second, |world| world.incidents.len() == 2 && world.deliveries.is_empty())).await;
    one.clock.advance(SignedDuration::from_secs(10));
    let probed =
        |asked: &Vec<(_, Asked)>| asked.iter().any(|(name, it)| *name == "two" && matches!(it, Asked::Probe(_)));
    within(one.drivers.asked_for(probed)).await;

    let sent = delivered(&one.drivers.asked());
    let names: Vec<&str> = sent.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["one", "two"], "{sent:?}");
    let handle = second.handle();
    second.stop().await;
    let events = log(&two.store).await;
    let starts = events.iter().filter(|it| matches!(it.event.as_ref(), Event::EngineStarted { .. })).count();
    assert_eq!(starts, 2, "each holder says so in the log once");
    assert!(World::replay(&events).anomalies.is_empty());
    assert_eq!(World::replay(&events), *handle.world());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_decide_at_once_is_decided_again_by_the_slower() {
    const EACH: usize = 40;
    let Some(postgres) = Postgres::shared() else { return };
    let location = Location::Postgres(postgres.database());
    let one = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let two = one.joined_by(&location, "two").await;
    let (first, second) = (one.start("one").await, two.start("two").await);
    let asked: Vec<_> = (0..2 * EACH)
        .map(|number| {
            let handle = if number % 2 == 0 { first.handle() } else { second.handle() };
            tokio::spawn(async move { handle.submit(open_incident(&format!("trouble {number}")), ana()).await })
        })
        .collect();
    for asked in asked {
        within(asked).await.unwrap().unwrap();
    }
    let events = log(&one.store).await;
    let opened = events.iter().filter(|it| it.event.name() == "IncidentOpened").count();
    assert_eq!(opened, 2 * EACH);
    assert!(events.iter().zip(1..).all(|(recorded, seq)| recorded.seq == seq));
    assert!(World::replay(&events).anomalies.is_empty());
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_out_nothing_is_accepted_and_no_outcome_is_lost() {
    let Some(postgres) = Postgres::shared() else { return };
    let address = postgres.database();
    let database = address.rsplit('/').next().unwrap().to_owned();
    let bench = Bench::at(&Location::Postgres(address), ScriptedDrivers::new("one")).await;
    let engine = bench.start("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    bench.drivers.hold_deliveries(true);
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| delivered(asked).len() == 1)).await;

    postgres.psql(&database, "ALTER TABLE event RENAME TO event_away");
    let error = engine.handle().submit(open_incident("nobody can log in"), ana()).await.unwrap_err();
    assert!(matches!(error, SubmitError::Unavailable { .. }), "{error}");
    bench.drivers.hold_deliveries(false);
    // The page has arrived, and that cannot be recorded: further commands are refused as well.
    let error = engine.handle().submit(open_incident("nobody can log in"), ana()).await.unwrap_err();
    assert!(matches!(error, SubmitError::Unavailable { .. }), "{error}");
    assert_eq!(engine.handle().world().incidents.len(), 1);

    postgres.psql(&database, "ALTER TABLE event_away RENAME TO event");
    bench.clock.advance(SignedDuration::from_secs(2));
    within(bench.world(&engine, |world| world.deliveries.is_empty())).await;
    engine.handle().submit(open_incident("nobody can log in"), ana()).await.unwrap();
    within(bench.world(&engine, |world| world.incidents.len() == 2 && world.deliveries.is_empty())).await;
    let mut sent = delivered(&bench.drivers.asked());
    sent.dedup();
    assert_eq!(sent.len(), 2, "each page was sent once: {sent:?}");
    assert!(World::replay(&log(&bench.store).await).anomalies.is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_aborted_through_one_replica_is_stopped_where_it_is_performed() {
    let Some(postgres) = Postgres::shared() else { return };
    let location = Location::Postgres(postgres.database());
    let one = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let two = one.joined_by(&location, "two").await;
    let first = one.start("one").await;
    one.barrier(&first).await;
    let second = two.start("two").await;
    let (run, digest) = plan_run(&first).await;
    first.handle().submit(approve(run, &digest), ana()).await.unwrap();
    let performed = |asked: &Vec<(_, Asked)>| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_)));
    within(one.drivers.asked_for(performed)).await;

    within(two.world(&second, |world| world.runs.contains_key(&run))).await;
    let abort = Command::AbortRun { run, reason: "wrong target".to_owned() };
    second.handle().submit(abort, ana()).await.unwrap();
    within(one.drivers.asked_for(|asked| asked.contains(&("one", Asked::Release(run))))).await;
    // Its step hangs and will not end by itself, so no grace is worth waiting for.
    drop((first, second));
}
