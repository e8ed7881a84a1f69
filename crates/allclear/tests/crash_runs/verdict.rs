//! What must be true after a run, by the log it left and by the estate; and what is counted on the way.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{Actor, EffectClass, Event, Plan, Recorded, RunId, StepKind};

use super::estate::Estate;
use super::procedure::{Executor, ROWS, Witness, row_of};

/// What was counted, of one executor or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) performed: u64,
    pub(crate) killed: u64,
    pub(crate) in_doubt: u64,
    pub(crate) settled: u64,
    pub(crate) repeated: u64,
    pub(crate) twice: u64,
    pub(crate) lost: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.performed += other.performed;
        self.killed += other.killed;
        self.in_doubt += other.in_doubt;
        self.settled += other.settled;
        self.repeated += other.repeated;
        self.twice += other.twice;
        self.lost += other.lost;
    }
}

pub(crate) type Tallies = BTreeMap<Executor, Tally>;

/// What is wrong, in sentences; and what was counted of the effects.
pub(crate) fn effects(estate: &Estate, tallies: &mut Tallies) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| !matches!(row.witness, Witness::None) && estate.performs(row)) {
        let tally = tallies.entry(row.executor).or_default();
        match estate.count(row) {
            1 => {}
            0 => {
                tally.lost += 1;
                wrong.push(format!("`{}` never took effect", row.title));
            }
            times => {
                tally.twice += 1;
                wrong.push(format!("`{}` took effect {times} times", row.title));
            }
        }
    }
    wrong.extend(estate.not_kept());
    wrong
}

/// The story of one run as its own events tell it.
pub(crate) struct Story {
    plan: Box<Plan>,
    undoes: bool,
    /// Steps that may be started, because somebody agreed.
    approved: BTreeSet<u32>,
    /// What became of each attempt; `None` while nobody knows.
    attempts: BTreeMap<(u32, u32), Option<bool>>,
    done: BTreeSet<u32>,
    finished: bool,
    wrong: Vec<String>,
}

impl Story {
    /// Reads it, and counts.
    pub(crate) fn of(run: RunId, events: &[Recorded], tallies: &mut Tallies) -> Option<Self> {
        let mut story: Option<Self> = None;
        for recorded in events {
            match (recorded.event.as_ref(), &mut story) {
                (Event::RunPlanned { run: id, plan, .. }, None) if *id == run => {
                    story = Some(Self::new(plan.clone(), false));
                }
                (Event::UndoStarted { run: id, plan, .. }, None) if *id == run => {
                    story = Some(Self::new(plan.clone(), true));
                }
                (_, Some(story)) if recorded.run == Some(run) => story.note(recorded, tallies),
                _ => {}
            }
        }
        story
    }

    fn new(plan: Box<Plan>, undoes: bool) -> Self {
        Self {
            plan,
            undoes,
            approved: BTreeSet::new(),
            attempts: BTreeMap::new(),
            done: BTreeSet::new(),
            finished: false,
            wrong: Vec::new(),
        }
    }

    fn note(&mut self, recorded: &Recorded, tallies: &mut Tallies) {
        let by_person = matches!(recorded.cause.actor, Actor::Person(_));
        let mut count = |executor: Executor, add: Tally| tallies.entry(executor).or_default().add(add);
        match recorded.event.as_ref() {
            Event::ApprovalGiven { step, .. } => {
                self.approved.insert(*step);
            }
            Event::StepStarted { step, attempt, .. } => {
                // What only observes is performed again after a restart without asking.
                let approved =
                    if self.observes(*step) { self.approved.contains(step) } else { self.approved.remove(step) };
                if !approved {
                    self.wrong.push(format!("step {step} was started and nobody had agreed"));
                }
                let repeated = u64::from(*attempt > 1 && by_person);
                count(self.executor(*step), Tally { repeated, ..Tally::default() });
                self.attempts.insert((*step, *attempt), None);
            }
            Event::StepInDoubt { step, .. } => count(self.executor(*step), Tally { in_doubt: 1, ..Tally::default() }),
            Event::StepSucceeded { step, attempt, .. } => {
                let by_hand = self.executor(*step) == Executor::ByHand;
                let settled = u64::from(by_person && !by_hand);
                count(self.executor(*step), Tally { performed: 1, settled, ..Tally::default() });
                self.attempts.insert((*step, *attempt), Some(true));
                if !self.done.insert(*step) {
                    self.wrong.push(format!("step {step} succeeded twice"));
                }
            }
            Event::StepFailed { step, attempt, .. } => {
                self.attempts.insert((*step, *attempt), Some(false));
            }
            Event::RunFinished { .. } => self.finished = true,
            _ => {}
        }
    }

    /// What is wrong with it, in sentences.
    pub(crate) fn wrong(mut self, tallies: &mut Tallies) -> Vec<String> {
        let name = if self.undoes { "the undo" } else { "the run" };
        if !self.finished {
            self.wrong.push("it has not finished".to_owned());
        }
        for step in &self.plan.steps {
            let last = self.attempts.iter().rfind(|((number, _), _)| *number == step.number);
            if !matches!(last, Some((_, Some(true)))) {
                tallies.entry(self.executor(step.number)).or_default().lost += 1;
                self.wrong.push(format!("step {} has no outcome", step.number));
            }
        }
        self.wrong.iter().map(|sentence| format!("{name}: {sentence}")).collect()
    }

    fn observes(&self, step: u32) -> bool {
        self.plan.step(step).and_then(allclear_core::PlannedStep::effect) == Some(EffectClass::Observe)
    }

    fn executor(&self, step: u32) -> Executor {
        let planned = self.plan.step(step);
        let original = planned.and_then(|planned| planned.undoes).unwrap_or(step);
        let by_hand = planned.is_some_and(|planned| planned.kind == StepKind::Manual);
        row_of(original).filter(|_| !by_hand).map_or(Executor::ByHand, |row| row.executor)
    }
}
