//! The books of an auditor: what the log alone says of approvals, captures and undos, kept without the folds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use allclear_core::{Actor, Digest, EffectClass, Event, Plan, PlannedStep, Recorded, RunId, StepKind};
use jiff::{SignedDuration, Timestamp};

/// Effects that need a second person, and how long an approval holds, in the policy of the walk.
pub(crate) const FOUR_EYES: [EffectClass; 1] = [EffectClass::Destroy];
pub(crate) const EXPIRES_S: u32 = 600;

struct Account {
    plan: Arc<Plan>,
    requester: Actor,
    planned_at: Timestamp,
    preapproved: Vec<Digest>,
    undoes: Option<RunId>,
    paused: bool,
    ended: bool,
    /// When a person's word for the step was given that was not used up yet.
    words: BTreeMap<u32, Timestamp>,
    captured: BTreeMap<u32, BTreeMap<String, Digest>>,
    /// Steps that a person has performed without what was before.
    forgone: BTreeSet<u32>,
    attempts: BTreeMap<u32, u32>,
    /// How many commands of a step were begun at most; `None` where nobody knows.
    begun: BTreeMap<u32, Option<u32>>,
    under_way: Option<u32>,
}

/// Goes through the log and asserts at every event that it may stand there.
#[derive(Default)]
pub(crate) struct Ledger {
    accounts: BTreeMap<RunId, Account>,
    undone: BTreeSet<(RunId, u32)>,
    interrupted: bool,
    asked: Option<(RunId, u32)>,
}

fn lapsed(given: Timestamp, now: Timestamp) -> bool {
    now.duration_since(given) >= SignedDuration::from_secs(EXPIRES_S.into())
}

fn needs_four_eyes(step: &PlannedStep) -> bool {
    let classes = step.commands.iter().flat_map(|command| [Some(command.effect), command.classified]);
    classes.flatten().any(|class| FOUR_EYES.contains(&class) || class == EffectClass::Unknown)
}

impl Account {
    fn begun(&self, step: u32) -> Option<u32> {
        self.begun.get(&step).copied().unwrap_or(Some(0))
    }

    fn forget_unused(&mut self, step: u32) {
        let (Some(begun), Some(known)) = (self.begun(step), self.captured.get_mut(&step)) else { return };
        known.retain(|key, _| {
            key.split('/').next().and_then(|index| index.parse().ok()).is_some_and(|it: u32| it < begun)
        });
        if known.is_empty() {
            self.captured.remove(&step);
        }
    }
}

impl Ledger {
    /// A decision that asks for an approval and gives it too was asked beforehand.
    pub(crate) fn audit(batches: &[Vec<Recorded>]) {
        let mut ledger = Self::default();
        for batch in batches {
            ledger.asked = None;
            for recorded in batch {
                ledger.enter(recorded);
                ledger.asked = match recorded.event.as_ref() {
                    Event::ApprovalRequested { run, step, .. } => Some((*run, *step)),
                    _ => None,
                };
            }
        }
    }

    fn enter(&mut self, recorded: &Recorded) {
        match recorded.event.as_ref() {
            Event::EngineStarted { .. } => self.interrupted = true,
            Event::RunPlanned { run, plan, preapproved, .. } => self.open(recorded, *run, plan, preapproved, None),
            Event::UndoStarted { run, undoes, plan, preapproved, .. } => {
                let twice = self.accounts.values().any(|account| account.undoes == Some(*undoes) && !account.ended);
                assert!(!twice, "{undoes} is undone by two runs at once");
                let rests = |account: &Account| account.ended && account.under_way.is_none();
                assert!(self.accounts.get(undoes).is_some_and(rests), "{undoes} goes on");
                self.open(recorded, *run, plan, preapproved, Some(*undoes));
                self.uses_what_was_captured(*undoes, plan);
            }
            Event::ApprovalGiven { run, step, digest } => self.approved(recorded, *run, *step, digest),
            Event::StepStarted { run, step, attempt } => self.started(recorded, *run, *step, *attempt),
            Event::StepUndone { run, step, by } => {
                assert!(self.undone.insert((*run, *step)), "step {step} of {run} is put back twice");
                assert_eq!(self.accounts[by].undoes, Some(*run));
                assert!(self.accounts[run].attempts.contains_key(step), "what was never attempted is put back");
            }
            event => self.note(event),
        }
    }

