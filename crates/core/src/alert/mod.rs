//! Alert: a deduplicated firing condition. At most one is open for each source.

mod react;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{AlertSource, Event};
use crate::id::AlertId;
use crate::policy::Severity;
use crate::record::Recorded;
use crate::world::{Folded, World};

pub(crate) use react::react;

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
    /// Since when.
    pub opened_at: Timestamp,
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    match recorded.event.as_ref() {
        Event::AlertOpened { alert, source, summary, severity, component, .. } => {
            let alert = Alert {
                id: *alert,
                source: source.clone(),
                summary: summary.clone(),
                severity: *severity,
                component: component.clone(),
                opened_at: recorded.at,
            };
            world.alerts.insert(alert.id, alert);
            Ok(())
        }
        Event::AlertResolved { alert, .. } => {
            world.alerts.remove(alert).map(|_| ()).ok_or_else(|| format!("met no open {alert}"))
        }
        _ => Ok(()),
    }
}
