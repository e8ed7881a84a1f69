//! A real engine on a log in memory, with a clock and drivers that the test holds in its hand, behind the router.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use allclear_core::{
    Actor, CaptureEffect, Channel, CheckPolicy, Command, DeliverEffect, DeliveryResult, EffectClass, EscalationLevel,
    Event, HttpCondition, HttpProbe, PerformEffect, Plan, PlannedCommand, PlannedStep, Policy, Probe, ProbeEffect,
    ProcedureLink, RequestSample, RunId, RunbookPolicy, Sample, SecretRef, Severity, StepKind, StepOutcome, Target,
    Verdict, World,
};
use allclear_engine::{Clock, Drivers, Engine, Handle, Options, OutputSink, Performed, StateRecorder};
use allclear_server::{Auth, Site, local_router, router};
use allclear_store::{Location, Store};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt as _;

pub(crate) const SECRET: &str = "w0rd-that-nobody-may-see";

/// A clock that moves when it is told to.
#[derive(Debug, Clone)]
pub(crate) struct HandClock(watch::Sender<Timestamp>);

impl HandClock {
    fn new() -> Self {
        Self(watch::Sender::new("2026-11-23T03:00:00Z".parse().unwrap()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= at).await;
    }
}

/// What the world answers.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) verdict: Arc<Mutex<Verdict>>,
    pub(crate) delivery: Arc<Mutex<DeliveryResult>>,
    /// Steps end only while this is true.
    pub(crate) steps_end: watch::Sender<bool>,
}

impl Script {
    fn new() -> Self {
        Self {
            verdict: Arc::new(Mutex::new(Verdict::Pass)),
            delivery: Arc::new(Mutex::new(DeliveryResult::Accepted { answer: "202 queued".to_owned() })),
            steps_end: watch::Sender::new(true),
        }
    }
}

impl Drivers for Script {
    async fn probe(&self, _: ProbeEffect, at: Timestamp) -> Sample {
        let request = RequestSample {
            status: Some(200),
            dns_ms: Some(0.4),
            connect_ms: Some(1.2),
            first_byte_ms: Some(80.0),
            body_ms: Some(2.0),
            total_ms: 83.6,
            ..RequestSample::default()
        };
        let verdict = self.verdict.lock().unwrap().clone();
        Sample { at, verdict, requests: vec![request; 3], p95_ms: Some(83.6), certificate_expires_at: None }
    }

    async fn deliver(&self, _: DeliverEffect, _: Timestamp) -> DeliveryResult {
        self.delivery.lock().unwrap().clone()
    }

    async fn perform(&self, effect: PerformEffect, output: OutputSink, _: StateRecorder) -> Performed {
        output.write(format!("performing step {}\ncaf", effect.step).as_bytes());
        output.write(b"\xC3");
        let _ = self.steps_end.subscribe().wait_for(|end| *end).await;
        output.write(b"\xA9 done\n");
        let succeeded = effect.attempt > 1 || effect.plan.step(effect.step).unwrap().title != "Fails at first";
        let summary = if succeeded { "all commands ended well" } else { "`false` ended with 1" };
        let exit_code = Some(i32::from(!succeeded));
        Performed {
            succeeded,
            outcome: StepOutcome {
                exit_code,
                summary: summary.to_owned(),
                duration_ms: 1200,
                ..StepOutcome::default()
            },
        }
    }

    async fn capture(&self, _: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        Ok(BTreeMap::new())
    }

    async fn release(&self, _: RunId) {}

    async fn close(&self, _: RunId) {}
}

