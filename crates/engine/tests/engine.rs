//! The loop, with drivers by script and a clock that stands still: nothing is answered before it is on disk, and nothing
//! that was started is forgotten.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::collections::BTreeSet;

use allclear_core::{Command, DeliveryId, Event, Recorded, StepState, WORLD_FORMAT, World};
use allclear_engine::SubmitError;
use allclear_store::{Location, Snapshot, Store};
use allclear_testkit::{Answer, Asked, Health, ScriptedDrivers, StepScript};
use jiff::SignedDuration;

use story::{Bench, ana, approve, open_incident, plan_run, policy, within};

async fn log(store: &Store) -> Vec<Recorded> {
    store.read(0, 100_000).await.unwrap()
}

#[tokio::test]
async fn a_failing_check_pages_and_the_log_is_the_world() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    bench.drivers.script(|outside| outside.set_health("api", Health::Down("answered 503".to_owned())));
    let delivered = |asked: &Vec<(_, Asked)>| asked.iter().any(|(_, asked)| matches!(asked, Asked::Deliver(_)));
    // Two failures in a row, each at its time.
    let probes = |count: usize| {
        move |asked: &Vec<(_, Asked)>| asked.iter().filter(|(_, it)| matches!(it, Asked::Probe(_))).count() >= count
    };
    for count in 1..=2 {
        bench.clock.advance(SignedDuration::from_secs(10));
        within(bench.drivers.asked_for(probes(count))).await;
        let state = move |world: &World| world.checks["api"].state.word() == ["faltering", "failing"][count - 1];
        within(bench.world(&engine, state)).await;
    }
    within(bench.drivers.asked_for(delivered)).await;
    within(bench.world(&engine, |world| world.deliveries.is_empty())).await;
    assert_eq!(engine.handle().latest_sample("api").map(|sample| sample.at), Some(bench.now()));
    let handle = engine.handle();
    engine.stop().await;
    assert_eq!(World::replay(&log(&bench.store).await), *handle.world());
}

#[tokio::test]
async fn a_start_from_the_snapshot_is_a_start_from_the_log() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(bench.world(&engine, |world| world.deliveries.is_empty())).await;
    let before = engine.handle().world();
    engine.stop().await;

    let events = log(&bench.store).await;
    let snapshot = bench.store.latest_snapshot(WORLD_FORMAT).await.unwrap().expect("a stop saves a snapshot");
    assert_eq!(snapshot.seq, events.last().unwrap().seq);
    let kept: World = serde_json::from_slice(&snapshot.body).unwrap();
    assert_eq!((&kept, &World::replay(&events)), (&*before, &*before));

    let engine = bench.start("two").await;
    bench.barrier(&engine).await;
    assert_eq!(*engine.handle().world(), World::replay(&log(&bench.store).await));
    engine.stop().await;
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_costs_nothing_but_time() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    engine.stop().await;
    let head = bench.store.head().await.unwrap();
    let broken = Snapshot { seq: head.seq, hash: head.hash, format: WORLD_FORMAT, body: b"{\"seq\":".to_vec() };
    bench.store.save_snapshot(broken).await.unwrap();

    let engine = bench.start("two").await;
    bench.barrier(&engine).await;
    assert_eq!(engine.handle().world().incidents.len(), 1);
    assert_eq!(*engine.handle().world(), World::replay(&log(&bench.store).await));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_commands_at_once_are_all_answered_and_all_on_disk() {
    const COMMANDS: usize = 300;
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    let asked: Vec<_> = (0..COMMANDS)
        .map(|number| {
            let handle = engine.handle();
            tokio::spawn(async move {
                let accepted = handle.submit(open_incident(&format!("trouble {number}")), ana()).await.unwrap();
                let last = accepted.events.last().unwrap().seq;
                let stored = handle.store().read(last - 1, 1).await.unwrap();
                assert_eq!(stored.first(), accepted.events.last(), "an answer without its event on disk");
                accepted.events.iter().map(|recorded| recorded.seq).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut seqs = BTreeSet::new();
    for asked in asked {
        for seq in within(asked).await.unwrap() {
            assert!(seqs.insert(seq), "{seq} was answered twice");
        }
    }
    let opened = log(&bench.store).await.iter().filter(|it| it.event.name() == "IncidentOpened").count();
    assert_eq!((opened, engine.handle().world().incidents.len()), (COMMANDS, COMMANDS));
    engine.stop().await;
}

#[tokio::test]
async fn a_refused_command_is_answered_with_its_reason_and_appends_nothing() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    bench.barrier(&engine).await;
    let before = bench.store.head().await.unwrap();
    let refused = engine.handle().submit(open_incident(" "), ana()).await.unwrap_err();
    assert!(matches!(&refused, SubmitError::Refused(refusal) if refusal.code() == "empty"), "{refused}");
    assert_eq!(bench.store.head().await.unwrap(), before);
    engine.stop().await;
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way_and_gives_the_lease_back() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    bench.drivers.hold_deliveries(true);
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Deliver(_))))).await;

    let handle = engine.handle();
    handle.stop();
    bench.drivers.hold_deliveries(false);
    within(engine.stopped()).await;
    let names: Vec<&str> = log(&bench.store).await.iter().map(|recorded| recorded.event.name()).collect();
    assert_eq!(names.last(), Some(&"DeliverySucceeded"), "{names:?}");
    let lease = bench.store.take_lease("another", bench.now(), std::time::Duration::from_secs(15)).await.unwrap();
    assert!(lease.is_some(), "the lease was not given back");
    let late = handle.submit(Command::ReachTime, ana()).await.unwrap_err();
    assert!(matches!(late, SubmitError::Stopped));
}

