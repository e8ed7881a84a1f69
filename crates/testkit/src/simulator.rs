//! The whole of Allclear but disk, network and clock, in virtual time: world, decisions, effects, and outcomes by script.
//!
//! Every restart replays the log and asserts that the world comes out as it was, so a simulation that ends is a proof
//! for its log. The order of what happens is fixed by script and seed.

mod faults;
mod outside;

use std::collections::BTreeSet;
use std::sync::Arc;

use allclear_core::{
    Actor, CaptureEffect, CaptureResult, Command, DeliverEffect, DeliveryResult, Digest, Effect, PerformEffect, Policy,
    ProbeSchedule, Recorded, Refusal, Run, RunId, StepOutcome, Verdict, World, decide, due, is_decision_due,
    next_deadline,
};
use jiff::Timestamp;

pub use faults::Faults;
pub use outside::{Answer, CaptureScript, Health, Outside, StepScript};

/// More turns at one moment than any honest world takes.
const TURNS_AT_ONCE_MAX: usize = 10_000;

/// One attempt to deliver, as the receiver saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// What was sent; its delivery is the key.
    pub effect: DeliverEffect,
    /// What the receiver answered.
    pub answer: Answer,
}

/// One attempt at a step, as the target saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTaken {
    /// When.
    pub at: Timestamp,
    /// The step and its attempt.
    pub effect: PerformEffect,
    /// How long the log was then.
    pub log_len: usize,
}

/// One capture, as the target saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureTaken {
    /// When.
    pub at: Timestamp,
    /// The step that it comes before.
    pub effect: CaptureEffect,
    /// How long the log was then.
    pub log_len: usize,
}

/// A command that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// Name of the command.
    pub command: &'static str,
    /// Why.
    pub refusal: Refusal,
    /// How long the log was then.
    pub log_len: usize,
}

/// An outcome on its way back.
#[derive(Debug, Clone)]
struct Outcome {
    effect: String,
    command: Command,
    at: Timestamp,
}

/// A simulated Allclear and the world around it.
#[derive(Debug)]
pub struct Simulation {
    world: World,
    log: Vec<Recorded>,
    now: Timestamp,
    schedule: ProbeSchedule,
    under_way: BTreeSet<String>,
    outcomes: Vec<Outcome>,
    faults: Faults,
    /// What drivers meet; to be changed at will.
    pub outside: Outside,
    /// Every attempt to deliver, in order.
    pub sent: Vec<Sent>,
    /// Every step performed, in order.
    pub steps_taken: Vec<StepTaken>,
    /// Every capture, in order.
    pub captures_taken: Vec<CaptureTaken>,
    /// Every refusal of what a person or a source asked for.
    pub refused: Vec<Refused>,
}

impl Simulation {
    /// Begins at `now` with an empty log and a running engine.
    pub fn begin(now: Timestamp, policy: Policy, faults: Faults) -> Self {
        let mut simulation = Self {
            world: World::default(),
            log: Vec::new(),
            now,
            schedule: ProbeSchedule::default(),
            under_way: BTreeSet::new(),
            outcomes: Vec::new(),
            faults,
            outside: Outside::default(),
            sent: Vec::new(),
            steps_taken: Vec::new(),
            captures_taken: Vec::new(),
            refused: Vec::new(),
        };
        simulation.take(&Command::StartEngine { version: "0.1.0".to_owned() }, &Actor::Engine);
        simulation.adopt(policy);
        simulation
    }

    /// The world as it is.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Everything that was appended.
    pub fn log(&self) -> &[Recorded] {
        &self.log
    }

