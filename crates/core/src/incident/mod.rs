//! Incident: acknowledged → assessed → communicated → mitigated → resolved → documented.
//!
//! The stage is the furthest that was reached: work may skip ahead, never back. Whoever works on an open incident has
//! thereby acknowledged it. An incident leaves the world when it is closed: resolved without owing a review, or with its
//! review published. The transition table stands in `docs/reference/transitions.md`.

mod react;

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{AlertId, IncidentId};
use crate::policy::Severity;
use crate::record::{Actor, Recorded};
use crate::timeline::TimelineEntry;
use crate::world::{Folded, World};

pub(crate) use react::{accept, react, said, update_due_at};

/// Something that hurts, or may soon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// How far the work has come.
    pub stage: Stage,
    /// How bad it is.
    pub severity: Severity,
    /// One line, for the team.
    pub title: Arc<str>,
    /// One line, for the public: what a check met may name machines that are nobody else's business.
    pub public_title: Arc<str>,
    /// What part of the service it is about.
    pub component: Arc<str>,
    /// Id of the procedure to follow.
    pub procedure: Option<String>,
    /// Whether the public is told.
    pub public: bool,
    /// Whether the public has heard of it: then it also hears how it ends.
    pub announced: bool,
    /// What it does to users, as assessed.
    pub impact: Option<String>,
    /// Who leads.
    pub commander: Option<Arc<str>>,
    /// Why it happened, as far as it is known.
    pub root_cause: Option<String>,
    /// Alerts that belong to it, open or not, and what each said.
    pub alerts: OrdMap<AlertId, String>,
    /// Whether everything that fired is well again.
    pub recovered: bool,
    /// How bad it was when somebody last took it; `None` while nobody has, and since it fired again after mitigation.
    pub taken: Option<Severity>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When somebody first took it.
    pub acknowledged_at: Option<Timestamp>,
    /// When it stopped hurting.
    pub mitigated_at: Option<Timestamp>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// From when the next update is counted: the last one or the last reminder, or since somebody has it, or since it is
    /// as bad as it is.
    pub update_clock_at: Timestamp,
    /// What happened, in order.
    pub timeline: Vector<Arc<TimelineEntry>>,
}

/// How far the work on an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nobody has taken it.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Its severity and impact are known.
    Assessed,
    /// The public, or the team, has been told.
    Communicated,
    /// It no longer hurts.
    Mitigated,
    /// It is over.
    Resolved,
    /// Its review is published.
    Documented,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Acknowledged,
        Self::Assessed,
        Self::Communicated,
        Self::Mitigated,
        Self::Resolved,
        Self::Documented,
    ];

    /// The word shown to people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Assessed => "assessed",
            Self::Communicated => "communicated",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
            Self::Documented => "documented",
        }
    }
}

impl Incident {
    /// Whether there is still something to do about it, other than writing it up.
    pub fn is_open(&self) -> bool {
        self.stage < Stage::Resolved
    }

    /// Whether somebody has yet to take it as it is now: nobody has, or it has become worse since.
    pub fn awaits_acknowledgement(&self) -> bool {
        self.is_open() && self.taken.is_none_or(|taken| self.severity.is_worse_than(taken))
    }

    /// The fold of one incident's own events: how a closed incident is read back from the log.
    pub fn replay(events: &[Recorded]) -> Option<Self> {
        let mut world = World::default();
        let mut incident: Option<Self> = None;
        for recorded in events {
            let entry = crate::timeline::entry(&world, recorded);
            if let Some(opened) = opened(recorded) {
                incident = Some(opened);
            } else if let Some(incident) = incident.as_mut() {
                // What makes no sense here is an anomaly of the world, and leaves the incident as it was.
                let _ = apply(incident, recorded);
            }
            world.apply(recorded);
            if let (Some(entry), Some(incident)) = (entry, incident.as_mut()) {
                incident.timeline.push_back(Arc::new(entry));
            }
        }
        incident
    }
}

