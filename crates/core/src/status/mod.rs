//! Status: what the public is shown, folded from notices and from the edges of checks.
//!
//! Nothing is decided here. What is older than thirty days is forgotten; the log keeps it.

use imbl::{OrdMap, Vector};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::{Event, NoticeKind};
use crate::id::IncidentId;
use crate::policy::{Policy, Severity};
use crate::record::Recorded;
use crate::world::{Folded, World, retain};

/// How far back the public may look.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the public is shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StatusBoard {
    /// Since when anything has been watched.
    pub watched_since: Option<Timestamp>,
    /// Public incidents of the last thirty days.
    pub incidents: OrdMap<IncidentId, PublicIncident>,
    /// When each check was failing, in the last thirty days.
    pub outages: OrdMap<String, Vector<Outage>>,
}

/// An incident as the public sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicIncident {
    /// Its id.
    pub id: IncidentId,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What part of the service it is about.
    pub component: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Why it happened, once that is known.
    pub root_cause: Option<String>,
    /// Links to the sections of the runbook that mend it.
    pub remediations: Vec<String>,
    /// What was said, in order.
    pub updates: Vector<PublicUpdate>,
}

/// One thing that was said in public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicUpdate {
    /// When.
    pub at: Timestamp,
    /// What about.
    pub kind: NoticeKind,
    /// The words.
    pub text: String,
}

/// A time during which a check was failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
}

impl StatusBoard {
    /// Per cent of the time from `now - window` to `now` in which no check was failing, averaged over the checks.
    ///
    /// Time before anything was watched does not count; `None` where that leaves nothing.
    pub fn uptime_percent<'a>(
        &self,
        checks: impl IntoIterator<Item = &'a String>,
        window: SignedDuration,
        now: Timestamp,
    ) -> Option<f64> {
        let from = now.saturating_sub(window).unwrap_or(Timestamp::MIN).max(self.watched_since?);
        let whole_s = seconds(from, now);
        if whole_s <= 0.0 {
            return None;
        }
        let shares: Vec<f64> = checks
            .into_iter()
            .map(|name| 1.0 - self.outages.get(name).map_or(0.0, |list| down_s(list, from, now)) / whole_s)
            .collect();
        let count = f64::from(u32::try_from(shares.len()).ok().filter(|count| *count > 0)?);
        Some(100.0 * shares.iter().sum::<f64>() / count)
    }
}

fn down_s(outages: &Vector<Outage>, from: Timestamp, now: Timestamp) -> f64 {
    let clipped = |outage: &Outage| seconds(outage.from.max(from), outage.until.unwrap_or(now).min(now)).max(0.0);
    outages.iter().map(clipped).sum()
}

fn seconds(from: Timestamp, until: Timestamp) -> f64 {
    until.duration_since(from).as_secs_f64()
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    match recorded.event.as_ref() {
        Event::PolicyAdopted { policy } => watch(world, policy, recorded.at),
        Event::CheckFailed { check, .. } => begin_outage(world, check, recorded.at),
        Event::CheckPassed { check } => end_outage(world, check, recorded.at),
        Event::NoticeIssued { incident, kind, text, .. } => say(world, *incident, *kind, text, recorded.at),
        Event::IncidentJoined { incident, .. } | Event::IncidentAssessed { incident, .. } => {
            if let (Some(shown), Some(known)) =
                (world.status.incidents.get_mut(incident), world.incidents.get(incident))
            {
                shown.severity = known.severity;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What is no longer watched is not known to be down either.
fn watch(world: &mut World, policy: &Policy, at: Timestamp) {
    if !policy.checks.is_empty() {
        world.status.watched_since = world.status.watched_since.or(Some(at));
    }
    let unwatched: Vec<String> =
        world.status.outages.keys().filter(|name| !policy.checks.contains_key(*name)).cloned().collect();
    for name in unwatched {
        end_outage(world, &name, at);
    }
}

fn begin_outage(world: &mut World, check: &str, at: Timestamp) {
    let outages = world.status.outages.entry(check.to_owned()).or_default();
    if outages.last().is_none_or(|last| last.until.is_some()) {
        outages.push_back(Outage { from: at, until: None });
    }
}

fn end_outage(world: &mut World, check: &str, at: Timestamp) {
    let oldest = at.saturating_sub(SHOWN_FOR).unwrap_or(Timestamp::MIN);
    if let Some(outages) = world.status.outages.get_mut(check) {
        if let Some(last) = outages.back_mut() {
            last.until = last.until.or(Some(at));
        }
        outages.retain(|outage| outage.until.is_none_or(|until| until > oldest));
    }
}

fn say(world: &mut World, id: IncidentId, kind: NoticeKind, text: &str, at: Timestamp) {
    if !kind.is_public() {
        return;
    }
    let oldest = at.saturating_sub(SHOWN_FOR).unwrap_or(Timestamp::MIN);
    retain(&mut world.status.incidents, |_, shown| shown.resolved_at.is_none_or(|resolved_at| resolved_at > oldest));
    let policy = world.policy();
    let Some(incident) = world.incidents.get(&id) else { return };
    let link = incident.procedure.as_deref().and_then(|id| policy.procedure(id));
    let mut shown = world.status.incidents.get(&id).cloned().unwrap_or_else(|| PublicIncident {
        id,
        severity: incident.severity,
        title: incident.public_title.to_string(),
        component: incident.component.to_string(),
        started_at: incident.opened_at,
        resolved_at: None,
        root_cause: None,
        remediations: link.map(|link| link.url.clone()).into_iter().collect(),
        updates: Vector::new(),
    });
    shown.severity = incident.severity;
    shown.resolved_at = incident.resolved_at;
    shown.root_cause.clone_from(&incident.root_cause);
    shown.updates.push_back(PublicUpdate { at, kind, text: text.to_owned() });
    world.status.incidents.insert(id, shown);
}
