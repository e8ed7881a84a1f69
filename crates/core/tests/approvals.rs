//! Two persons, a pipeline and a process that dies, in any order: nothing is performed that was not agreed to, nothing
//! twice, nothing is put back twice, and every run can be brought to an end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{
    Actor, Approvals, CaptureResult, Command, Digest, EffectClass, Plan, PlannedCommand, PlannedStep, Policy, Recorded,
    Run, RunId, StepKind, StepOutcome, StepState, World, decide, is_decision_due, undo_plan,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use ledger::{EXPIRES_S, FOUR_EYES, Ledger};

const TARGET: &str = "production";

/// Something that somebody does, before it is aimed at what is there.
#[derive(Debug, Clone, Copy)]
struct Act {
    wait_s: i64,
    kind: u8,
    who: usize,
    choice: usize,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let wait_s = prop_oneof![6 => Just(0), 4 => 0..60_i64, 1 => 0..1_300_i64];
    let act = (wait_s, 0..36_u8, 0..4_usize, 0..16_usize);
    prop::collection::vec(act.prop_map(|(wait_s, kind, who, choice)| Act { wait_s, kind, who, choice }), 1..160)
}

struct Walk {
    world: World,
    log: Vec<Recorded>,
    batches: Vec<Vec<Recorded>>,
    now: Timestamp,
    said: Vec<(Command, Actor)>,
}

impl Walk {
    fn begin() -> Self {
        let now = "2026-01-05T00:00:00Z".parse().unwrap();
        let mut walk = Self { world: World::default(), log: Vec::new(), batches: Vec::new(), now, said: Vec::new() };
        let approvals = Approvals { four_eyes: FOUR_EYES.into(), expires_s: EXPIRES_S };
        let policy = Box::new(Policy { approvals, ..Policy::default() });
        walk.say(Command::AdoptPolicy { policy }, Actor::Engine);
        walk
    }

    fn say(&mut self, command: Command, actor: Actor) -> bool {
        let decided = decide(&self.world, &command, &actor, self.now);
        self.said.push((command, actor));
        let Ok(batch) = decided else { return false };
        let (events, world) = batch.into_parts();
        assert!(world.anomalies.is_empty(), "{:?}", world.anomalies);
        self.log.extend(events.iter().cloned());
        self.batches.push(events);
        self.world = world;
        true
    }

    fn act(&mut self, act: Act) {
        self.now = self.now.saturating_add(SignedDuration::from_secs(act.wait_s)).unwrap();
        if is_decision_due(&self.world, self.now) {
            self.say(Command::ReachTime, Actor::Engine);
            assert!(!is_decision_due(&self.world, self.now), "a deadline is left that was reached");
        }
        let (command, actor) = self.aimed(act);
        self.say(command, actor);
    }

    fn aimed(&self, Act { kind, who, choice, .. }: Act) -> (Command, Actor) {
        let actor = match who {
            0 | 1 => person("ana"),
            2 => person("ben"),
            _ => Actor::Source("pipeline".into()),
        };
        let run = self.aim(choice);
        let (id, step) = run.map_or((RunId(1), 1), |run| (run.id, run.current().map_or(1, |(number, _)| number)));
        let digest = run.and_then(|run| run.plan.step(step)).map(|step| step.digest(TARGET)).unwrap_or_default();
        let reason = || "because".to_owned();
        let command = match kind {
            0..=2 => plan_run(choice),
            3..=8 => Command::ApproveStep { run: id, step, digest },
            9 => Command::ApproveStep { run: id, step: step + 1, digest },
            10..=11 => Command::RepeatStep { run: id, step, digest },
            12 => Command::ConfirmStep { run: id, step, note: reason() },
            13 => Command::SkipStep { run: id, step, reason: reason() },
            14 => Command::PauseRun { run: id },
            15..=16 => Command::ResumeRun { run: id },
            17 if choice < 4 => Command::AbortRun { run: id, reason: reason() },
            18..=19 => self.undo(choice),
            20..=24 => return (report(run, step, choice), Actor::Engine),
            25..=28 => return (capture(id, step, run, choice), Actor::Engine),
            31..=32 => Command::ForgoUndo { run: id, step, digest, reason: reason() },
            33..=34 => return (late(self.world.ending.values().next().or(run), choice), Actor::Engine),
            // What was said once is said again: a client that tries again, a page that was left open, a late outcome.
            29..=30 if !self.said.is_empty() => return self.said[(choice * 37 + who) % self.said.len()].clone(),
            _ => return (Command::StartEngine { version: "0.1.0".to_owned() }, Actor::Engine),
        };
        (command, actor)
    }

