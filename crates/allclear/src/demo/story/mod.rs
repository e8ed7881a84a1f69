//! The story that plays by itself: from a bad release to the all-clear, stage by stage.
//!
//! Each stage first looks whether it has happened already, then brings it about as a person or the world would, then
//! waits until the log, the API, the pager or PrepChef shows it. None is taken for granted, and each has a deadline.

mod closing;
mod mending;
mod paging;
mod stages;
mod telling;
mod watching;

use std::time::{Duration, Instant};

use allclear_core::{Event, IncidentId, Seq};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::console::Console;
use super::diary::Diary;
use super::stand::Stand;
use super::visitor::Visitor;
use stages::STAGES;

/// Who acts in the story.
const PERSON: &str = "ana";
/// How many events are shown where a stage did not happen.
const EVENTS_SHOWN: usize = 6;

/// One stage of the story.
struct Stage {
    /// What is to happen, as a heading.
    name: &'static str,
    /// What that means, in plain words.
    says: &'static str,
    /// How long it may take.
    within: Duration,
    /// Brings it about, unless it has happened, and makes sure.
    play: for<'s> fn(&'s mut Scene<'_>) -> Playing<'s>,
}

type Playing<'s> = BoxFuture<'s, anyhow::Result<Seen>>;

/// Proof that a stage happened.
struct Seen {
    /// What was seen, in one sentence.
    text: String,
    /// The event that shows it, where one does.
    seq: Option<Seq>,
}

impl Seen {
    fn in_log(seq: Seq, text: impl Into<String>) -> Self {
        Self { text: text.into(), seq: Some(seq) }
    }

    fn outside(text: impl Into<String>) -> Self {
        Self { text: text.into(), seq: None }
    }
}

/// What the stages work with.
struct Scene<'a> {
    stand: &'a Stand,
    diary: Diary,
    console: Console,
    visitor: Visitor,
    narrator: Narrator,
}

/// Speaks to whoever watches.
#[derive(Debug, Clone, Copy)]
struct Narrator {
    began: Instant,
}

/// How the story went; a document for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    /// Whether every stage happened.
    pub(crate) passed: bool,
    /// Every stage up to the first that did not.
    stages: Vec<ToldStage>,
}

#[derive(Debug, Serialize)]
struct ToldStage {
    name: &'static str,
    passed: bool,
    /// Whether an earlier start on the same data directory had come this far.
    before: bool,
    seen: String,
    after_ms: u64,
}

/// Plays the story to its end, or to the first stage that does not happen.
///
/// # Errors
/// The log cannot be read at all.
pub(crate) async fn play(stand: &Stand) -> anyhow::Result<Told> {
    let mut scene = Scene {
        stand,
        diary: Diary::open(stand.handle().store().clone()).await?,
        console: Console::new(stand.console_url(), stand.token(), PERSON)?,
        visitor: Visitor::new(&stand.prepchef_url())?,
        narrator: Narrator { began: Instant::now() },
    };
    let mut told = Told { passed: true, stages: Vec::new() };
    for (index, stage) in STAGES.iter().enumerate() {
        scene.narrator.heading(index + 1, stage);
        let stage = scene.tell(stage).await;
        told.passed = stage.passed;
        told.stages.push(stage);
        if !told.passed {
            break;
        }
    }
    Ok(told)
}

impl Scene<'_> {
    async fn tell(&mut self, stage: &Stage) -> ToldStage {
        let narrator = self.narrator;
        let outcome = tokio::time::timeout(stage.within, (stage.play)(self)).await;
        let (passed, before, seen) = match outcome {
            Ok(Ok(seen)) => (true, seen.seq.is_some_and(|seq| self.diary.is_from_before(seq)), seen.text),
            Ok(Err(error)) => (false, false, format!("{error:#}")),
            Err(_) => (false, false, format!("nothing of the kind within {} s", stage.within.as_secs())),
        };
        let after_ms = u64::try_from(narrator.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if passed {
            let told_before = if before { " (before this start)" } else { "" };
            narrator.detail(&format!("{seen}{told_before}"));
        } else {
            self.explain(stage, &seen).await;
        }
        ToldStage { name: stage.name, passed, before, seen, after_ms }
    }

    /// Which stage did not happen, and what was seen instead.
    async fn explain(&mut self, stage: &Stage, seen: &str) {
        eprintln!("error: this stage did not happen: {}", stage.name);
        eprintln!("  {seen}");
        eprintln!("Seen instead:");
        if let Err(error) = self.diary.read().await {
            eprintln!("  the log cannot be read: {error:#}");
        }
        let events = self.diary.events();
        for recorded in &events[events.len().saturating_sub(EVENTS_SHOWN)..] {
            eprintln!("  event {} {} {}", recorded.seq, recorded.at, recorded.event.name());
        }
        for (name, check) in &self.stand.handle().world().checks {
            let reason = check.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            eprintln!("  check {name} is {}{reason}", check.state.word());
        }
        eprintln!("  the pager has {} messages", self.stand.pager.pages().len());
    }

    /// Asks for a change of the incident, unless the log has it already; waits until it has.
    async fn ask(
        &mut self,
        act: &str,
        body: Value,
        pick: impl Fn(&Event, IncidentId) -> bool + Send + Sync,
    ) -> anyhow::Result<Seq> {
        let (_, incident) = self.diary.incident().await?;
        let pick = |event: &Event| pick(event, incident).then_some(());
        if self.diary.find(pick).await?.is_none() {
            self.console.post(&format!("incidents/{incident}/{act}"), body).await?;
        }
        Ok(self.diary.wait(pick).await?.0)
    }
}

impl Narrator {
    fn heading(self, number: usize, stage: &Stage) {
        self.say(&format!("\n{number:>2}/{}  {}", STAGES.len(), stage.name));
        self.say(&format!("       {}", stage.says));
    }

    fn detail(self, text: &str) {
        self.say(&format!("  {:>5.1} s  {text}", self.began.elapsed().as_secs_f32()));
    }

    /// Lines of somebody else, set off from our own.
    fn quote(self, text: &str) {
        for line in text.lines() {
            self.say(&format!("         | {line}"));
        }
    }

    fn say(self, text: &str) {
        anstream::eprintln!("{text}");
    }
}
