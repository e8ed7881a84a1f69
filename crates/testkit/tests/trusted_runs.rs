//! Many runs of twelve steps that are killed, doubted, paused and put back: nothing that changes anything is
//! performed without a word of its own, no outcome is lost, no run is stuck, and an undo uses what was before.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{
    Actor, Approvals, Command, Digest, EffectClass, Event, Plan, PlannedCommand, PlannedStep, Policy, Run, RunId,
    StepKind, StepState, World, undo_plan,
};
use allclear_testkit::{CaptureScript, Faults, Simulation, StepScript};
use jiff::SignedDuration;

/// `ALLCLEAR_SEEDS` asks for more: 1,000 take half a minute.
const SEEDS: u64 = 200;
const ROUNDS_MAX: usize = 600;

fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

fn plan() -> Plan {
    use EffectClass::{Change, Destroy, Observe, Outage, Unknown};
    let target = story::plan().target;
    let step = |(number, (effect, captures, undo)): (u32, (EffectClass, bool, bool))| {
        let mut command = PlannedCommand::new(number, "bash", format!("command {number}"), effect, &target);
        command.undo = undo.then(|| format!("put {number} back"));
        if captures {
            command.capture = [("BEFORE".to_owned(), format!("look at {number}"))].into();
        }
        PlannedStep {
            kind: StepKind::Command,
            commands: vec![command.bound(&target)],
            ..PlannedStep::manual(number, number, format!("step {number}"), String::new())
        }
    };
    let shapes = [
        (Observe, false, false),
        (Change, true, true),
        (Outage, false, true),
        (Observe, false, false),
        (Change, true, true),
        (Destroy, false, false),
        (Unknown, false, true),
        (Change, false, true),
        (Observe, false, false),
        (Outage, true, true),
        (Destroy, true, true),
    ];
    let mut steps: Vec<PlannedStep> = (1..).zip(shapes).map(step).collect();
    steps.push(PlannedStep::manual(12, 12, "Ask the owner".to_owned(), String::new()));
    Plan { steps, ..story::plan() }.sealed()
}

struct Walk {
    simulation: Simulation,
    dice: Faults,
    found: u32,
    restarts: u32,
}

