//! Tells the audience what the public may know, and reminds the team of what it owes.

use crate::decide::Batch;
use crate::delivery;
use crate::event::{DeliverySubject, Event, NoticeKind};
use crate::id::{IncidentId, NoticeId};

pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| match event {
        Event::IncidentOpened { incident, .. }
        | Event::IncidentJoined { incident, .. }
        | Event::IncidentAssessed { incident, .. } => announce(batch, *incident),
        Event::IncidentUpdated { incident, text, public: true } => tell(batch, *incident, NoticeKind::Updated, text),
        Event::IncidentMitigated { incident, text } => tell(batch, *incident, NoticeKind::Mitigated, text),
        Event::IncidentResolved { incident, text, .. } => tell(batch, *incident, NoticeKind::Resolved, text),
        Event::UpdateFellDue { incident } => remind(batch, *incident, NoticeKind::UpdateDue, "An update is owed."),
        _ => {}
    });
}

/// Once, when an incident is public from the start or becomes so.
fn announce(batch: &mut Batch, id: IncidentId) {
    let Some(incident) = batch.world().incidents.get(&id).filter(|incident| incident.public) else { return };
    if !incident.announced {
        let text = format!("We are looking into it: {}", incident.public_title);
        tell(batch, id, NoticeKind::Opened, &text);
    }
}

/// To the audience, where the incident is public. Whoever heard of it also hears how it ends, though it was assessed
/// as milder meanwhile.
fn tell(batch: &mut Batch, incident: IncidentId, kind: NoticeKind, text: &str) {
    if batch.world().incidents.get(&incident).is_some_and(|incident| incident.public || incident.announced) {
        let audience = batch.policy().audience.clone();
        issue(batch, incident, kind, text, &audience);
    }
}

/// To the people of the first level, who are owed the reminder.
fn remind(batch: &mut Batch, incident: IncidentId, kind: NoticeKind, text: &str) {
    let team = batch.policy().escalation.first().map(|level| level.channels.clone()).unwrap_or_default();
    issue(batch, incident, kind, text, &team);
}

/// Issues one notice to these channels.
pub(crate) fn issue(batch: &mut Batch, incident: IncidentId, kind: NoticeKind, text: &str, channels: &[String]) {
    let notice = NoticeId(batch.next_seq());
    batch.push(Event::NoticeIssued { notice, incident, kind, text: text.to_owned() });
    if let Some(message) = delivery::notice_message(batch, incident, kind, text) {
        delivery::queue(batch, DeliverySubject::Notice(notice), channels, &message);
    }
}