    /// A run, open or read back from its events.
    pub fn run(&self, id: RunId) -> Option<Run> {
        let own = || self.log.iter().filter(|it| it.run == Some(id)).cloned().collect::<Vec<_>>();
        self.world.runs.get(&id).cloned().or_else(|| Run::replay(&own()))
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Adopts a policy, as the engine does when the configuration changes.
    pub fn adopt(&mut self, policy: Policy) {
        self.take(&Command::AdoptPolicy { policy: Box::new(policy) }, &Actor::Engine);
        self.schedule = ProbeSchedule::begin(&self.world.policy(), self.now);
        self.settle();
    }

    /// Submits a command and performs what follows at once.
    ///
    /// # Errors
    /// The refusal, which is remembered too; nothing was appended.
    pub fn submit(&mut self, command: &Command, actor: &Actor) -> Result<(), Refusal> {
        let length = self.log.len();
        let answer = self.decide(command, actor);
        if let Err(refusal) = &answer {
            assert_eq!(self.log.len(), length, "a refused command appends nothing");
            let refusal = refusal.clone();
            self.refused.push(Refused { at: self.now, command: command.name(), refusal, log_len: length });
        }
        self.settle();
        answer
    }

    /// Goes on to `at`, stopping wherever something falls due. A time that has passed is where we are.
    pub fn advance_to(&mut self, at: Timestamp) {
        self.settle();
        while let Some(next) = self.next_at().filter(|next| *next <= at) {
            self.now = self.now.max(next);
            self.probe();
            self.settle();
        }
        self.now = self.now.max(at);
        self.settle();
    }

    /// Sets the clock, forward or back, without anything happening on the way.
    pub fn set_clock(&mut self, now: Timestamp) {
        self.now = now;
        self.settle();
    }

    /// Kills the process and starts it again: what was under way is forgotten, the log is replayed.
    ///
    /// # Panics
    /// If the log, or a snapshot of it, does not give the world that was.
    pub fn restart(&mut self) {
        let replayed = World::replay(&self.log);
        assert_eq!(replayed, self.world, "fold(replay) is the live world");
        let snapshot = serde_json::to_string(&replayed).expect("a world is plain data");
        self.world = serde_json::from_str(&snapshot).expect("a snapshot is read as it was written");
        assert_eq!(replayed, self.world, "a snapshot is the world");
        self.under_way.clear();
        self.outcomes.clear();
        self.take(&Command::StartEngine { version: "0.1.0".to_owned() }, &Actor::Engine);
        self.schedule = ProbeSchedule::begin(&self.world.policy(), self.now);
        self.settle();
    }

    /// Ends a step that hangs, as its driver would report it.
    pub fn end_step(&mut self, run: RunId, step: u32, succeeded: bool, summary: &str) {
        let known = self.world.runs.get(&run).or_else(|| self.world.ending.get(&run));
        let Some(known) = known.and_then(|run| run.steps.get(&step)) else { return };
        let attempt = known.attempt;
        let outcome = step_outcome(succeeded, summary);
        let _ = self.submit(&Command::ReportStep { run, step, attempt, succeeded, outcome }, &Actor::Engine);
    }

    /// Decides and appends; the answer to whoever asked.
    fn decide(&mut self, command: &Command, actor: &Actor) -> Result<(), Refusal> {
        let (events, world) = decide(&self.world, command, actor, self.now)?.into_parts();
        for (recorded, seq) in events.iter().zip(self.world.seq + 1..) {
            assert_eq!(recorded.seq, seq, "positions have no gaps");
        }
        assert!(world.anomalies.is_empty(), "what is decided folds: {:?}", world.anomalies);
        self.log.extend(events);
        self.world = world;
        Ok(())
    }

    /// As `decide`, for what cannot be refused or whose refusal nobody hears.
    fn take(&mut self, command: &Command, actor: &Actor) {
        let _ = self.decide(command, actor);
    }

    /// Performs, believes and decides until there is nothing left to do at this moment.
    fn settle(&mut self) {
        for _ in 0..TURNS_AT_ONCE_MAX {
            if self.faults.kills() {
                self.faults.spare();
                self.restart();
            }
            let begun = self.begin_effects();
            let believed = self.believe_outcomes();
            let decided = is_decision_due(&self.world, self.now);
            if decided {
                self.take(&Command::ReachTime, &Actor::Engine);
            }
            if !begun && !believed && !decided {
                return;
            }
        }
        panic!("the world does not come to rest at {}", self.now);
    }

    fn next_at(&self) -> Option<Timestamp> {
        let probes = if self.outside.is_probed() { self.schedule.next_at() } else { None };
        let outcomes = self.outcomes.iter().map(|outcome| outcome.at).min();
        [next_deadline(&self.world, self.now), probes, outcomes].into_iter().flatten().min()
    }

    fn probe(&mut self) {
        for probe in self.schedule.take_due(&self.world.policy(), self.now) {
            let verdict = match self.outside.health(&probe.check) {
                Some(Health::Up) => Verdict::Pass,
                Some(Health::Down(reason)) => Verdict::Fail { reason: reason.clone() },
                None => continue,
            };
            let command = Command::ReportCheck { check: probe.check.clone(), verdict };
            self.come_back(format!("probe:{}", probe.check), command);
        }
    }

    fn begin_effects(&mut self) -> bool {
        let mut begun = false;
        for effect in due(&self.world, self.now) {
            let id = effect.id();
            if !self.under_way.insert(id.clone()) {
                continue;
            }
            begun = true;
            match effect {
                Effect::Deliver(effect) => self.deliver(id, effect),
                Effect::Capture(effect) => self.capture(id, effect),
                Effect::Perform(effect) => self.perform(id, effect),
                Effect::Abandon(effect) => self.come_back(id, effect.never_begun()),
                Effect::Probe(_) => unreachable!("probes follow their schedule"),
            }
        }
        begun
    }

    fn deliver(&mut self, id: String, effect: DeliverEffect) {
        let answer = match &effect.channel {
            Some(_) if self.faults.breaks() => Answer::Status(503),
            Some(_) => self.outside.answer(&effect.channel_name),
            None => Answer::Refused("the policy has no such channel".to_owned()),
        };
        let (delivery, attempt, result) = (effect.delivery, effect.attempt, delivery_result(&answer));
        self.sent.push(Sent { at: self.now, effect, answer });
        self.come_back(id, Command::ReportDelivery { delivery, attempt, result });
    }

    fn capture(&mut self, id: String, effect: CaptureEffect) {
        let (run, step) = (effect.run, effect.step);
        let keys: Vec<String> = capture_keys(&effect).collect();
        self.captures_taken.push(CaptureTaken { at: self.now, effect, log_len: self.log.len() });
        let result = match self.outside.capture(step) {
            CaptureScript::Hangs => return,
            CaptureScript::Succeeds(_) if self.faults.breaks() => {
                CaptureResult::Failed { summary: "the connection was lost".to_owned() }
            }
            CaptureScript::Succeeds(value) => {
                let digest = Digest::of(value.as_bytes());
                CaptureResult::Captured { captured: keys.into_iter().map(|key| (key, digest.clone())).collect() }
            }
            CaptureScript::Fails(summary) => CaptureResult::Failed { summary },
        };
        self.come_back(id, Command::ReportCapture { run, step, attempt: 0, result });
    }

    fn perform(&mut self, id: String, effect: PerformEffect) {
        let (run, step, attempt) = (effect.run, effect.step, effect.attempt);
        self.steps_taken.push(StepTaken { at: self.now, effect, log_len: self.log.len() });
        let to_capture = self.steps_taken.last().map(|taken| taken.effect.to_capture.clone()).unwrap_or_default();
        let (succeeded, summary, begun) = match self.outside.step(step) {
            StepScript::Hangs => return,
            StepScript::Succeeds(summary) => (!self.faults.breaks(), summary, None),
            StepScript::Fails(summary) => (false, summary, None),
            StepScript::FailsAt(command, summary) => (false, summary, Some(command)),
        };
        // Each command that is begun was preceded by what it had to be preceded by.
        let before = |key: &String| {
            let index: Option<u32> = key.split_once('/').and_then(|(index, _)| index.parse().ok());
            begun.is_none() || index < begun
        };
        for key in to_capture.into_iter().filter(before) {
            let found = Digest::of(format!("what was before {key}").as_bytes());
            let result = CaptureResult::Captured { captured: [(key, found)].into() };
            self.take(&Command::ReportCapture { run, step, attempt, result }, &Actor::Engine);
        }
        let outcome = StepOutcome { commands_begun: begun, ..step_outcome(succeeded, &summary) };
        self.come_back(id, Command::ReportStep { run, step, attempt, succeeded, outcome });
    }

    /// An outcome comes back: at once, or when and as often as the faults say.
    fn come_back(&mut self, effect: String, command: Command) {
        for wait in self.faults.waits() {
            let at = self.now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            self.outcomes.push(Outcome { effect: effect.clone(), command: command.clone(), at });
        }
    }

    fn believe_outcomes(&mut self) -> bool {
        let now = self.now.max(self.world.at);
        let (ready, later) = std::mem::take(&mut self.outcomes).into_iter().partition(|outcome| outcome.at <= now);
        self.outcomes = later;
        let ready: Vec<Outcome> = ready;
        for outcome in &ready {
            self.take(&outcome.command, &Actor::Engine);
            self.under_way.remove(&outcome.effect);
        }
        !ready.is_empty()
    }
}

/// The keys under which a driver reports what was before a step.
pub(crate) fn capture_keys(effect: &CaptureEffect) -> impl Iterator<Item = String> + use<> {
    let plan = Arc::clone(&effect.plan);
    let commands = plan.step(effect.step).map_or(&[][..], |step| &step.commands[..step.undisturbed()]);
    let commands = commands.iter().enumerate();
    let keys =
        commands.flat_map(|(index, command)| command.capture.keys().map(move |variable| format!("{index}/{variable}")));
    keys.collect::<Vec<_>>().into_iter()
}

/// What a driver reports of such an answer.
pub(crate) fn delivery_result(answer: &Answer) -> DeliveryResult {
    match answer {
        Answer::Status(status @ 200..=299) => DeliveryResult::Accepted { answer: status.to_string() },
        Answer::Status(status @ (408 | 429 | 500..)) => DeliveryResult::Failed { error: format!("answered {status}") },
        Answer::Status(status) => DeliveryResult::Rejected { error: format!("answered {status}") },
        Answer::Refused(error) => DeliveryResult::Rejected { error: error.clone() },
    }
}

/// What a driver reports of a step that ended so.
pub(crate) fn step_outcome(succeeded: bool, summary: &str) -> StepOutcome {
    StepOutcome { exit_code: Some(i32::from(!succeeded)), summary: summary.to_owned(), ..StepOutcome::default() }
}