impl Walk {
    fn begin(seed: u64) -> Self {
        let begin = "2026-01-05T00:00:00Z".parse().unwrap();
        let approvals = Approvals { four_eyes: [EffectClass::Destroy].into(), expires_s: 900 };
        let policy = Policy { approvals, ..story::policy() };
        let mut simulation = Simulation::begin(begin, policy, Faults::seeded(seed, 8));
        simulation.outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned()));
        Self { simulation, dice: Faults::seeded(seed ^ 0x70a5_7ed0, 0), found: 0, restarts: 0 }
    }

    fn say(&mut self, command: &Command, name: &str) {
        let _ = self.simulation.submit(command, &person(name));
    }

    fn run(&self, id: RunId) -> Run {
        self.simulation.run(id).unwrap()
    }

    /// People look after the run until it is over.
    fn brought_to_an_end(&mut self, id: RunId) {
        for _ in 0..ROUNDS_MAX {
            let run = self.run(id);
            if run.end.is_some() {
                return;
            }
            self.misfortune(id);
            self.look_after(&run);
            let wait = SignedDuration::from_secs(i64::try_from(self.dice.below(600)).unwrap());
            let at = self.simulation.now().saturating_add(wait).unwrap();
            self.simulation.advance_to(at);
        }
        panic!("{id} is stuck: {:?}", self.run(id));
    }

    /// Every look at the world finds something else, so that it shows which one an undo puts back.
    fn misfortune(&mut self, id: RunId) {
        self.found += 1;
        for step in 1..=12 {
            let script = match self.dice.below(6) {
                0 => CaptureScript::Fails("forbidden".to_owned()),
                1 => CaptureScript::Hangs,
                _ => CaptureScript::Succeeds(format!("{step} was {}", self.found)),
            };
            self.simulation.outside.set_capture(step, script);
        }
        match self.dice.below(12) {
            0 => {
                self.restarts += 1;
                self.simulation.restart();
            }
            1 => self.say(&Command::PauseRun { run: id }, "ben"),
            2 => self.simulation.outside.set_every_step(StepScript::Hangs),
            3..=5 => self.simulation.outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned())),
            _ => {}
        }
    }

    fn look_after(&mut self, run: &Run) {
        let id = run.id;
        let Some((step, state)) = run.current().map(|(number, step)| (number, step.state)) else { return };
        if run.paused {
            return self.say(&Command::ResumeRun { run: id }, "ben");
        }
        let digest = run.plan.step(step).unwrap().digest(&run.plan.target);
        let name = if self.dice.below(2) == 0 { "ana" } else { "ben" };
        let note = || "somebody looked".to_owned();
        let command = match (state, self.dice.below(8)) {
            (StepState::Waiting | StepState::Failed | StepState::InDoubt, 0) => {
                Command::SkipStep { run: id, step, reason: note() }
            }
            (StepState::Waiting, _) => Command::ApproveStep { run: id, step, digest },
            (StepState::InDoubt, 1..=3) => Command::ConfirmStep { run: id, step, note: note() },
            (StepState::Failed | StepState::InDoubt, _) => Command::RepeatStep { run: id, step, digest },
            // What hangs is killed with the process that performs it.
            (StepState::Started | StepState::Approved, 0..=2) => {
                self.restarts += 1;
                return self.simulation.restart();
            }
            _ => return,
        };
        self.say(&command, name);
    }

    fn undone(&mut self, id: RunId) {
        // In two parts, now and then.
        let to = (self.dice.below(2) == 0).then_some(5);
        for to in [to, None] {
            let Ok(plan) = undo_plan(&self.run(id), to) else { continue };
            let before: BTreeSet<RunId> = self.simulation.world().runs.keys().copied().collect();
            let preapproved = if self.dice.below(2) == 0 { vec![plan.digest.clone()] } else { Vec::new() };
            let undo = Command::StartUndo { undoes: id, plan: Box::new(plan), incident: None, preapproved };
            self.say(&undo, "ana");
            // A client that did not hear the answer asks again.
            self.say(&undo, "ana");
            let begun = self.simulation.log().iter().rev().find_map(|recorded| match recorded.event.as_ref() {
                Event::UndoStarted { run, .. } => Some(*run),
                _ => None,
            });
            assert!(before.len() <= 1 && self.simulation.world().runs.len() <= 1);
            self.brought_to_an_end(begun.unwrap());
        }
    }
}

#[derive(Default)]
struct Tally {
    performed: usize,
    captured: usize,
    doubted: usize,
    lapsed: usize,
    undone: usize,
    restarts: u32,
}

#[test]
fn runs_that_are_killed_and_put_back_perform_nothing_twice_lose_nothing_and_end() {
    let mut tally = Tally::default();
    let seeds = std::env::var("ALLCLEAR_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        let mut walk = Walk::begin(seed);
        let plan = plan();
        let preapproved = if seed % 2 == 0 { vec![plan.digest.clone()] } else { Vec::new() };
        walk.say(&Command::PlanRun { plan: Box::new(plan), incident: None, preapproved }, "ana");
        let id = *walk.simulation.world().runs.keys().next().unwrap();
        walk.brought_to_an_end(id);
        walk.undone(id);
        assert_eq!(&World::replay(walk.simulation.log()), walk.simulation.world(), "seed {seed}");
        performed_once_for_each_word(&walk.simulation, seed);
        no_outcome_is_lost(&walk.simulation, seed);
        put_back_to_what_was_before(&walk.simulation, id, seed);
        count(&mut tally, &walk);
    }
    println!("{seeds} seeds, {} restarts by hand besides those of the faults", tally.restarts);
    println!("performed {}, captured {}, in doubt {}", tally.performed, tally.captured, tally.doubted);
    println!("approvals lapsed {}, steps put back {}; twice 0, lost 0, stuck 0", tally.lapsed, tally.undone);
    assert!(tally.doubted > 100 && tally.lapsed > 20 && tally.undone > 100, "the seeds come to what they test");
}