#[tokio::test]
async fn what_was_sent_without_an_answer_is_sent_again_under_the_same_key() {
    let bench = Bench::begin().await;
    let engine = bench.start_hasty("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    bench.drivers.hold_deliveries(true);
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| deliveries(asked).len() == 1)).await;
    // No grace: as after a kill, the outcome is never recorded.
    within(engine.stop()).await;

    bench.drivers.hold_deliveries(false);
    let engine = bench.start("two").await;
    within(bench.drivers.asked_for(|asked| deliveries(asked).len() == 2)).await;
    within(bench.world(&engine, |world| world.deliveries.is_empty())).await;
    let sent = deliveries(&bench.drivers.asked());
    assert_eq!(sent[0], sent[1], "the same delivery and the same attempt");
    engine.stop().await;
}

fn deliveries(asked: &[(&'static str, Asked)]) -> Vec<(DeliveryId, u32)> {
    let of = |asked: &Asked| match asked {
        Asked::Deliver(effect) => Some((effect.delivery, effect.attempt)),
        _ => None,
    };
    asked.iter().filter_map(|(_, asked)| of(asked)).collect()
}

#[tokio::test]
async fn a_webhook_that_answers_500_is_tried_again_when_its_time_has_come() {
    let bench = Bench::begin().await;
    bench.drivers.script(|outside| outside.set_answer("pager", Answer::Status(500)));
    let engine = bench.start("one").await;
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    within(bench.world(&engine, |world| world.deliveries.values().any(|it| it.attempt == 2))).await;
    bench.barrier(&engine).await;
    assert_eq!(deliveries(&bench.drivers.asked()).len(), 1, "not before its time");
    bench.drivers.script(|outside| outside.set_answer("pager", Answer::Status(202)));
    bench.clock.advance(SignedDuration::from_secs(1));
    within(bench.world(&engine, |world| world.deliveries.is_empty())).await;
    let sent = deliveries(&bench.drivers.asked());
    assert_eq!((sent.len(), sent[0].0, sent[1].1), (2, sent[1].0, 2));
    engine.stop().await;
}

#[tokio::test]
async fn a_step_that_was_interrupted_waits_for_a_person() {
    let bench = Bench::begin().await;
    let engine = bench.start_hasty("one").await;
    let (run, digest) = plan_run(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    let performed = |asked: &Vec<(_, Asked)>| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_)));
    within(bench.drivers.asked_for(performed)).await;
    within(engine.stop()).await;

    bench.drivers.script(|outside| outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned())));
    let engine = bench.start("two").await;
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::InDoubt)).await;
    bench.barrier(&engine).await;
    let count = || bench.drivers.asked().iter().filter(|(_, it)| matches!(it, Asked::Perform(_))).count();
    assert_eq!(count(), 1, "nothing is repeated silently");

    let again = Command::RepeatStep { run, step: 1, digest };
    engine.handle().submit(again, ana()).await.unwrap();
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    assert_eq!(count(), 2);
    let stored = log(&bench.store).await;
    let output = stored.iter().find_map(|recorded| match recorded.event.as_ref() {
        Event::StepSucceeded { outcome, .. } => outcome.output.clone(),
        _ => None,
    });
    let kept = bench.store.get_blob(&output.expect("the output was kept")).await.unwrap().expect("the blob is there");
    assert_eq!(kept, b"exited with 0");
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| *it == Asked::Close(run)))).await;
    engine.stop().await;
}

#[tokio::test]
async fn a_store_that_is_closed_is_said_to_be_unavailable() {
    let bench = Bench::begin().await;
    let engine = bench.start("one").await;
    bench.barrier(&engine).await;
    bench.store.clone().close().await;
    let error = engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap_err();
    assert!(matches!(error, SubmitError::Unavailable { .. }), "{error}");
    assert!(engine.handle().world().incidents.is_empty(), "what is shown is what is on disk");
    within(engine.stop()).await;
}

#[tokio::test]
async fn a_data_directory_serves_as_memory_does() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::DataDir(directory.path().join("data"));
    let bench = Bench::at(&location, ScriptedDrivers::new("one")).await;
    let engine = bench.start("one").await;
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    engine.stop().await;
    bench.store.close().await;

    let bench = Bench::at(&location, ScriptedDrivers::new("two")).await;
    let engine = bench.start("two").await;
    assert_eq!(engine.handle().world().incidents.len(), 1);
    engine.stop().await;
}
