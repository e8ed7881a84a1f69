//! Logs that were written once must fold for ever; what a newer release wrote is refused with a clear error.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use allclear_core::{Incident, Recorded, World};

const NEXT: &str = include_str!("logs/next.jsonl");

fn read(log: &str) -> Vec<Recorded> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn every_stored_shape_is_read() {
    let read = read(NEXT);
    assert!(read.len() > 45);
    assert_eq!(read.last().map(|recorded| recorded.seq), Some(read.len() as u64));
    // They are no story, so most make no sense where they stand; folding them must only not fail.
    assert_eq!(World::replay(&read).seq, read.len() as u64);
}

#[test]
fn the_story_of_the_first_release_folds() {
    let log = read(include_str!("logs/0.1.0-demo.jsonl"));
    let world = World::replay(&log);
    assert!(world.anomalies.is_empty(), "{:?}", world.anomalies);
    assert!(
        world.incidents.is_empty() && world.pages.is_empty() && world.deliveries.is_empty() && world.runs.is_empty()
    );
    let incident = log.iter().find_map(|recorded| recorded.incident).unwrap();
    let own: Vec<Recorded> = log.into_iter().filter(|recorded| recorded.incident == Some(incident)).collect();
    let incident = Incident::replay(&own).unwrap();
    assert_eq!(incident.stage.word(), "documented");
    assert!(incident.timeline.len() > 20, "{:#?}", incident.timeline);
}

#[test]
fn an_event_of_a_newer_release_is_an_error_that_names_it() {
    let line = NEXT.lines().last().unwrap().replace("\"type\":\"ReviewPublished\"", "\"type\":\"ReviewTranslated\"");
    let error = serde_json::from_str::<Recorded>(&line).unwrap_err().to_string();
    assert!(error.contains("unknown variant `ReviewTranslated`"), "{error}");
}

#[test]
fn a_field_of_a_newer_release_is_passed_over() {
    let line = NEXT.lines().nth(1).unwrap().replace("\"version\":", "\"commit\":\"abc\",\"version\":");
    assert!(line.contains("commit"));
    let read: Recorded = serde_json::from_str(&line).unwrap();
    assert_eq!(read, serde_json::from_str(NEXT.lines().nth(1).unwrap()).unwrap());
}

#[test]
fn a_missing_field_is_an_error_that_names_it() {
    let line = NEXT.lines().nth(1).unwrap().replace("\"version\":\"0.1.0\"", "\"edition\":1");
    let error = serde_json::from_str::<Recorded>(&line).unwrap_err().to_string();
    assert!(error.contains("missing field `version`"), "{error}");
}
