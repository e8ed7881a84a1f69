//! One step of statements, and a way to perform it.

use std::time::Duration;

use allclear_core::{EffectClass, PerformEffect, PlannedCommand, RunId, SecretRef, Target};
use allclear_drivers::{Performed, Sessions};
use allclear_testkit::lone_step;
use bytes::Bytes;
use tokio::sync::mpsc;

/// A limit for what should take no time, so that a broken test ends.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const RUN: RunId = RunId(40);

/// One step whose commands stand in lines 10, 20, 30 …
pub(crate) fn effect(url: &str, commands: &[(EffectClass, &str)]) -> PerformEffect {
    let command = |(index, (effect, text)): (usize, &(EffectClass, &str))| {
        let line = u32::try_from(index * 10 + 10).expect("few commands");
        PlannedCommand::new(line, "sql", (*text).to_owned(), *effect, "sandbox")
    };
    let target = Target { postgres: Some(SecretRef::Plain(url.to_owned())), ..Target::default() };
    lone_step(1, commands.iter().enumerate().map(command).collect(), target)
}

pub(crate) fn change(url: &str, texts: &[&str]) -> PerformEffect {
    effect(url, &texts.iter().map(|text| (EffectClass::Change, *text)).collect::<Vec<_>>())
}

pub(crate) fn observe(url: &str, texts: &[&str]) -> PerformEffect {
    effect(url, &texts.iter().map(|text| (EffectClass::Observe, *text)).collect::<Vec<_>>())
}

/// Performs the step; what came of it, and its output.
pub(crate) async fn perform(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let collect = tokio::spawn(async move {
        let mut output = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            output.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&output).into_owned()
    });
    let performed = tokio::time::timeout(LIMIT, sessions.perform(effect, &sender)).await.expect("it ends");
    drop(sender);
    (performed, collect.await.expect("the output was collected"))
}

/// The output of a step that succeeds.
pub(crate) async fn done(sessions: &Sessions, effect: &PerformEffect) -> String {
    let (performed, output) = perform(sessions, effect).await;
    assert!(performed.succeeded, "{}\n{output}", performed.outcome.summary);
    output
}

/// What is said about a step that fails.
pub(crate) async fn failed(sessions: &Sessions, effect: &PerformEffect) -> String {
    let (performed, output) = perform(sessions, effect).await;
    assert!(!performed.succeeded, "{output}");
    performed.outcome.summary
}

/// The name at the end of the database's address.
pub(crate) fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}
