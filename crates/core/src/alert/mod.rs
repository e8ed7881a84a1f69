//! Alert: a deduplicated firing condition. At most one is open for each source.
//!
//! It belongs to an open incident; one that fires on after its incident was resolved opens another in time.

mod react;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::{AlertSource, Event};
use crate::id::AlertId;
use crate::policy::Severity;
use crate::record::Recorded;
use crate::world::{Folded, World};

pub(crate) use react::react;

/// How long an alert may fire on after its incident was resolved by hand.
const UNATTENDED_MAX: SignedDuration = SignedDuration::from_mins(10);

/// A condition that fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What fired.
    pub source: AlertSource,
    /// One sentence for a person.
    pub summary: String,
    /// How bad it is by policy.
    pub severity: Severity,
    /// What part of the service it speaks for.
    pub component: String,
    /// Id of the procedure to follow.
    pub procedure: Option<String>,
    /// Since when.
    pub opened_at: Timestamp,
    /// Since when no open incident is about it: somebody resolved that although it fires on.
    pub unattended_since: Option<Timestamp>,
}

impl Alert {
    /// When it opens an incident anew, if none is open.
    pub fn reopens_at(&self) -> Option<Timestamp> {
        self.unattended_since?.saturating_add(UNATTENDED_MAX).ok()
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    match recorded.event.as_ref() {
        Event::AlertOpened { alert, source, summary, severity, component, procedure } => {
            let alert = Alert {
                id: *alert,
                source: source.clone(),
                summary: summary.clone(),
                severity: *severity,
                component: component.clone(),
                procedure: procedure.clone(),
                opened_at: recorded.at,
                unattended_since: None,
            };
            world.alerts.insert(alert.id, alert);
            Ok(())
        }
        Event::IncidentOpened { alert: Some(alert), .. } | Event::IncidentJoined { alert, .. } => {
            attend(world, *alert, None);
            Ok(())
        }
        Event::IncidentResolved { incident, .. } => {
            let alerts = world.incidents.get(incident).map(|incident| incident.alerts.clone()).unwrap_or_default();
            for alert in alerts.keys() {
                attend(world, *alert, Some(recorded.at));
            }
            Ok(())
        }
        Event::AlertResolved { alert, .. } => {
            world.alerts.remove(alert).map(|_| ()).ok_or_else(|| format!("met no open {alert}"))
        }
        _ => Ok(()),
    }
}

fn attend(world: &mut World, alert: AlertId, unattended_since: Option<Timestamp>) {
    if let Some(alert) = world.alerts.get_mut(&alert) {
        alert.unattended_since = unattended_since;
    }
}