    fn note(&mut self, event: &Event) {
        let (Event::StateCaptured { run, .. }
        | Event::UndoForgone { run, .. }
        | Event::ApprovalExpired { run, .. }
        | Event::StepSucceeded { run, .. }
        | Event::StepFailed { run, .. }
        | Event::StepInDoubt { run, .. }
        | Event::RunPaused { run }
        | Event::RunResumed { run }
        | Event::RunFinished { run }
        | Event::RunAborted { run, .. }) = event
        else {
            return;
        };
        let account = self.accounts.get_mut(run).expect("it was opened");
        let ends = matches!(event, Event::StepSucceeded { .. } | Event::StepFailed { .. } | Event::StepInDoubt { .. });
        let cut_short = account.ended && ends && account.under_way.is_some();
        assert!(!account.ended || cut_short, "{run} has ended: {event:?}");
        match event {
            Event::StateCaptured { step, captured, .. } => {
                // What was found before something that was never begun may not be so any more.
                if account.under_way.is_none() {
                    account.forget_unused(*step);
                }
                let known = account.captured.entry(*step).or_default();
                let first = captured.keys().all(|key| !known.contains_key(key));
                assert!(first, "captured again after it was begun");
                known.extend(captured.clone());
            }
            Event::StepFailed { step, outcome, .. } => {
                account.under_way = None;
                let both = account.begun(*step).zip(outcome.commands_begun);
                account.begun.insert(*step, both.map(|(before, now)| before.max(now)));
                account.forget_unused(*step);
            }
            Event::StepSucceeded { step, .. } | Event::StepInDoubt { step, .. } => {
                account.under_way = None;
                account.begun.insert(*step, None);
            }
            Event::UndoForgone { step, .. } => drop(account.forgone.insert(*step)),
            Event::ApprovalExpired { step, .. } => {
                assert!(account.words.remove(step).is_some(), "no word to lapse");
                account.forgone.remove(step);
                account.forget_unused(*step);
            }
            Event::RunPaused { .. } => account.paused = true,
            Event::RunResumed { .. } => account.paused = false,
            Event::RunFinished { .. } | Event::RunAborted { .. } => account.ended = true,
            _ => unreachable!("only these are let through"),
        }
    }

    fn open(&mut self, recorded: &Recorded, run: RunId, plan: &Plan, preapproved: &[Digest], undoes: Option<RunId>) {
        assert_eq!(run.0, recorded.seq);
        let account = Account {
            plan: Arc::new(plan.clone()),
            requester: recorded.cause.actor.clone(),
            planned_at: recorded.at,
            preapproved: preapproved.to_vec(),
            undoes,
            paused: false,
            ended: false,
            words: BTreeMap::new(),
            captured: BTreeMap::new(),
            forgone: BTreeSet::new(),
            attempts: BTreeMap::new(),
            begun: BTreeMap::new(),
            under_way: None,
        };
        self.accounts.insert(run, account);
    }

    fn uses_what_was_captured(&self, original: RunId, plan: &Plan) {
        for step in &plan.steps {
            let undoes = step.undoes.expect("every step of an undo says what it puts back");
            assert!(!self.undone.contains(&(original, undoes)), "step {undoes} of {original} was put back before");
            let known = self.accounts[&original].captured.get(&undoes);
            for digest in step.commands.iter().flat_map(|command| command.captured.values()) {
                assert!(known.is_some_and(|known| known.values().any(|it| it == digest)), "captured by nobody");
            }
        }
    }

    fn approved(&mut self, recorded: &Recorded, run: RunId, number: u32, digest: &Digest) {
        let asked = self.asked == Some((run, number));
        let account = self.accounts.get_mut(&run).expect("it was opened");
        let step = account.plan.step(number).expect("it is planned");
        assert_eq!(*digest, step.digest(&account.plan.target), "approved is what is performed");
        assert!(!account.paused && !account.ended);
        if asked {
            let agreed = |digest: &Digest| account.preapproved.contains(digest);
            let each = step.commands.iter().all(|command| agreed(&command.digest));
            assert!(agreed(&account.plan.digest) || agreed(digest) || each, "nobody approved it beforehand");
            assert!(step.kind == StepKind::Command && !needs_four_eyes(step));
            assert!(!lapsed(account.planned_at, recorded.at), "approved beforehand, too long ago");
        } else if needs_four_eyes(step) {
            let actor = &recorded.cause.actor;
            assert!(matches!(actor, Actor::Person(_)) && *actor != account.requester, "{actor} asked for it");
        }
        account.words.insert(number, recorded.at);
    }

    fn started(&mut self, recorded: &Recorded, run: RunId, number: u32, attempt: u32) {
        let interrupted = self.interrupted;
        let account = self.accounts.get_mut(&run).expect("it was opened");
        let step = account.plan.step(number).expect("it is planned");
        let again = interrupted && account.under_way == Some(number) && step.effect() == Some(EffectClass::Observe);
        if !again {
            let word = account.words.remove(&number).expect("a word of its own for each start");
            assert!(!lapsed(word, recorded.at), "started on an approval that has lapsed");
            assert!(!account.paused, "a paused run starts nothing");
            assert_eq!(account.under_way, None, "one step at a time");
        }
        account.attempts.insert(number, attempt);
        let captures = step.commands.first().is_some_and(|command| !command.capture.is_empty());
        let known = account.captured.contains_key(&number) || account.forgone.contains(&number);
        assert!(account.begun(number) != Some(0) || !captures || known, "started before it was captured");
        assert!(!account.ended);
        account.under_way = Some(number);
    }
}