/// A site under test.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) handle: Handle,
    pub(crate) site: Arc<Site>,
    pub(crate) clock: HandClock,
    pub(crate) script: Script,
    pub(crate) token: String,
    pub(crate) public: Router,
    pub(crate) local: Router,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with(policy()).await
    }

    pub(crate) async fn with(policy: Policy) -> Self {
        Self::build(policy, |_, _| Vec::new()).await
    }

    /// A site that may refuse plans.
    pub(crate) async fn refusing_plans(refusals: fn(&Plan, &Policy) -> Vec<String>) -> Self {
        Self::build(policy(), refusals).await
    }

    async fn build(policy: Policy, refusals: fn(&Plan, &Policy) -> Vec<String>) -> Self {
        let store = Store::open(&Location::Memory).await.unwrap();
        let (clock, script) = (HandClock::new(), Script::new());
        let options = Options { holder: "test".to_owned(), version: "0.1.0".to_owned(), grace: Duration::from_secs(1) };
        let engine = Engine::start(store, script.clone(), clock.clone(), options).await.unwrap();
        let handle = engine.handle();
        let (auth, token) = Auth::ephemeral().unwrap();
        let now = clock.clone();
        let site = Site::with_clock(handle.clone(), auth, "0.1.0", move || now.now()).refusing_plans(refusals);
        let site = Arc::new(site);
        let (public, local) = (router(Arc::clone(&site)), local_router(Arc::clone(&site)));
        let stage = Self { engine, handle, site, clock, script, token, public, local };
        stage.submit(Command::AdoptPolicy { policy: Box::new(policy) }).await;
        stage
    }

    pub(crate) async fn submit(&self, command: Command) -> Vec<Event> {
        let accepted = self.handle.submit(command, Actor::Person("ana".into())).await.unwrap();
        accepted.events.iter().map(|recorded| recorded.event.as_ref().clone()).collect()
    }

    /// Waits until the world looks like this; in the engine's own time, with a limit only for a test that fails.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) {
        let mut world = self.handle.watch();
        let reached = world.wait_for(|world| holds(world));
        tokio::time::timeout(Duration::from_secs(20), reached)
            .await
            .unwrap_or_else(|_| panic!("never: {what}"))
            .unwrap();
    }

    /// A failing check: one incident, one page.
    pub(crate) async fn fail_check(&self, check: &str) -> String {
        let reason = "GET /estimate answered 500, not 200".to_owned();
        let events =
            self.submit(Command::ReportCheck { check: check.to_owned(), verdict: Verdict::Fail { reason } }).await;
        events
            .iter()
            .find_map(|event| match event {
                Event::IncidentOpened { incident, .. } => Some(incident.to_string()),
                _ => None,
            })
            .unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        ask(&self.public, request).await
    }

    /// With the admin token, as ana.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("x-allclear-actor", "person:ana")
    }

    /// Signs in with the form; the answer is the cookie.
    pub(crate) async fn sign_in(&self) -> String {
        self.sign_in_with(&self.token, "ana").await
    }

    pub(crate) async fn sign_in_with(&self, token: &str, name: &str) -> String {
        let form = format!("name={}&token={token}&next=%2F", encode(name));
        let request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.ask(request.body(Body::from(form)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// A form of the console, as a browser sends it.
    pub(crate) async fn form(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(encoded.join("&"))).unwrap()).await
    }

    pub(crate) async fn page(&self, cookie: &str, path: &str) -> Answer {
        self.ask(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }
}

pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A policy like that of a small team.
pub(crate) fn policy() -> Policy {
    let link = |title: &str, anchor: &str| ProcedureLink {
        title: title.to_owned(),
        url: format!("https://git.example/runbook.md#{anchor}"),
    };
    let procedures = BTreeMap::from([
        ("estimates-fail".to_owned(), link("Estimates fail", "estimates-fail")),
        ("payments-fail".to_owned(), link("Payments fail", "payments-fail")),
    ]);
    let webhook = Channel::Webhook {
        url: SecretRef::Env("OBS_ALERT_WEBHOOK".to_owned()),
        signing_secret: Some(SecretRef::File("/run/secrets/signing".to_owned())),
    };
    let environment = [("PGPASSWORD".to_owned(), SecretRef::Env("SANDBOX_PGPASSWORD".to_owned()))];
    Policy {
        service: "PrepChef".to_owned(),
        public_url: "https://status.prepchef.example".to_owned(),
        runbook: Some(RunbookPolicy { path: "runbook.md".to_owned(), procedures }),
        escalation: vec![EscalationLevel { channels: vec!["on-call".to_owned()], acknowledge_within_s: 300 }],
        channels: BTreeMap::from([("on-call".to_owned(), webhook)]),
        audience: vec!["on-call".to_owned()],
        checks: BTreeMap::from([
            ("estimates".to_owned(), check("estimates", "estimates-fail")),
            ("payments".to_owned(), check("payments", "payments-fail")),
        ]),
        targets: BTreeMap::from([(
            "sandbox".to_owned(),
            Target { env: environment.into_iter().collect(), ..Target::default() },
        )]),
        ..Policy::default()
    }
}

fn check(component: &str, procedure: &str) -> CheckPolicy {
    let probe = HttpProbe {
        method: "GET".to_owned(),
        url: format!("https://ana:{SECRET}@api.prepchef.example/{component}?key={SECRET}"),
        headers: Vec::new(),
        body: None,
        samples: 3,
        p95_limit_ms: Some(200),
        connect_timeout_ms: 5_000,
        timeout_ms: 10_000,
        conditions: vec![HttpCondition::Status(200, 299)],
    };
    CheckPolicy {
        probe: Probe::Http(probe),
        interval_ms: 60_000,
        failures_to_fail: 1,
        passes_to_recover: 1,
        severity: Severity::P1,
        component: component.to_owned(),
        procedure: Some(procedure.to_owned()),
    }
}

/// A plan with a command that observes, one that fails at first, one that is an outage, and a manual step.
pub(crate) fn plan() -> Plan {
    let step = |number: u32, title: &str, command: Option<(&str, EffectClass)>| PlannedStep {
        number,
        line: number * 10,
        title: title.to_owned(),
        prose: String::new(),
        kind: if command.is_some() { StepKind::Command } else { StepKind::Manual },
        commands: command
            .map(|(text, effect)| PlannedCommand::new(number * 10 + 2, "bash", text.to_owned(), effect, "sandbox"))
            .into_iter()
            .collect(),
        wait: None,
        undoes: None,
        undoes_cut_short: false,
    };
    let steps = vec![
        step(1, "Look at the pods", Some(("kubectl get pods", EffectClass::Observe))),
        step(2, "Fails at first", Some(("false", EffectClass::Change))),
        step(3, "Tell support", None),
        step(4, "Switch payments off", Some(("kubectl scale deployment payments --replicas=0", EffectClass::Outage))),
    ];
    let plan = Plan {
        digest: Default::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Default::default(),
        procedure: "estimates-fail".to_owned(),
        title: "Estimates fail".to_owned(),
        target: "sandbox".to_owned(),
        variables: BTreeMap::from([("NAMESPACE".to_owned(), "prepchef".to_owned())]),
        secrets: vec!["PGPASSWORD".to_owned()],
        steps,
    };
    plan.sealed()
}
