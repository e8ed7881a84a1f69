//! What the tests of the engine share: a bench to start engines on, and a few commands.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::future::Future;
use std::time::Duration;

use allclear_core::{
    Actor, Channel, CheckPolicy, Command, Digest, EffectClass, EscalationLevel, Event, HttpProbe, Plan, PlannedCommand,
    PlannedStep, Policy, Probe, RunId, Severity, StepKind, World,
};
use allclear_engine::{Clock as _, Engine, Options};
use allclear_store::{Location, Store};
use allclear_testkit::{ScriptedDrivers, VirtualClock};
use jiff::Timestamp;

const TARGET: &str = "production";
/// No test waits for so long; one that would has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fails the test where waiting would never end.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes to pass")
}

/// A store, drivers and a clock, on which engines are started.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) drivers: ScriptedDrivers,
    pub(crate) clock: VirtualClock,
}

impl Bench {
    pub(crate) async fn begin() -> Self {
        Self::at(&Location::Memory, ScriptedDrivers::new("one")).await
    }

    pub(crate) async fn at(location: &Location, drivers: ScriptedDrivers) -> Self {
        let clock = VirtualClock::at("2026-01-05T03:00:00Z".parse().unwrap());
        Self { store: Store::open(location).await.unwrap(), drivers, clock }
    }

    /// A second process on the same store, with the same clock and the same world outside.
    pub(crate) async fn joined_by(&self, location: &Location, name: &'static str) -> Self {
        let store = Store::open(location).await.unwrap();
        Self { store, drivers: self.drivers.named(name), clock: self.clock.clone() }
    }

    pub(crate) async fn start(&self, holder: &str) -> Engine {
        self.start_with(holder, PATIENCE).await
    }

    /// One whose stop is as a kill: what is under way is forgotten.
    pub(crate) async fn start_hasty(&self, holder: &str) -> Engine {
        self.start_with(holder, Duration::ZERO).await
    }

    async fn start_with(&self, holder: &str, grace: Duration) -> Engine {
        let options = Options { holder: holder.to_owned(), version: "0.1.0".to_owned(), grace };
        Engine::start(self.store.clone(), self.drivers.clone(), self.clock.clone(), options).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ends when the world of the engine is so.
    pub(crate) async fn world(&self, engine: &Engine, wanted: impl Fn(&World) -> bool) {
        let mut watch = engine.handle().watch();
        watch.wait_for(|world| wanted(world)).await.unwrap();
    }

    /// Whole turns of the loop: what was to be done is begun, the lease is seen to.
    pub(crate) async fn barrier(&self, engine: &Engine) {
        for _ in 0..2 {
            engine.handle().submit(Command::ReachTime, Actor::Engine).await.unwrap();
        }
    }
}

pub(crate) fn ana() -> Actor {
    Actor::Person("ana".into())
}

pub(crate) fn open_incident(title: &str) -> Command {
    Command::OpenIncident { severity: Severity::P1, title: title.to_owned(), component: None, procedure: None }
}

/// Plans a run of one step that changes something; its id and what is to be approved.
pub(crate) async fn plan_run(engine: &Engine) -> (RunId, Digest) {
    planned(engine, plan()).await
}

async fn planned(engine: &Engine, plan: Plan) -> (RunId, Digest) {
    let digest = plan.steps[0].digest(TARGET);
    let command = Command::PlanRun { plan: Box::new(plan), incident: None, preapproved: Vec::new() };
    let accepted = engine.handle().submit(command, ana()).await.unwrap();
    let planned = accepted.events.iter().find_map(|recorded| match recorded.event.as_ref() {
        Event::RunPlanned { run, .. } => Some(*run),
        _ => None,
    });
    (planned.unwrap(), digest)
}

/// Plans a run of one step that captures what was before; its id and what is to be approved.
pub(crate) async fn plan_scaling(engine: &Engine) -> (RunId, Digest) {
    let mut plan = plan();
    let mut command = plan.steps[0].commands[0].clone();
    command.capture = [("REPLICAS".to_owned(), "kubectl get deployment/city-api".to_owned())].into();
    command.undo = Some("kubectl scale deployment/city-api --replicas=$REPLICAS".to_owned());
    plan.steps[0].commands[0] = command.bound(TARGET);
    planned(engine, plan.sealed()).await
}

/// Plans a run of one step with two commands, each of which captures what was before; its id and what is to be approved.
pub(crate) async fn plan_scaling_twice(engine: &Engine) -> (RunId, Digest) {
    let mut plan = plan();
    let scale = |name: &str| {
        let mut command = plan.steps[0].commands[0].clone();
        command.capture = [("REPLICAS".to_owned(), format!("kubectl get deployment/{name}"))].into();
        command.undo = Some(format!("kubectl scale deployment/{name} --replicas=$REPLICAS"));
        command.bound(TARGET)
    };
    plan.steps[0].commands = vec![scale("city-api"), scale("city-web")];
    planned(engine, plan.sealed()).await
}

pub(crate) fn approve(run: RunId, digest: &Digest) -> Command {
    Command::ApproveStep { run, step: 1, digest: digest.clone() }
}

fn plan() -> Plan {
    let line = "kubectl rollout restart deployment/city-api";
    Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: "restart".to_owned(),
        title: "Restart".to_owned(),
        target: TARGET.to_owned(),
        variables: std::collections::BTreeMap::new(),
        secrets: Vec::new(),
        steps: vec![PlannedStep {
            number: 1,
            line: 3,
            title: "Restart it".to_owned(),
            prose: String::new(),
            kind: StepKind::Command,
            commands: vec![PlannedCommand::new(4, "bash", line.to_owned(), EffectClass::Outage, TARGET)],
            wait: None,
            undoes: None,
            undoes_cut_short: false,
        }],
    }
    .sealed()
}

pub(crate) fn policy() -> Box<Policy> {
    let check = CheckPolicy {
        probe: Probe::Http(HttpProbe {
            method: "GET".to_owned(),
            url: "https://api.example/health".to_owned(),
            headers: Vec::new(),
            body: None,
            samples: 1,
            p95_limit_ms: None,
            connect_timeout_ms: 1_000,
            timeout_ms: 1_000,
            conditions: Vec::new(),
        }),
        interval_ms: 10_000,
        failures_to_fail: 2,
        passes_to_recover: 2,
        severity: Severity::P1,
        component: "api".to_owned(),
        procedure: None,
    };
    let level = EscalationLevel { channels: vec!["pager".to_owned()], acknowledge_within_s: 300 };
    Box::new(Policy {
        escalation: vec![level],
        channels: [("pager".to_owned(), Channel::Console)].into(),
        checks: [("api".to_owned(), check)].into(),
        ..Policy::default()
    })
}
