//! The demo's story, killed with SIGKILL after its events and at random moments: after the restart it completes, no
//! page is lost, none is sent twice under another key, and the chain verifies.
//!
//! The fast suite kills at a few places; with `ALLCLEAR_REQUIRE_COMPONENTS` (the whole CI) at every event.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use allclear_core::{DeliverySubject, Event, Message, MessageAction, Recorded};
use allclear_testkit::{Ended, KillAt, run_and_kill};
use serde_json::Value;
use support::{Place, code, said};

const LIMIT: Duration = Duration::from_secs(120);
/// Stories told at the same time; they mostly wait.
const AT_ONCE: usize = 4;

#[test]
fn the_story_survives_a_kill_after_each_event_and_at_random_moments() {
    let whole = std::env::var_os("ALLCLEAR_REQUIRE_COMPONENTS").is_some();
    let place = Place::new();
    let began = Instant::now();
    let output = tell(&place);
    let length = began.elapsed();
    assert_eq!(code(&output), 0, "the story does not even complete undisturbed: {}", said(&output));
    let events = log(&place).len() as u64;
    assert!(events > 20, "the story has only {events} events");

    let step = if whole { 1 } else { 12 };
    let at_events = (1..=events).step_by(step).map(KillAt::Event);
    let moments = if whole { 16 } else { 3 };
    let at_moments = (1..=moments).map(|seed| KillAt::Moment(random_moment(seed, length)));
    let kills: Vec<KillAt> = at_events.chain(at_moments).collect();
    std::thread::scope(|scope| {
        for lane in 0..AT_ONCE {
            let mine: Vec<KillAt> = kills.iter().copied().skip(lane).step_by(AT_ONCE).collect();
            scope.spawn(move || mine.into_iter().for_each(survives));
        }
    });
    println!("{} kills survived, of a story of {events} events", kills.len());
}

/// Somewhere within the story, spread by a linear congruence; the moment is printed with a failure.
fn random_moment(seed: u64, length: Duration) -> Duration {
    let spread = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33;
    let length_ms = u64::try_from(length.as_millis()).unwrap_or(1).max(1);
    Duration::from_millis(spread % length_ms)
}

fn survives(at: KillAt) {
    let place = Place::new();
    let mut command = place.command(&["demo", "--script", "--data-dir", "data"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let ended = run_and_kill(&mut command, &place.path("data/log.db"), at, LIMIT);
    if let Ended::ByItself(status) = &ended {
        assert!(status.success(), "{at:?}: the story failed before it was killed");
    }
    let output = tell(&place);
    assert_eq!(code(&output), 0, "{at:?}: the story does not complete after the restart: {}", said(&output));
    let log = log(&place);
    no_page_is_lost(at, &log);
    nothing_is_sent_twice(at, &log, &place.path("data/pager.jsonl"));
    let verified = place.run(&["log", "verify", "--data-dir", "data"]);
    assert_eq!(code(&verified), 0, "{at:?}: {}", said(&verified));
}

fn tell(place: &Place) -> std::process::Output {
    place.run(&["demo", "--script", "--data-dir", "data"])
}

fn log(place: &Place) -> Vec<Recorded> {
    let export = place.path("export.jsonl").display().to_string();
    let exported = place.run(&["log", "export", "--output", &export, "--data-dir", "data"]);
    assert_eq!(code(&exported), 0, "{}", said(&exported));
    let text = std::fs::read_to_string(&export).expect("the export is there");
    let bodies = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("body").cloned());
    bodies.map(|body| recorded(&body)).collect()
}

/// The body is kept as the exact text that the chain covers.
fn recorded(body: &Value) -> Recorded {
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    serde_json::from_str(&text).expect("an exported event can be read")
}

/// Every demand for attention that was not withdrawn by an answer has arrived.
fn no_page_is_lost(at: KillAt, log: &[Recorded]) {
    let arrived = log.iter().any(|it| matches!(it.event.as_ref(), Event::DeliverySucceeded { .. }));
    assert!(arrived, "{at:?}: no page arrived");
    let opened = log.iter().filter(|it| matches!(it.event.as_ref(), Event::IncidentOpened { .. })).count();
    let paged = log.iter().filter(|it| matches!(it.event.as_ref(), Event::PageRequested { .. })).count();
    assert_eq!((opened, paged), (1, 1), "{at:?}: one incident, one page");
}

/// One demand, one delivery, one key: whatever reached the pager under two keys was demanded twice.
fn nothing_is_sent_twice(at: KillAt, log: &[Recorded], pager: &Path) {
    let mut demands: BTreeMap<String, usize> = BTreeMap::new();
    let mut place = (0, 0);
    for recorded in log {
        match recorded.event.as_ref() {
            Event::PageEscalated { level, round, .. } => place = (*level, *round),
            Event::DeliveryQueued { subject: DeliverySubject::Page(page), channel, message, .. } => {
                let Message { action, .. } = message.as_ref();
                let demand = match action {
                    MessageAction::Trigger => format!("{page} {channel} trigger {place:?}"),
                    other => format!("{page} {channel} {other:?}"),
                };
                *demands.entry(demand).or_default() += 1;
            }
            _ => {}
        }
    }
    for (demand, times) in demands {
        assert_eq!(times, 1, "{at:?}: {demand} was demanded {times} times");
    }
    let received = std::fs::read_to_string(pager).expect("the pager kept what it received");
    let keys: Vec<String> = received
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|page| page["idempotency_key"].as_str().unwrap_or_default().to_owned())
        .collect();
    let queued: Vec<String> = log
        .iter()
        .filter_map(|it| match it.event.as_ref() {
            Event::DeliveryQueued { delivery, .. } => Some(delivery.to_string()),
            _ => None,
        })
        .collect();
    assert!(!keys.is_empty(), "{at:?}: the pager received nothing");
    for key in keys {
        assert!(queued.contains(&key), "{at:?}: the pager received {key}, which the log never demanded");
    }
}
