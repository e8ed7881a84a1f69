//! The whole of Allclear under faults, seed by seed: nothing is lost, nothing is sent under two keys, nothing is
//! performed that the log does not know of.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{Actor, Command, DeliverySubject, Event, IncidentId, MessageAction, Severity, World};
use allclear_testkit::{Answer, Faults, Health, Simulation, StepScript};
use jiff::SignedDuration;

const SEEDS: u64 = 200;

fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

/// An hour or so of an estate that breaks and people who work on it, all of it told from the seed.
fn lived_through(seed: u64) -> Simulation {
    let mut dice = Faults::seeded(seed ^ 0xa11c_1ea2, 0);
    let begin = "2026-01-05T00:00:00Z".parse().unwrap();
    let mut simulation = Simulation::begin(begin, story::policy(), Faults::seeded(seed, 6));
    simulation.outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned()));
    simulation.outside.set_health("city-api", Health::Up);
    simulation.outside.set_health("payments", Health::Up);
    for _ in 0..40 {
        happen(&mut simulation, &mut dice);
        let wait = SignedDuration::from_secs(i64::try_from(dice.below(120)).unwrap());
        let at = simulation.now().saturating_add(wait).unwrap();
        simulation.advance_to(at);
    }
    // At the end the estate is well, its channels too, and everybody has time to come to rest.
    simulation.outside.set_health("city-api", Health::Up);
    simulation.outside.set_health("payments", Health::Up);
    for channel in ["pager", "phone", "news"] {
        simulation.outside.set_answer(channel, Answer::Status(200));
    }
    simulation
}

fn happen(simulation: &mut Simulation, dice: &mut Faults) {
    let incident = simulation.world().incidents.keys().next_back().copied().unwrap_or(IncidentId(0));
    let check = ["city-api", "payments"][usize::try_from(dice.below(2)).unwrap()];
    let text = || "so it is".to_owned();
    let command = match dice.below(13) {
        0..=2 => return simulation.outside.set_health(check, Health::Down("answered 503".to_owned())),
        3..=4 => return simulation.outside.set_health(check, Health::Up),
        5 => return simulation.outside.set_answer("pager", Answer::Status(500)),
        6 => return simulation.outside.set_answer("pager", Answer::Status(404)),
        7 => return simulation.outside.set_answer("pager", Answer::Status(200)),
        8 => Command::AcknowledgeIncident { incident },
        9 => Command::MitigateIncident { incident, text: text() },
        10 => Command::ResolveIncident { incident, text: text(), root_cause: None },
        11 => {
            let plan = Box::new(story::plan());
            let preapproved = vec![plan.digest.clone()];
            Command::PlanRun { plan, incident: None, preapproved }
        }
        _ => {
            // The clock is set, by up to two minutes either way.
            let by = SignedDuration::from_secs(i64::try_from(dice.below(240)).unwrap() - 120);
            let at = simulation.now().saturating_add(by).unwrap();
            return simulation.set_clock(at);
        }
    };
    let _ = simulation.submit(&command, &person("ana"));
}

#[test]
fn whatever_goes_wrong_no_page_is_lost_and_none_is_sent_under_two_keys() {
    let mut kinds = BTreeSet::new();
    for seed in 0..SEEDS {
        let simulation = lived_through(seed);
        kinds.extend(simulation.log().iter().map(|recorded| recorded.event.name()));
        assert_eq!(&World::replay(simulation.log()), simulation.world(), "seed {seed}");
        one_key_each(&simulation, seed);
        performed_as_recorded(&simulation, seed);
        every_demand_is_sent(simulation, seed);
    }
    for wanted in
        ["PageEscalated", "DeliveryFailed", "DeliveryAbandoned", "StepInDoubt", "IncidentJoined", "ReviewOwed"]
    {
        assert!(kinds.contains(wanted), "no seed comes to {wanted}");
    }
}

