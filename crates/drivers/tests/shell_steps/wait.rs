//! Steps that wait for what they observe to come true.

use std::sync::Arc;

use allclear_core::{EffectClass, PerformEffect, Wait};
use allclear_drivers::Sessions;

use crate::support::{UnderWay, bash, perform};

fn waiting(command: &str, every_s: u32, at_most_s: u32) -> PerformEffect {
    let mut effect = bash(1, &[command]);
    let step = &mut Arc::make_mut(&mut effect.plan).steps[0];
    step.wait = Some(Wait { every_s, at_most_s });
    step.commands[0].effect = EffectClass::Observe;
    effect
}

#[tokio::test]
async fn a_wait_tries_until_it_comes_true_and_marks_each_try() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tries");
    let command = format!("echo x >>{0}; echo looking; test \"$(wc -l <{0})\" -ge 3", file.display());
    let (performed, output) = perform(&Sessions::new(), &waiting(&command, 0, 60)).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    assert!(performed.outcome.summary.starts_with("1 command succeeded at try 3, after "), "{performed:?}");
    let lines: Vec<&str> = output.lines().map(|line| line.split(',').next().unwrap_or(line)).collect();
    assert_eq!(
        lines,
        ["[try 1", "looking", "[try 2", "looking", "[try 3", "looking"].map(|line| match line {
            "[try 1" => "[try 1]",
            line => line,
        })
    );
}

#[tokio::test]
async fn a_wait_that_does_not_come_true_fails_when_its_time_is_over() {
    let (performed, output) = perform(&Sessions::new(), &waiting("false", 5, 1)).await;
    let summary = "it did not come true within 1 s (1 try); the last time command 1 (line 10) ended with exit code 1";
    assert_eq!((performed.succeeded, performed.outcome.summary.as_str()), (false, summary));
    assert_eq!(output, "[try 1]\n");
    let (performed, _) = perform(&Sessions::new(), &waiting("sleep 1000", 5, 1)).await;
    let summary = "it did not come true within 1 s (1 try); the last try was still under way";
    assert_eq!((performed.succeeded, performed.outcome.summary.as_str()), (false, summary));
}

#[tokio::test]
async fn a_wait_is_cancelled_at_once_between_two_tries() {
    let sessions = Arc::new(Sessions::new());
    let mut under_way = UnderWay::begin(&sessions, waiting("echo looking; exit 1", 3600, 7200));
    under_way.until("looking").await;
    let (performed, took) = under_way.cancel().await;
    assert!(!performed.succeeded && performed.outcome.summary.contains("cancelled"), "{performed:?}");
    assert!(took.as_secs() < 10, "{took:?}");
}

#[tokio::test]
async fn what_changes_something_is_never_tried_twice() {
    let mut effect = waiting("echo change", 1, 5);
    Arc::make_mut(&mut effect.plan).steps[0].commands[0].effect = EffectClass::Change;
    let (performed, output) = perform(&Sessions::new(), &effect).await;
    assert_eq!(performed.outcome.summary, "the step waits, and does more than to observe; nothing of it was run");
    assert!(!performed.succeeded && output.is_empty());
}