/// The stage after an event, or `None` where the event makes no sense.
pub(crate) fn next(stage: Stage, event: &Event) -> Option<Stage> {
    let working = stage < Stage::Resolved;
    match event {
        Event::IncidentAcknowledged { .. } => working.then(|| stage.max(Stage::Acknowledged)),
        Event::IncidentAssessed { .. } => working.then(|| stage.max(Stage::Assessed)),
        Event::IncidentUpdated { public: true, .. } => working.then(|| stage.max(Stage::Communicated)),
        Event::IncidentMitigated { .. } => working.then_some(Stage::Mitigated),
        Event::IncidentResolved { .. } => working.then_some(Stage::Resolved),
        Event::IncidentUpdated { public: false, .. }
        | Event::IncidentJoined { .. }
        | Event::IncidentRecovered { .. }
        | Event::IncidentAssigned { .. }
        | Event::UpdateFellDue { .. } => working.then_some(stage),
        Event::ReviewPublished { .. } => (stage == Stage::Resolved).then_some(Stage::Documented),
        Event::IncidentClosed { .. } => (!working).then_some(stage),
        Event::NoticeIssued { .. } => Some(stage),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let Some(id) = recorded.incident else { return Ok(()) };
    if let Some(opened) = opened(recorded) {
        world.incidents.insert(id, Arc::new(opened));
        return Ok(());
    }
    if !touches(&recorded.event) {
        return Ok(());
    }
    let Some(incident) = world.incidents.get_mut(&id) else { return Err("met no open incident".to_owned()) };
    let folded = apply(Arc::make_mut(incident), recorded);
    if let Event::IncidentClosed { .. } = recorded.event.as_ref() {
        world.incidents.remove(&id);
    }
    folded
}

/// One event upon one incident.
fn apply(incident: &mut Incident, recorded: &Recorded) -> Folded {
    if !touches(&recorded.event) {
        return Ok(());
    }
    let met = || format!("met an incident that is {}", incident.stage.word());
    incident.stage = next(incident.stage, &recorded.event).ok_or_else(met)?;
    note(incident, recorded);
    Ok(())
}

fn touches(event: &Event) -> bool {
    matches!(
        event,
        Event::IncidentJoined { .. }
            | Event::IncidentRecovered { .. }
            | Event::IncidentAcknowledged { .. }
            | Event::IncidentAssessed { .. }
            | Event::IncidentAssigned { .. }
            | Event::IncidentUpdated { .. }
            | Event::IncidentMitigated { .. }
            | Event::IncidentResolved { .. }
            | Event::IncidentClosed { .. }
            | Event::UpdateFellDue { .. }
            | Event::NoticeIssued { .. }
            | Event::ReviewPublished { .. }
    )
}

fn opened(recorded: &Recorded) -> Option<Incident> {
    let Event::IncidentOpened { incident, severity, title: summary, component, procedure, alert, public } =
        recorded.event.as_ref()
    else {
        return None;
    };
    let title: Arc<str> = summary.as_str().into();
    Some(Incident {
        id: *incident,
        stage: Stage::Open,
        severity: *severity,
        public_title: if alert.is_some() { format!("Problem with {component}").into() } else { Arc::clone(&title) },
        title,
        component: component.as_str().into(),
        procedure: procedure.clone(),
        public: *public,
        announced: false,
        impact: None,
        commander: None,
        root_cause: None,
        alerts: alert.iter().map(|alert| (*alert, summary.clone())).collect(),
        recovered: false,
        taken: None,
        opened_at: recorded.at,
        acknowledged_at: None,
        mitigated_at: None,
        resolved_at: None,
        update_clock_at: recorded.at,
        timeline: Vector::new(),
    })
}

fn note(incident: &mut Incident, recorded: &Recorded) {
    match recorded.event.as_ref() {
        Event::IncidentJoined { alert, summary, severity, public, .. } => {
            incident.alerts.insert(*alert, summary.clone());
            if severity.is_worse_than(incident.severity) {
                incident.update_clock_at = recorded.at;
            }
            // Whoever mitigated it believed it to be harmless.
            incident.taken = incident.taken.filter(|_| incident.stage != Stage::Mitigated);
            incident.severity = incident.severity.min(*severity);
            incident.public |= public;
            incident.recovered = false;
        }
        Event::IncidentRecovered { .. } => incident.recovered = true,
        Event::IncidentAcknowledged { .. } => {
            incident.acknowledged_at = incident.acknowledged_at.or(Some(recorded.at));
            incident.taken = Some(incident.severity);
            incident.update_clock_at = recorded.at;
            if let (None, Actor::Person(name)) = (&incident.commander, &recorded.cause.actor) {
                incident.commander = Some(name.clone());
            }
        }
        Event::IncidentAssessed { severity, impact, public, .. } => {
            if *severity != incident.severity {
                incident.update_clock_at = recorded.at;
            }
            incident.severity = *severity;
            incident.impact = Some(impact.clone());
            incident.public = *public;
            if let Actor::Person(_) = recorded.cause.actor {
                incident.taken = Some(*severity);
            }
        }
        Event::IncidentAssigned { commander, .. } => incident.commander = Some(commander.as_str().into()),
        // A note to the team is not what the public waits for.
        Event::IncidentUpdated { public: false, .. } if incident.public => {}
        Event::IncidentUpdated { public, .. } => {
            // Whoever tells the public of it makes it public.
            incident.public |= public;
            incident.update_clock_at = recorded.at;
        }
        Event::UpdateFellDue { .. } => incident.update_clock_at = recorded.at,
        Event::IncidentMitigated { .. } => {
            incident.mitigated_at = incident.mitigated_at.or(Some(recorded.at));
            incident.update_clock_at = recorded.at;
        }
        Event::IncidentResolved { root_cause, .. } => {
            incident.resolved_at = Some(recorded.at);
            incident.root_cause.clone_from(root_cause);
        }
        Event::NoticeIssued { kind, .. } => incident.announced |= kind.is_public(),
        _ => {}
    }
}
