//! What holds of every decision, whatever is asked in whatever order.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::collections::BTreeSet;

use allclear_core::{
    Actor, Command, DeliverySubject, EffectClass, Event, Incident, MessageAction, PageState, Recorded, StepState,
    World, decide, due, is_decision_due,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use story::{Ask, asks, command, policies};

/// A world and its log, as an engine would hold them.
struct Walk {
    world: World,
    log: Vec<Recorded>,
    now: Timestamp,
}

impl Walk {
    fn begin() -> Self {
        let now = "2026-01-05T00:00:00Z".parse().unwrap();
        let mut walk = Self { world: World::default(), log: Vec::new(), now };
        walk.ask(&Command::StartEngine { version: "0.1.0".to_owned() }, &Actor::Engine);
        let policy = Box::new(policies().remove(0));
        walk.ask(&Command::AdoptPolicy { policy }, &Actor::Engine);
        walk
    }

    /// Decides; what is accepted is numbered on, folds without an anomaly and is read back as it was written.
    fn ask(&mut self, command: &Command, actor: &Actor) -> bool {
        let Ok(batch) = decide(&self.world, command, actor, self.now) else { return false };
        let (events, world) = batch.into_parts();
        for (recorded, seq) in events.iter().zip(self.world.seq + 1..) {
            assert_eq!(recorded.seq, seq);
            let text = serde_json::to_string(recorded).unwrap();
            assert_eq!(&serde_json::from_str::<Recorded>(&text).unwrap(), recorded, "{text}");
        }
        assert_eq!(world.seq, self.world.seq + events.len() as u64);
        assert!(world.anomalies.is_empty(), "{:?} after {command:?}", world.anomalies);
        let closed: Vec<_> =
            self.world.incidents.values().filter(|it| !world.incidents.contains_key(&it.id)).cloned().collect();
        self.world = world;
        self.log.extend(events);
        closed.iter().for_each(|incident| self.is_read_back(incident));
        true
    }

    /// A closed incident is read back from its own events with its whole timeline.
    fn is_read_back(&self, incident: &Incident) {
        let own: Vec<Recorded> = self.log.iter().filter(|it| it.incident == Some(incident.id)).cloned().collect();
        let read = Incident::replay(&own).expect("it was opened");
        assert!(read.timeline.len() >= incident.timeline.len());
        for (read, known) in read.timeline.iter().zip(&incident.timeline) {
            assert_eq!(read, known);
        }
    }

    fn step(&mut self, ask: &Ask) {
        self.now = self.now.saturating_add(SignedDuration::from_secs(ask.wait_s)).unwrap();
        let (command, actor) = command(ask, &self.world);
        self.ask(&command, &actor);
        self.comes_to_rest();
        self.holds();
    }

    /// Each decision removes its own deadline: after `ReachTime` there is none left, and a second one appends nothing.
    fn comes_to_rest(&mut self) {
        if is_decision_due(&self.world, self.now) {
            self.ask(&Command::ReachTime, &Actor::Engine);
        }
        assert!(!is_decision_due(&self.world, self.now), "a deadline is left that was reached");
        let again = decide(&self.world, &Command::ReachTime, &Actor::Engine, self.now).unwrap();
        assert!(again.events().is_empty(), "{:?}", again.events());
    }

    fn holds(&self) {
        let sources: BTreeSet<_> = self.world.alerts.values().map(|alert| &alert.source).collect();
        assert_eq!(sources.len(), self.world.alerts.len(), "one open alert for each source");
        let policy = self.world.policy();
        for incident in self.world.incidents.values().filter(|it| it.awaits_acknowledgement()) {
            let demanded = self.world.pages.values().any(|page| {
                page.incident == incident.id && matches!(page.state, PageState::Paging | PageState::Exhausted)
            });
            // What a policy came to demand only later is no reason to wake anybody.
            let opened = self.log.iter().rposition(|it| matches!(it.event.as_ref(), Event::PolicyAdopted { .. }));
            let under_this_policy = opened.is_none_or(|index| self.log[index].seq < incident.id.0);
            if policy.severity(incident.severity).page && under_this_policy {
                assert!(demanded, "{} waits for somebody and nobody is paged", incident.id);
            }
        }
        for page in self.world.pages.values().filter(|page| page.state == PageState::Paging) {
            let soon = self.now.max(self.world.at).saturating_add(SignedDuration::from_hours(1)).unwrap();
            assert!(page.escalates_at(&policy).is_some_and(|at| at <= soon), "{} waits for ever", page.id);
        }
        for alert in self.world.alerts.values() {
            let attended = self.world.incidents.values().any(|it| it.is_open() && it.alerts.contains_key(&alert.id));
            assert!(attended || alert.reopens_at().is_some(), "{} fires and nobody will hear of it", alert.id);
        }
        let keys: BTreeSet<_> = due(&self.world, self.now).iter().map(allclear_core::Effect::id).collect();
        assert_eq!(keys.len(), due(&self.world, self.now).len(), "an effect has a name of its own");
    }
}

/// What holds of the log as a whole.
fn log_holds(log: &[Recorded]) {
    let mut started = BTreeSet::new();
    let mut sent = BTreeSet::new();
    let mut level = (0, 0, false);
    for recorded in log {
        match recorded.event.as_ref() {
            Event::StepStarted { run, step, attempt } => {
                assert!(started.insert((*run, *step, *attempt)), "an attempt is started once");
            }
            Event::StepSucceeded { run, step, attempt, .. } | Event::StepFailed { run, step, attempt, .. } => {
                assert!(started.contains(&(*run, *step, *attempt)), "an outcome without a start");
            }
            Event::PageEscalated { level: at, round, .. } => level = (*at, *round, false),
            Event::PageExhausted { .. } => level.2 = true,
            Event::DeliveryQueued { subject: DeliverySubject::Page(page), channel, message, .. }
                if message.action == MessageAction::Trigger =>
            {
                assert!(sent.insert((*page, level, channel.clone())), "a level is sent to a channel once");
            }
            _ => {}
        }
    }
}

/// What was interrupted and does more than look is not started again without a new approval.
fn no_silent_repetition(log: &[Recorded]) {
    let mut world = World::default();
    for recorded in log {
        let before = world.clone();
        world.apply(recorded);
        let Event::StepStarted { run, step, .. } = recorded.event.as_ref() else { continue };
        let Some(run) = before.runs.get(run) else { continue };
        let Some(known) = run.steps.get(step) else { continue };
        let observes = run.plan.step(*step).and_then(|step| step.effect()) == Some(EffectClass::Observe);
        let interrupted = known.state == StepState::Started;
        assert!(known.state == StepState::Approved || (interrupted && observes), "{step} was {}", known.state.word());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_is_asked_the_world_is_the_fold_of_its_log(asks in asks(1..120), cut in any::<prop::sample::Index>()) {
        let mut walk = Walk::begin();
        for ask in &asks {
            walk.step(ask);
        }
        prop_assert_eq!(&World::replay(&walk.log), &walk.world);

        let cut = cut.index(walk.log.len());
        let snapshot = serde_json::to_vec(&World::replay(&walk.log[..cut])).unwrap();
        let mut resumed: World = serde_json::from_slice(&snapshot).unwrap();
        walk.log[cut..].iter().for_each(|recorded| resumed.apply(recorded));
        prop_assert_eq!(&resumed, &walk.world);

        log_holds(&walk.log);
        no_silent_repetition(&walk.log);
    }
}

#[test]
fn every_kind_of_event_comes_up_when_enough_is_asked() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut names = BTreeSet::new();
    for _ in 0..40 {
        let asks = asks(100..200).new_tree(&mut runner).unwrap().current();
        let mut walk = Walk::begin();
        asks.iter().for_each(|ask| walk.step(ask));
        names.extend(walk.log.iter().map(|recorded| recorded.event.name()));
    }
    let known = include_str!("logs/next.jsonl");
    let name = |line: &str| {
        let recorded: Recorded = serde_json::from_str(line).unwrap();
        recorded.event.name()
    };
    let missing: Vec<&str> = known.lines().map(name).filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "never decided: {missing:?}");
}

#[test]
fn a_refused_command_names_what_to_do_next() {
    let world = World::default();
    let now = "2026-01-05T00:00:00Z".parse().unwrap();
    for command in story::unknown_ids() {
        let refusal = decide(&world, &command, &Actor::Engine, now).unwrap_err();
        assert!(!refusal.code().is_empty() && refusal.to_string().len() > 20, "{refusal}");
    }
}