/// What the receiver sees: each key stands for one message, however often it comes.
fn one_key_each(simulation: &Simulation, seed: u64) {
    let mut messages = BTreeMap::new();
    let mut attempts = BTreeMap::new();
    for sent in &simulation.sent {
        let effect = &sent.effect;
        let known = messages.entry(effect.delivery).or_insert_with(|| effect.clone());
        assert_eq!((&known.channel_name, &known.message), (&effect.channel_name, &effect.message), "seed {seed}");
        let attempt = attempts.insert(effect.delivery, effect.attempt).unwrap_or(0);
        assert!(effect.attempt == attempt || effect.attempt == attempt + 1, "seed {seed}: attempts follow each other");
    }
    let mut queued = BTreeSet::new();
    let mut level = BTreeMap::new();
    for recorded in simulation.log() {
        match recorded.event.as_ref() {
            Event::PageEscalated { page, level: at, round, .. } => drop(level.insert(*page, (*at, *round, false))),
            Event::PageExhausted { page } => {
                level.entry(*page).and_modify(|level| level.2 = true).or_default().2 = true
            }
            Event::DeliveryQueued { subject: DeliverySubject::Page(page), channel, message, .. } => {
                let key = (*page, level.get(page).copied(), channel.clone(), format!("{:?}", message.action));
                assert!(queued.insert(key.clone()), "seed {seed}: {key:?} twice");
            }
            _ => {}
        }
    }
}

/// When a step was performed the log already said so.
fn performed_as_recorded(simulation: &Simulation, seed: u64) {
    for taken in &simulation.steps_taken {
        let effect = &taken.effect;
        let started = simulation.log()[..taken.log_len].iter().any(|recorded| {
            matches!(recorded.event.as_ref(), Event::StepStarted { run, step, attempt }
                if (*run, *step, *attempt) == (effect.run, effect.step, effect.attempt))
        });
        assert!(started, "seed {seed}: {} step {} was performed before the log said so", effect.run, effect.step);
    }
    let attempts: BTreeSet<_> =
        simulation.steps_taken.iter().map(|it| (it.effect.run, it.effect.step, it.effect.attempt)).collect();
    assert_eq!(attempts.len(), simulation.steps_taken.len(), "seed {seed}: an attempt is performed once");
}

/// With the channels back and nobody at work, everything that is still wanted arrives.
fn every_demand_is_sent(mut simulation: Simulation, seed: u64) {
    let later = simulation.now().saturating_add(SignedDuration::from_mins(40)).unwrap();
    simulation.advance_to(later);
    assert!(simulation.world().deliveries.is_empty(), "seed {seed}: {:?}", simulation.world().deliveries);
    let arrived: BTreeSet<_> = simulation
        .log()
        .iter()
        .filter_map(|recorded| match recorded.event.as_ref() {
            Event::DeliverySucceeded { delivery, .. } => Some(*delivery),
            _ => None,
        })
        .collect();
    let triggers = |incident: IncidentId| {
        simulation.log().iter().any(move |recorded| {
            matches!(recorded.event.as_ref(), Event::DeliveryQueued { delivery, message, .. }
                if message.incident == incident && message.action == MessageAction::Trigger)
                && recorded.incident == Some(incident)
        })
    };
    for incident in simulation.world().incidents.values().filter(|it| it.awaits_acknowledgement()) {
        assert!(triggers(incident.id), "seed {seed}: nobody was paged for {}", incident.id);
        let page = simulation.world().pages.values().rfind(|page| page.incident == incident.id).unwrap();
        assert!(page.severity <= incident.severity || page.channels.len() > 1, "seed {seed}: {page:?}");
        let heard = simulation
            .sent
            .iter()
            .any(|sent| sent.effect.message.incident == incident.id && arrived.contains(&sent.effect.delivery));
        assert!(heard, "seed {seed}: nobody heard of {}", incident.id);
    }
    for alert in simulation.world().alerts.values() {
        assert!(alert.unattended_since.is_none(), "seed {seed}: {} fires on unattended", alert.id);
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_hold_up_a_page() {
    let begin = "2026-01-05T12:00:00Z".parse().unwrap();
    let mut simulation = Simulation::begin(begin, story::policy(), Faults::none());
    simulation.set_clock("2026-01-05T09:00:00Z".parse().unwrap());
    let open = Command::OpenIncident {
        severity: Severity::P0,
        title: "nobody can pay".to_owned(),
        component: None,
        procedure: None,
    };
    simulation.submit(&open, &person("ana")).unwrap();
    assert_eq!(simulation.sent.first().map(|sent| sent.effect.channel_name.as_str()), Some("pager"));
}
