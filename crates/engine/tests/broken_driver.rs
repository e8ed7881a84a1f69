//! A driver that panics: its effect has an outcome all the same, and the loop goes on.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::collections::BTreeMap;

use allclear_core::{
    CaptureEffect, Command, DeliverEffect, DeliveryResult, Event, PerformEffect, ProbeEffect, RunId, Sample, StepState,
};
use allclear_engine::{Drivers, Engine, Options, OutputSink, Performed, StateRecorder};
use allclear_store::{Location, Store};
use allclear_testkit::VirtualClock;
use bytes::Bytes;
use jiff::Timestamp;

use story::{ana, approve, open_incident, plan_scaling, policy, within};

struct BrokenDrivers;

impl Drivers for BrokenDrivers {
    async fn probe(&self, _effect: ProbeEffect, _at: Timestamp) -> Sample {
        panic!("the probe breaks down")
    }

    async fn deliver(&self, _effect: DeliverEffect, _at: Timestamp) -> DeliveryResult {
        panic!("the channel breaks down")
    }

    async fn perform(&self, _effect: PerformEffect, _output: OutputSink, _states: StateRecorder) -> Performed {
        panic!("the shell breaks down")
    }

    async fn capture(&self, _effect: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        panic!("the capture breaks down")
    }

    async fn release(&self, _run: RunId) {}

    async fn close(&self, _run: RunId) {}
}

#[tokio::test]
async fn a_channel_that_breaks_down_is_tried_again() {
    let store = Store::open(&Location::Memory).await.unwrap();
    let clock = VirtualClock::at("2026-01-05T03:00:00Z".parse().unwrap());
    let options = Options { holder: "one".to_owned(), version: "0.1.0".to_owned(), grace: std::time::Duration::ZERO };
    let engine = Engine::start(store.clone(), BrokenDrivers, clock, options).await.unwrap();
    engine.handle().submit(Command::AdoptPolicy { policy: policy() }, ana()).await.unwrap();
    engine.handle().submit(open_incident("nobody can pay"), ana()).await.unwrap();
    let retried = |world: &allclear_core::World| world.deliveries.values().all(|delivery| delivery.attempt > 1);
    let handle = engine.handle();
    let mut watch = handle.watch();
    within(watch.wait_for(|world| !world.deliveries.is_empty() && retried(world))).await.unwrap();
    engine.stop().await;
    let log = store.read(0, 1_000).await.unwrap();
    let told = log.iter().any(|recorded| {
        matches!(recorded.event.as_ref(), Event::DeliveryFailed { error, .. } if error.contains("defect of Allclear"))
    });
    assert!(told, "the log says what happened");
}

#[tokio::test]
async fn a_capture_that_breaks_down_leaves_its_step_unperformed() {
    let store = Store::open(&Location::Memory).await.unwrap();
    let clock = VirtualClock::at("2026-01-05T03:00:00Z".parse().unwrap());
    let options = Options { holder: "one".to_owned(), version: "0.1.0".to_owned(), grace: std::time::Duration::ZERO };
    let engine = Engine::start(store.clone(), BrokenDrivers, clock, options).await.unwrap();
    let (run, digest) = plan_scaling(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    let mut watch = engine.handle().watch();
    within(watch.wait_for(|world| world.runs[&run].steps[&1].state == StepState::Failed)).await.unwrap();
    engine.stop().await;
    let log = store.read(0, 1_000).await.unwrap();
    let told = log.iter().any(|recorded| {
        matches!(recorded.event.as_ref(), Event::CaptureFailed { summary, .. } if summary.contains("defect of Allclear"))
    });
    assert!(told && !log.iter().any(|recorded| recorded.event.name() == "StepStarted"), "{log:?}");
}
