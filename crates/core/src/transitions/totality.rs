//! Folding is total: any events in any order, with any numbers, never panic and leave bounded traces.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::every_event::every_shape;
use super::recorded;
use crate::command::Command;
use crate::decide::decide;
use crate::due::{due, is_decision_due, next_deadline};
use crate::event::Event;
use crate::incident::Incident;
use crate::record::Actor;
use crate::run::Run;
use crate::world::World;

/// Replaces every number and every id of an event by one of a few values, so that events meet each other's nouns and the
/// ends of the number range.
fn with_numbers(event: &Event, numbers: &[u64]) -> Event {
    let mut next = numbers.iter().copied().cycle();
    let mut json = serde_json::to_value(event).unwrap();
    if !matches!(event, Event::PolicyAdopted { .. }) {
        renumber(&mut json, &mut || next.next().unwrap_or(0));
    }
    serde_json::from_value(json).unwrap()
}

fn renumber(json: &mut serde_json::Value, next: &mut impl FnMut() -> u64) {
    match json {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "level" | "round" | "attempt" | "failures" | "passes" | "step" => {
                        *value = (next() % (u64::from(u32::MAX) + 1)).into();
                    }
                    "due_at" | "retry_at" => *value = time(next()).to_string().into(),
                    _ => renumber(value, next),
                }
            }
        }
        serde_json::Value::String(text) => {
            let id = text.split_once('-').filter(|(_, number)| number.parse::<u64>().is_ok());
            if let Some((word, _)) = id.map(|(word, number)| (word.to_owned(), number.to_owned())) {
                *text = format!("{word}-{}", next() % 6);
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(|value| renumber(value, next)),
        _ => {}
    }
}

fn time(number: u64) -> Timestamp {
    match number {
        0 => Timestamp::MIN,
        u64::MAX => Timestamp::MAX,
        number => Timestamp::from_second(i64::try_from(number % 4_000_000_000).unwrap()).unwrap(),
    }
}

fn numbers() -> impl Strategy<Value = Vec<u64>> {
    let number = prop_oneof![0..8_u64, Just(u64::from(u32::MAX)), Just(u64::MAX), any::<u64>()];
    prop::collection::vec(number, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_events_in_any_order_fold_without_a_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), numbers(), prop::bool::weighted(0.9)), 1..150),
        now in any::<u64>(),
    ) {
        let shapes = every_shape();
        let mut world = World::default();
        let mut log = Vec::new();
        for (pick, numbers, in_order) in &picks {
            let event = with_numbers(pick.get(&shapes), numbers);
            let seq = if *in_order { world.seq.saturating_add(1) } else { numbers[0] };
            let mut record = recorded(seq, event);
            record.at = time(numbers[numbers.len() - 1]);
            world.apply(&record);
            log.push(record);
            prop_assert!(world.anomalies.len() <= 100);
        }
        let now = time(now);
        let _ = (due(&world, now), next_deadline(&world, now), is_decision_due(&world, now));
        let _ = (Incident::replay(&log), Run::replay(&log));
        let read: World = serde_json::from_str(&serde_json::to_string(&world).unwrap()).unwrap();
        prop_assert_eq!(&read, &world);
        // Whatever was read, what is decided upon it is numbered on from there.
        for command in [Command::ReachTime, Command::StartEngine { version: "1".to_owned() }] {
            // What is decided at the very moment of the last event takes it for decided, which these were not.
            let Some(now) = world.at.checked_add(SignedDuration::from_secs(1)).ok().map(|later| later.max(now)) else {
                break;
            };
            if let Ok(batch) = decide(&world, &command, &Actor::Engine, now) {
                prop_assert!(batch.events().iter().all(|record| record.seq > world.seq || world.seq == u64::MAX));
            }
        }
    }
}

#[test]
fn an_event_that_makes_no_sense_is_kept_as_an_anomaly() {
    let mut world = World::default();
    let event = Event::IncidentAcknowledged { incident: crate::id::IncidentId(7) };
    world.apply(&recorded(1, event));
    assert_eq!(world.anomalies.len(), 1);
    assert_eq!(world.anomalies[0].text, "IncidentAcknowledged met no open incident");
}
