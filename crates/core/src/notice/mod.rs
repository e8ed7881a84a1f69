//! Notice: a message to an audience. It leaves the world when every delivery of it is settled; one that goes to nobody
//! (a notice that only the status page shows) is never kept.

mod react;

use serde::{Deserialize, Serialize};

use crate::event::{DeliverySubject, Event};
use crate::id::{IncidentId, NoticeId};
use crate::record::Recorded;
use crate::world::{Folded, World};

pub(crate) use react::{issue, react};

/// A message on its way to an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What it is about.
    pub incident: IncidentId,
    /// Deliveries that are not settled.
    pub outstanding: u32,
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    match recorded.event.as_ref() {
        Event::DeliveryQueued { subject: DeliverySubject::Notice(id), message, .. } => {
            let begun = Notice { id: *id, incident: message.incident, outstanding: 0 };
            let mut notice = world.notices.get(id).cloned().unwrap_or(begun);
            notice.outstanding += 1;
            world.notices.insert(*id, notice);
        }
        Event::DeliverySucceeded { delivery, .. } | Event::DeliveryAbandoned { delivery, .. } => {
            if let Some(DeliverySubject::Notice(id)) = world.deliveries.get(delivery).map(|it| it.subject) {
                settle(world, id);
            }
        }
        _ => {}
    }
    Ok(())
}

fn settle(world: &mut World, id: NoticeId) {
    if let Some(notice) = world.notices.get_mut(&id) {
        notice.outstanding = notice.outstanding.saturating_sub(1);
        if notice.outstanding == 0 {
            world.notices.remove(&id);
        }
    }
}
