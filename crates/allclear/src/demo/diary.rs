//! The log as the story reads it: from the store itself, never from what the story believes to have done.

use std::time::Duration;

use allclear_core::{AlertSource, Event, IncidentId, Recorded, RunId, Seq};
use allclear_store::Store;

use super::props::{CHECK, PROCEDURE};

const READ_AT_ONCE: u32 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Every event so far.
#[derive(Debug)]
pub(super) struct Diary {
    store: Store,
    events: Vec<Recorded>,
    begun_after: Seq,
}

impl Diary {
    /// Reads what is there; later events are this start's own.
    pub(super) async fn open(store: Store) -> anyhow::Result<Self> {
        let mut diary = Self { store, events: Vec::new(), begun_after: 0 };
        diary.read().await?;
        diary.begun_after = diary.last_seq();
        Ok(diary)
    }

    /// Whether an event was in the log before this start.
    pub(super) fn is_from_before(&self, seq: Seq) -> bool {
        seq <= self.begun_after
    }

    /// Reads what was appended since.
    pub(super) async fn read(&mut self) -> anyhow::Result<()> {
        loop {
            let more = self.store.read(self.last_seq(), READ_AT_ONCE).await?;
            if more.is_empty() {
                return Ok(());
            }
            self.events.extend(more);
        }
    }

    /// The first event that is picked, with its position.
    pub(super) async fn find<T>(&mut self, pick: impl Fn(&Event) -> Option<T>) -> anyhow::Result<Option<(Seq, T)>> {
        self.read().await?;
        Ok(self.picked(pick))
    }

    /// Waits for the first event that is picked; the stage's deadline ends the waiting.
    pub(super) async fn wait<T>(&mut self, pick: impl Fn(&Event) -> Option<T>) -> anyhow::Result<(Seq, T)> {
        loop {
            if let Some(found) = self.find(&pick).await? {
                return Ok(found);
            }
            pause().await;
        }
    }

    /// The events so far.
    pub(super) fn events(&self) -> &[Recorded] {
        &self.events
    }

    /// The incident of the story, with its position.
    pub(super) async fn incident(&mut self) -> anyhow::Result<(Seq, IncidentId)> {
        self.wait(|event| match event {
            Event::IncidentOpened { incident, procedure, .. } if procedure.as_deref() == Some(PROCEDURE) => {
                Some(*incident)
            }
            _ => None,
        })
        .await
    }

    /// The run of the story, if it is planned.
    pub(super) async fn run(&mut self) -> anyhow::Result<Option<(Seq, RunId)>> {
        let (_, incident) = self.incident().await?;
        self.find(|event| match event {
            Event::RunPlanned { run, incident: Some(of), .. } if *of == incident => Some(*run),
            _ => None,
        })
        .await
    }

    fn picked<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Option<(Seq, T)> {
        self.events.iter().find_map(|recorded| Some((recorded.seq, pick(&recorded.event)?)))
    }

    fn last_seq(&self) -> Seq {
        self.events.last().map_or(0, |recorded| recorded.seq)
    }
}

/// Whether this is the story's check.
pub(super) fn is_check(name: &str) -> bool {
    name == CHECK
}

/// Whether the story's check fired this.
pub(super) fn is_from_check(source: &AlertSource) -> bool {
    matches!(source, AlertSource::Check(name) if is_check(name))
}

/// A moment between two looks.
pub(super) async fn pause() {
    tokio::time::sleep(LOOK_EVERY).await;
}
