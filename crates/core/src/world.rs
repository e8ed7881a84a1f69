//! The world: the fold of the log, holding only what is open.
//!
//! Every collection is persistent (structure-sharing), so a clone costs a few reference counts: a decision works on a
//! copy, and a server renders from a copy while the engine goes on. What is large stands behind an `Arc`, because a map
//! copies the neighbours of what is changed. Folding never fails and never panics: an event that
//! makes no sense in the state it meets is kept as a visible anomaly.

use std::sync::{Arc, LazyLock};

use imbl::{OrdMap, OrdSet, Vector};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::check::Check;
use crate::delivery::Delivery;
use crate::event::Event;
use crate::id::{AlertId, DeliveryId, IncidentId, NoticeId, PageId, ReviewId, RunId, Seq};
use crate::incident::Incident;
use crate::job::Job;
use crate::notice::Notice;
use crate::page::Page;
use crate::policy::Policy;
use crate::record::Recorded;
use crate::review::Review;
use crate::run::Run;
use crate::status::StatusBoard;
use crate::{alert, check, delivery, incident, job, notice, page, review, run, status, timeline};

/// Version of the serialised form; a snapshot of another version is ignored and the log is folded instead.
pub const WORLD_FORMAT: u32 = 5;

/// How many anomalies are remembered.
const ANOMALIES_MAX: usize = 100;

/// Everything that is open, and the policy in force.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct World {
    /// Position of the last event folded.
    pub seq: Seq,
    /// Time of the last event folded.
    pub at: Timestamp,
    /// The policy in force; `None` before the first is adopted.
    pub policy: Option<Arc<Policy>>,
    /// Checks by name.
    pub checks: OrdMap<String, Check>,
    /// Jobs by name.
    pub jobs: OrdMap<String, Job>,
    /// Alerts that fire.
    pub alerts: OrdMap<AlertId, Alert>,
    /// Incidents that are open or owe a review.
    pub incidents: OrdMap<IncidentId, Arc<Incident>>,
    /// Runs that are under way.
    pub runs: OrdMap<RunId, Run>,
    /// Runs that were aborted while a step of them was being performed, until it is known how that ended.
    pub ending: OrdMap<RunId, Run>,
    /// Steps that were put back, of the latest runs that were undone: a plan that would put them back again is refused.
    pub undone: OrdMap<RunId, OrdSet<u32>>,
    /// Pages of open incidents.
    pub pages: OrdMap<PageId, Page>,
    /// Notices that have not reached everybody.
    pub notices: OrdMap<NoticeId, Notice>,
    /// Messages that have not left.
    pub deliveries: OrdMap<DeliveryId, Delivery>,
    /// What the public is shown.
    pub status: StatusBoard,
    /// Reviews that are owed.
    pub reviews: OrdMap<ReviewId, Review>,
    /// Events that made no sense where they stand; the latest hundred.
    pub anomalies: Vector<Anomaly>,
}

/// An event that could not be folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Where it stands.
    pub seq: Seq,
    /// What it was and what it met.
    pub text: String,
}

/// What a noun's fold says when an event makes no sense in the state it met.
pub(crate) type Folded = Result<(), String>;

/// Removes what is not to be kept; `OrdMap` has no such method of its own.
pub(crate) fn retain<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, keep: impl Fn(&K, &V) -> bool) {
    let gone: Vec<K> = map.iter().filter(|(key, value)| !keep(key, value)).map(|(key, _)| key.clone()).collect();
    for key in gone {
        map.remove(&key);
    }
}

impl World {
    /// The policy in force, or the usual one before the first is adopted.
    pub fn policy(&self) -> Arc<Policy> {
        static USUAL: LazyLock<Arc<Policy>> = LazyLock::new(Arc::default);
        Arc::clone(self.policy.as_ref().unwrap_or(&USUAL))
    }

    /// Folds one event. Total: never fails, never panics.
    pub fn apply(&mut self, recorded: &Recorded) {
        if self.seq.checked_add(1) != Some(recorded.seq) {
            self.note_anomaly(recorded, format!("follows {}", self.seq));
        }
        self.seq = recorded.seq;
        self.at = self.at.max(recorded.at);
        if let Event::PolicyAdopted { policy } = recorded.event.as_ref() {
            self.policy = Some(Arc::new(policy.as_ref().clone()));
        }
        // The incident's sentence is made before the folds, which may remove what it speaks of.
        let entry = timeline::entry(self, recorded);
        for fold in [
            check::fold,
            job::fold,
            alert::fold,
            incident::fold,
            run::fold,
            page::fold,
            notice::fold,
            delivery::fold,
            status::fold,
            review::fold,
        ] {
            if let Err(met) = fold(self, recorded) {
                self.note_anomaly(recorded, met);
            }
        }
        if let (Some(entry), Some(incident)) = (entry, recorded.incident.and_then(|id| self.incidents.get_mut(&id))) {
            Arc::make_mut(incident).timeline.push_back(Arc::new(entry));
        }
    }

    /// The fold of a whole log.
    pub fn replay<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut world = Self::default();
        for recorded in log {
            world.apply(recorded);
        }
        world
    }

    fn note_anomaly(&mut self, recorded: &Recorded, met: String) {
        if self.anomalies.len() == ANOMALIES_MAX {
            self.anomalies.pop_front();
        }
        let text = format!("{} {met}", recorded.event.name());
        self.anomalies.push_back(Anomaly { seq: recorded.seq, text });
    }
}
