//! A log of a million events as a busy team would have it: decided by the real decisions, one incident after the other,
//! most of them long closed. Made once and kept in the build's target folder.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use allclear_core::{
    Actor, Channel, Command, DeliveryResult, Effect, EscalationLevel, Event, IncidentId, Policy, Recorded, Severity,
    WORLD_FORMAT, World, decide, due,
};
use allclear_store::{Location, Snapshot, Store};
use allclear_testkit::bench_folder;
use jiff::Timestamp;

use crate::Fallible;

const EVENTS: u64 = 1_000_000;
/// The engine saves a snapshot every 10,000 events; a killed process leaves nearly that many behind it.
pub(crate) const AFTER_SNAPSHOT: u64 = 9_000;
const APPENDED_AT_ONCE: usize = 10_000;
const OPEN_AT_ONCE: usize = 20;
const UPDATES: u32 = 6;

/// Puts a copy of the data directory at this path.
pub(crate) fn copy_to(path: &Path) -> Fallible<()> {
    fs::create_dir_all(path)?;
    for entry in fs::read_dir(kept()?)? {
        let entry = entry?;
        fs::copy(entry.path(), path.join(entry.file_name()))?;
    }
    Ok(())
}

/// The kept data directory, made where it is not there.
fn kept() -> Fallible<PathBuf> {
    let path = bench_folder().join(format!("million-{WORLD_FORMAT}"));
    let runtime = tokio::runtime::Runtime::new()?;
    if !path.exists() || !runtime.block_on(has_readable_snapshot(&path))? {
        let unfinished = path.with_extension("unfinished");
        for old in [&path, &unfinished].into_iter().filter(|old| old.exists()) {
            fs::remove_dir_all(old)?;
        }
        runtime.block_on(write(&unfinished))?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

/// Without one the whole log would be folded, which is another measurement. While the world is still taking shape, one
/// from yesterday may not be readable today.
async fn has_readable_snapshot(path: &Path) -> Fallible<bool> {
    let store = Store::open(&Location::DataDir(path.to_owned())).await?;
    let snapshot = store.latest_snapshot(WORLD_FORMAT).await?;
    store.close().await;
    Ok(snapshot.is_some_and(|snapshot| serde_json::from_slice::<World>(&snapshot.body).is_ok()))
}

async fn write(path: &Path) -> Fallible<()> {
    let store = Store::open(&Location::DataDir(path.to_owned())).await?;
    let mut story = Story::begin()?;
    let mut written = 0;
    let mut snapshot = None;
    while written < EVENTS {
        story.work_an_incident()?;
        if snapshot.is_none() && story.world.seq >= EVENTS - AFTER_SNAPSHOT {
            written = append(&store, written, &mut story.events).await?;
            snapshot = Some(written);
            save(&store, &story.world).await?;
        }
        if story.events.len() >= APPENDED_AT_ONCE || story.world.seq >= EVENTS {
            written = append(&store, written, &mut story.events).await?;
        }
    }
    store.close().await;
    Ok(())
}

async fn append(store: &Store, after: u64, events: &mut Vec<Recorded>) -> Fallible<u64> {
    let head = store.append(after, events).await?;
    events.clear();
    Ok(head.seq)
}

async fn save(store: &Store, world: &World) -> Fallible<()> {
    let head = store.head().await?;
    let body = serde_json::to_vec(world)?;
    store.save_snapshot(Snapshot { seq: head.seq, hash: head.hash, format: WORLD_FORMAT, body }).await?;
    Ok(())
}

struct Story {
    world: World,
    events: Vec<Recorded>,
    now: Timestamp,
    open: VecDeque<IncidentId>,
    ana: Actor,
}

impl Story {
    fn begin() -> Fallible<Self> {
        let mut policy = Policy { service: "Kitchens".to_owned(), ..Policy::default() };
        policy.channels.insert("console".to_owned(), Channel::Console);
        policy.escalation = vec![EscalationLevel { channels: vec!["console".to_owned()], acknowledge_within_s: 300 }];
        let mut story = Self {
            world: World::default(),
            events: Vec::new(),
            now: "2025-01-01T00:00:00Z".parse()?,
            open: VecDeque::new(),
            ana: Actor::Person("ana".into()),
        };
        story.submit(&Command::AdoptPolicy { policy: Box::new(policy) })?;
        Ok(story)
    }

    /// Opens one and works it; when many are open, the oldest is resolved.
    fn work_an_incident(&mut self) -> Fallible<()> {
        let title = format!("Orders of kitchen {} are not confirmed", self.world.seq);
        let before = self.events.len();
        self.submit(&Command::OpenIncident { severity: Severity::P2, title, component: None, procedure: None })?;
        let opened = |recorded: &Recorded| match recorded.event.as_ref() {
            Event::IncidentOpened { incident, .. } => Some(*incident),
            _ => None,
        };
        let incident = self.events[before..].iter().find_map(opened).ok_or("an incident was opened")?;
        self.open.push_back(incident);
        self.submit(&Command::AcknowledgeIncident { incident })?;
        let impact = "One kitchen in a hundred sees its orders late".to_owned();
        self.submit(&Command::AssessIncident { incident, severity: Severity::P2, impact })?;
        for number in 1..=UPDATES {
            let text = format!("{number}: the queue is being worked off; the slowest kitchen waits for three minutes");
            self.submit(&Command::UpdateIncident { incident, text, public: false })?;
        }
        let text = "Orders are confirmed again, the queue is empty".to_owned();
        self.submit(&Command::MitigateIncident { incident, text })?;
        let oldest = if self.open.len() > OPEN_AT_ONCE { self.open.pop_front() } else { None };
        if let Some(incident) = oldest {
            let text = "Watched for a day, nothing came back".to_owned();
            self.submit(&Command::ResolveIncident { incident, text, root_cause: None })?;
        }
        Ok(())
    }

    /// Decides, and lets every message that is due arrive.
    fn submit(&mut self, command: &Command) -> Fallible<()> {
        let ana = self.ana.clone();
        self.decide(command, &ana)?;
        for effect in due(&self.world, self.now) {
            if let Effect::Deliver(deliver) = effect {
                let result = DeliveryResult::Accepted { answer: "202".to_owned() };
                let (delivery, attempt) = (deliver.delivery, deliver.attempt);
                self.decide(&Command::ReportDelivery { delivery, attempt, result }, &Actor::Engine)?;
            }
        }
        Ok(())
    }

    fn decide(&mut self, command: &Command, actor: &Actor) -> Fallible<()> {
        self.now = self.now.checked_add(Duration::from_millis(500))?;
        let (events, world) = decide(&self.world, command, actor, self.now)?.into_parts();
        self.world = world;
        self.events.extend(events);
        Ok(())
    }
}