    fn aim(&self, choice: usize) -> Option<&Run> {
        let count = self.world.runs.len();
        if count == 0 { None } else { self.world.runs.values().nth(choice % count) }
    }

    /// Any run that was ever opened, open or read back from its events.
    fn undo(&self, choice: usize) -> Command {
        let ids: BTreeSet<RunId> = self.log.iter().filter_map(|recorded| recorded.run).collect();
        let undoes = ids.iter().nth(choice % ids.len().max(1)).copied().unwrap_or(RunId(1));
        let own: Vec<Recorded> = self.log.iter().filter(|it| it.run == Some(undoes)).cloned().collect();
        let known = self.world.runs.get(&undoes).cloned().or_else(|| Run::replay(&own));
        let to = choice.is_multiple_of(5).then_some(2);
        let plan = known.and_then(|run| undo_plan(&run, to).ok()).unwrap_or_else(|| plan(0));
        let preapproved = if choice.is_multiple_of(3) { Vec::new() } else { vec![plan.digest.clone()] };
        Command::StartUndo { undoes, plan: Box::new(plan), incident: None, preapproved }
    }

    /// A person who is patient and a target that works: everything comes to its end.
    fn brought_to_an_end(&mut self) {
        while let Some(ending) = self.world.ending.values().next().cloned() {
            self.say(late(Some(&ending), 0), Actor::Engine);
        }
        for _ in 0..400 {
            let Some(run) = self.world.runs.values().next().cloned() else { return };
            let (id, (step, state)) = (run.id, run.current().map(|(number, step)| (number, step.state)).unwrap());
            let digest = run.plan.step(step).unwrap().digest(TARGET);
            let second = if run.requested_by == person("ana") { person("ben") } else { person("ana") };
            self.say(Command::ResumeRun { run: id }, second.clone());
            let (command, actor) = match state {
                StepState::Waiting => (Command::ApproveStep { run: id, step, digest }, second),
                StepState::Failed | StepState::InDoubt => (Command::RepeatStep { run: id, step, digest }, second),
                StepState::Approved => (capture(id, step, Some(&run), 0), Actor::Engine),
                StepState::Started => {
                    self.say(capture(id, step, Some(&run), 0), Actor::Engine);
                    (report(Some(&run), step, 0), Actor::Engine)
                }
                _ => (Command::ReachTime, Actor::Engine),
            };
            self.say(command, actor);
        }
        panic!("a run is stuck: {:?}", self.world.runs);
    }
}

fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

/// Whoever performed the step of an aborted run has come to its end.
fn late(run: Option<&Run>, choice: usize) -> Command {
    report(run, run.and_then(Run::under_way).map_or(1, |(step, _)| step), choice)
}

fn report(run: Option<&Run>, step: u32, choice: usize) -> Command {
    let (id, attempt) = run.map_or((RunId(1), 1), |run| (run.id, run.steps.get(&step).map_or(0, |step| step.attempt)));
    let succeeded = choice < 11;
    let commands_begun = [None, Some(0), Some(1)][choice % 3].filter(|_| !succeeded);
    let outcome = StepOutcome { summary: "exited".to_owned(), commands_begun, ..StepOutcome::default() };
    Command::ReportStep { run: id, step, attempt, succeeded, outcome }
}