fn count(tally: &mut Tally, walk: &Walk) {
    let named = |name: &str| walk.simulation.log().iter().filter(|recorded| recorded.event.name() == name).count();
    tally.performed += walk.simulation.steps_taken.len();
    tally.captured += walk.simulation.captures_taken.len();
    tally.doubted += named("StepInDoubt");
    tally.lapsed += named("ApprovalExpired");
    tally.undone += named("StepUndone");
    tally.restarts += walk.restarts;
}

/// As the target saw it: each attempt once, and what changes anything not more often than somebody said so.
fn performed_once_for_each_word(simulation: &Simulation, seed: u64) {
    let mut words: BTreeMap<(RunId, u32), usize> = BTreeMap::new();
    for recorded in simulation.log() {
        if let Event::ApprovalGiven { run, step, .. } = recorded.event.as_ref() {
            *words.entry((*run, *step)).or_default() += 1;
        }
    }
    let mut performed: BTreeMap<(RunId, u32), usize> = BTreeMap::new();
    let mut attempts = BTreeSet::new();
    for taken in &simulation.steps_taken {
        let effect = &taken.effect;
        assert!(attempts.insert((effect.run, effect.step, effect.attempt)), "seed {seed}: an attempt twice");
        if effect.plan.step(effect.step).and_then(PlannedStep::effect) != Some(EffectClass::Observe) {
            *performed.entry((effect.run, effect.step)).or_default() += 1;
        }
    }
    for (key, count) in performed {
        assert!(count <= words.get(&key).copied().unwrap_or(0), "seed {seed}: {key:?} was performed without a word");
    }
}

/// Everything that was performed has come to something in the log.
fn no_outcome_is_lost(simulation: &Simulation, seed: u64) {
    let mut open = BTreeSet::new();
    for recorded in simulation.log() {
        match recorded.event.as_ref() {
            Event::StepStarted { run, step, .. } => drop(open.insert((*run, *step))),
            Event::StepSucceeded { run, step, .. }
            | Event::StepFailed { run, step, .. }
            | Event::StepInDoubt { run, step, .. } => drop(open.remove(&(*run, *step))),
            _ => {}
        }
    }
    assert!(open.is_empty(), "seed {seed}: nobody knows what became of {open:?}");
}

/// Each step is put back once at most, with what the last look before its first attempt found.
fn put_back_to_what_was_before(simulation: &Simulation, original: RunId, seed: u64) {
    let mut before: BTreeMap<u32, Digest> = BTreeMap::new();
    let mut undone = BTreeSet::new();
    for recorded in simulation.log() {
        match recorded.event.as_ref() {
            Event::StateCaptured { run, step, captured } if *run == original => {
                before.insert(*step, captured["0/BEFORE"].clone());
            }
            Event::StepUndone { run, step, .. } => assert!(undone.insert((*run, *step)), "seed {seed}: {step} twice"),
            _ => {}
        }
    }
    let attempted = |taken: &&allclear_testkit::StepTaken| taken.effect.run == original;
    for taken in &simulation.captures_taken {
        let step = taken.effect.step;
        let mut later = simulation.steps_taken.iter().filter(attempted).filter(|it| it.effect.step == step);
        let first = later.next().map_or(usize::MAX, |first| first.log_len);
        assert!(taken.log_len <= first, "seed {seed}: step {step} was captured after it was attempted");
    }
    for taken in simulation.steps_taken.iter().filter(|taken| taken.effect.run != original) {
        let step = taken.effect.plan.step(taken.effect.step).unwrap();
        for digest in step.commands.iter().flat_map(|command| command.captured.values()) {
            assert_eq!(before.get(&step.undoes.unwrap()), Some(digest), "seed {seed}: put back to something else");
        }
    }
    let run = simulation.run(original).unwrap();
    let told = run.steps.values().filter(|step| step.state == StepState::Undone).count();
    assert_eq!(told, undone.len(), "seed {seed}: the run knows what was put back");
}
