//! One step of a plan, and a way to perform it.

use std::sync::Arc;
use std::time::Duration;

use allclear_core::{EffectClass, PerformEffect, PlannedCommand, RunId, Target};
use allclear_drivers::{Performed, Sessions};
use allclear_testkit::{lone_step, with_output};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A limit for what should take no time, so that a broken test ends.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The run of all steps.
pub(crate) const RUN: RunId = RunId(40);

/// One step with these commands, which stand in lines 10, 20, 30 …
pub(crate) fn bash(number: u32, commands: &[&str]) -> PerformEffect {
    let command = |(index, text): (usize, &&str)| {
        let line = u32::try_from(index * 10 + 10).expect("few commands");
        PlannedCommand::new(line, "bash", (*text).to_owned(), EffectClass::Change, "sandbox")
    };
    lone_step(number, commands.iter().enumerate().map(command).collect(), Target::default())
}

/// Performs the step; what came of it, and the bytes of its output.
pub(crate) async fn perform_bytes(sessions: &Sessions, effect: &PerformEffect) -> (Performed, Vec<u8>) {
    with_output(async |sink| sessions.perform(effect, sink).await).await
}

/// Performs the step; what came of it, and its output.
pub(crate) async fn perform(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (performed, output) = perform_bytes(sessions, effect).await;
    (performed, String::from_utf8_lossy(&output).into_owned())
}

/// A step that is being performed.
pub(crate) struct UnderWay {
    sessions: Arc<Sessions>,
    performing: JoinHandle<Performed>,
    output: mpsc::Receiver<Bytes>,
    /// What was read of the output so far.
    pub(crate) seen: String,
}

impl UnderWay {
    pub(crate) fn begin(sessions: &Arc<Sessions>, effect: PerformEffect) -> Self {
        let (sender, output) = mpsc::channel::<Bytes>(4);
        let mine = Arc::clone(sessions);
        let performing = tokio::spawn(async move { mine.perform(&effect, &sender).await });
        Self { sessions: Arc::clone(sessions), performing, output, seen: String::new() }
    }

    /// Reads output until it holds the text.
    pub(crate) async fn until(&mut self, text: &str) {
        let reading = async {
            while !self.seen.contains(text) {
                let chunk = self.output.recv().await.expect("there is more output");
                self.seen.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(LIMIT, reading).await.expect("the text comes");
    }

    /// Cancels the run; what came of the step, and how long that took.
    pub(crate) async fn cancel(self) -> (Performed, Duration) {
        let began = std::time::Instant::now();
        tokio::time::timeout(LIMIT, self.sessions.cancel(RUN)).await.expect("it ends");
        let took = began.elapsed();
        (self.performing.await.expect("it did not panic"), took)
    }
}

/// Processes, but for dead ones, whose environment holds the marker.
pub(crate) fn processes_with(marker: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("Linux");
    let found = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let environment = std::fs::read(path.join("environ")).ok()?;
        String::from_utf8_lossy(&environment).contains(marker).then(|| path.display().to_string())
    });
    found.collect()
}