/// Each capture finds something else, so that it shows which one is used. What is before the second change of a step is
/// captured while the step is performed.
fn capture(id: RunId, step: u32, run: Option<&Run>, choice: usize) -> Command {
    let attempt = run.and_then(Run::under_way).map_or(0, |(_, attempt)| attempt);
    let all = run.and_then(|run| run.plan.step(step)).map_or(0, |step| step.commands.len());
    let keys = if attempt == 0 { 0..1 } else { 1..all };
    let found = format!("{choice}");
    let captured: BTreeMap<String, Digest> =
        keys.map(|index| (format!("{index}/BEFORE"), Digest::of(found.as_bytes()))).collect();
    let result = match choice {
        0..=11 => CaptureResult::Captured { captured },
        12 => CaptureResult::Captured { captured: BTreeMap::new() },
        _ => CaptureResult::Failed { summary: "forbidden".to_owned() },
    };
    Command::ReportCapture { run: id, step, attempt, result }
}

fn plan_run(choice: usize) -> Command {
    let plan = plan(choice);
    let preapproved = match choice % 4 {
        0 | 1 => vec![plan.digest.clone()],
        2 => plan.steps.iter().flat_map(|step| &step.commands).map(|command| command.digest.clone()).collect(),
        _ => Vec::new(),
    };
    Command::PlanRun { plan: Box::new(plan), incident: None, preapproved }
}

fn plan(choice: usize) -> Plan {
    let command = |number: u32, effect, undo: Option<&str>, captures: bool| {
        let mut command = PlannedCommand::new(number, "bash", format!("command {number}"), effect, TARGET);
        command.undo = undo.map(str::to_owned);
        if captures {
            command.capture = [("BEFORE".to_owned(), "look".to_owned())].into();
        }
        command.bound(TARGET)
    };
    let step = |number: u32, commands: Vec<PlannedCommand>| PlannedStep {
        kind: StepKind::Command,
        commands,
        ..PlannedStep::manual(number, number, format!("step {number}"), String::new())
    };
    let gravest = if choice.is_multiple_of(2) { EffectClass::Destroy } else { EffectClass::Unknown };
    let change = command(2, EffectClass::Change, Some("put $BEFORE back"), true);
    let declared_milder = PlannedCommand { classified: choice.is_multiple_of(5).then_some(gravest), ..change.clone() };
    let mut steps = vec![
        step(1, vec![command(1, EffectClass::Observe, None, false)]),
        step(2, vec![declared_milder]),
        step(3, vec![command(3, gravest, (choice > 7).then_some("restore it"), false)]),
        PlannedStep::manual(4, 4, "by hand".to_owned(), String::new()),
        step(5, vec![change, command(5, EffectClass::Outage, Some("bring it back"), true)]),
    ];
    steps.rotate_left(choice % 3);
    for (step, number) in steps.iter_mut().zip(1..) {
        step.number = number;
    }
    Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: "mend".to_owned(),
        title: "Mend".to_owned(),
        target: TARGET.to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps,
    }
    .sealed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn nothing_is_performed_or_put_back_without_a_word_of_its_own(acts in acts()) {
        let mut walk = Walk::begin();
        acts.iter().for_each(|act| walk.act(*act));
        prop_assert_eq!(&World::replay(&walk.log), &walk.world);
        walk.brought_to_an_end();
        prop_assert_eq!(&World::replay(&walk.log), &walk.world);
        Ledger::audit(&walk.batches);
    }
}

#[test]
fn the_walks_come_to_everything_that_the_ledger_looks_at() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut names = BTreeSet::new();
    for _ in 0..300 {
        let mut walk = Walk::begin();
        let acts = acts().new_tree(&mut runner).unwrap().current();
        acts.iter().for_each(|act| walk.act(*act));
        names.extend(walk.log.iter().map(|recorded| recorded.event.name()));
    }
    for wanted in
        ["ApprovalExpired", "StateCaptured", "CaptureFailed", "UndoForgone", "StepInDoubt", "StepUndone", "UndoFailed"]
    {
        assert!(names.contains(wanted), "no walk comes to {wanted}: {names:?}");
    }
}
