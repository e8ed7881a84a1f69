//! An engine on a real data directory whose only driver is the real shell.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allclear_core::{
    Actor, CaptureEffect, Command, DeliverEffect, DeliveryResult, Digest, EffectClass, Event, PerformEffect, Plan,
    PlannedCommand, PlannedStep, ProbeEffect, Recorded, RunId, Sample, StepKind, StepState, Verdict, World,
};
use allclear_drivers::Sessions;
use allclear_engine::{Drivers, Engine, Handle, Options, OutputSink, Performed, StateRecorder, SystemClock};
use allclear_store::{Location, Store};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::Fallible;

/// Opens a run of so many steps of this command, none of them approved beforehand.
pub(crate) async fn plan(engine: &Handle, steps: u32, command: &str, secrets: &[String]) -> Fallible<RunId> {
    let step = |number| PlannedStep {
        number,
        line: number,
        title: "Do it".to_owned(),
        prose: String::new(),
        kind: StepKind::Command,
        commands: vec![PlannedCommand::new(number, "bash", command.to_owned(), EffectClass::Change, "local")],
        wait: None,
        undoes: None,
        undoes_cut_short: false,
    };
    let plan = Plan {
        digest: Digest::default(),
        runbook: "bench.md".to_owned(),
        runbook_digest: Digest::of(b"bench"),
        procedure: "bench".to_owned(),
        title: "Bench".to_owned(),
        target: "local".to_owned(),
        variables: BTreeMap::new(),
        secrets: secrets.to_vec(),
        steps: (1..=steps).map(step).collect(),
    };
    let plan = Box::new(plan.sealed());
    let accepted = engine.submit(Command::PlanRun { plan, incident: None, preapproved: Vec::new() }, ana()).await?;
    Ok(accepted
        .events
        .iter()
        .find_map(|recorded: &Recorded| match recorded.event.as_ref() {
            Event::RunPlanned { run, .. } => Some(*run),
            _ => None,
        })
        .ok_or("the run was planned")?)
}

/// Approves a step, and waits until its outcome is on disk.
pub(crate) async fn perform(engine: &Handle, run: RunId, number: u32) -> Fallible<()> {
    let mut worlds = engine.watch();
    let digest = {
        let world = engine.world();
        let run = world.runs.get(&run).ok_or("the run is open")?;
        run.plan.step(number).ok_or("the plan has the step")?.digest(&run.plan.target)
    };
    engine.submit(Command::ApproveStep { run, step: number, digest }, ana()).await?;
    // The last step ends the run, which then leaves the world.
    let is_done = |world: &Arc<World>| {
        world.runs.get(&run).and_then(|run| run.steps.get(&number)).is_none_or(|it| it.state == StepState::Succeeded)
    };
    worlds.wait_for(is_done).await?;
    Ok(())
}

/// Starts it.
pub(crate) async fn start(folder: &Path) -> Fallible<Engine> {
    let store = Store::open(&Location::DataDir(folder.join("data"))).await?;
    let options = Options { holder: "bench".to_owned(), version: "bench".to_owned(), grace: Duration::from_secs(1) };
    Ok(Engine::start(store, Shell { sessions: Sessions::default() }, SystemClock, options).await?)
}

/// Who approves.
pub(crate) fn ana() -> Actor {
    Actor::Person("ana".into())
}

/// The real shell, and nothing else.
struct Shell {
    sessions: Sessions,
}

impl Drivers for Shell {
    async fn probe(&self, _: ProbeEffect, at: Timestamp) -> Sample {
        Sample { at, verdict: Verdict::Pass, requests: Vec::new(), p95_ms: None, certificate_expires_at: None }
    }

    async fn deliver(&self, _: DeliverEffect, _: Timestamp) -> DeliveryResult {
        DeliveryResult::Accepted { answer: String::new() }
    }

    async fn capture(&self, _: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        Ok(BTreeMap::new())
    }

    async fn perform(&self, effect: PerformEffect, output: OutputSink, _: StateRecorder) -> Performed {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
        let keeping = async {
            while let Some(chunk) = receiver.recv().await {
                output.write(&chunk);
            }
        };
        let performing = async move { self.sessions.perform(&effect, &sender).await };
        let (performed, ()) = tokio::join!(performing, keeping);
        Performed { succeeded: performed.succeeded, outcome: performed.outcome }
    }

    async fn release(&self, run: RunId) {
        self.sessions.cancel(run).await;
    }

    async fn close(&self, run: RunId) {
        self.sessions.close(run).await;
    }
}
