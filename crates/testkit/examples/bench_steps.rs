//! What it costs to perform a step through Allclear (approved, recorded, performed, recorded) beyond `bash -c` of the
//! same command, beside the fsyncs of the same disk.
//!
//! The engine and the shell are the real ones, on a real data directory. First argument: how many steps.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use allclear_core::{
    Actor, CaptureEffect, Command, DeliverEffect, DeliveryResult, Digest, EffectClass, Event, PerformEffect, Plan,
    PlannedCommand, PlannedStep, ProbeEffect, Recorded, RunId, Sample, StepKind, StepState, Verdict,
};
use allclear_drivers::Sessions;
use allclear_engine::{Drivers, Engine, Handle, Options, OutputSink, Performed, SystemClock};
use allclear_store::{Location, Store};
use allclear_testkit::{Goal, Series, bench_folder, fsync_ms, machine};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const STEPS: u32 = 200;
const COMMAND: &str = "/bin/true";

#[tokio::main]
async fn main() -> Fallible<()> {
    let steps = std::env::args().nth(1).map_or(Ok(STEPS), |steps| steps.parse())?;
    println!("{}", machine());
    let folder = tempfile::tempdir_in(bench_folder())?;
    let engine = start(folder.path()).await?;
    let mut ours = Series::new("approve, start, perform, finish", "ms");
    let mut bash = Series::new("bash -c of the same command", "ms");
    let mut overhead = Series::new("a step beyond bash -c", "ms");
    let mut fsyncs = Series::new("one fsync of the same disk", "ms");
    let run = plan(&engine.handle(), steps).await?;
    for number in 1..=steps {
        let step = perform(&engine.handle(), run, number).await?;
        let bare = bare().await?;
        ours.push(step);
        bash.push(bare);
        overhead.push(step - bare);
        fsyncs.push(fsync_ms(folder.path()));
    }
    engine.stop().await;
    println!("\nA step of `{COMMAND}`, median\n{}\n{}", ours.line(50), bash.line(50));
    println!("{}", overhead.beside(&fsyncs, Goal::AtMost(4.0)));
    Ok(())
}

/// Opens a run of so many steps, none of them approved beforehand.
async fn plan(engine: &Handle, steps: u32) -> Fallible<RunId> {
    let step = |number| PlannedStep {
        number,
        line: number,
        title: "Do it".to_owned(),
        prose: String::new(),
        kind: StepKind::Command,
        commands: vec![PlannedCommand::new(number, "bash", COMMAND.to_owned(), EffectClass::Change, "local")],
        wait: None,
        undoes: None,
    };
    let plan = Plan {
        digest: Digest::default(),
        runbook: "bench.md".to_owned(),
        runbook_digest: Digest::of(b"bench"),
        procedure: "bench".to_owned(),
        title: "Bench".to_owned(),
        target: "local".to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
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

/// From a person's word to the recorded outcome, in milliseconds.
async fn perform(engine: &Handle, run: RunId, number: u32) -> Fallible<f64> {
    let mut worlds = engine.watch();
    let digest = {
        let world = engine.world();
        let run = world.runs.get(&run).ok_or("the run is open")?;
        run.plan.step(number).ok_or("the plan has the step")?.digest(&run.plan.target)
    };
    let begun = Instant::now();
    engine.submit(Command::ApproveStep { run, step: number, digest }, ana()).await?;
    // The last step ends the run, which then leaves the world.
    let is_done = |world: &std::sync::Arc<allclear_core::World>| {
        world.runs.get(&run).and_then(|run| run.steps.get(&number)).is_none_or(|it| it.state == StepState::Succeeded)
    };
    worlds.wait_for(is_done).await?;
    Ok(milliseconds(begun))
}

async fn bare() -> Fallible<f64> {
    let begun = Instant::now();
    let mut command = tokio::process::Command::new("bash");
    let status = command.args(["-c", COMMAND]).stdin(Stdio::null()).stdout(Stdio::null()).status().await?;
    assert!(status.success(), "`{COMMAND}` succeeds");
    Ok(milliseconds(begun))
}

async fn start(folder: &Path) -> Fallible<Engine> {
    let store = Store::open(&Location::DataDir(folder.join("data"))).await?;
    let options = Options { holder: "bench".to_owned(), version: "bench".to_owned(), grace: Duration::from_secs(1) };
    Ok(Engine::start(store, Shell { sessions: Sessions::default() }, SystemClock, options).await?)
}

fn ana() -> Actor {
    Actor::Person("ana".to_owned())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
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

    async fn perform(&self, effect: PerformEffect, output: OutputSink) -> Performed {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(64);
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
