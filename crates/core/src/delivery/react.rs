//! Queues messages and decides, from what an attempt met, whether and when there is another.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::command::DeliveryResult;
use crate::decide::Batch;
use crate::event::{DeliverySubject, Event, Message, MessageAction, NoticeKind};
use crate::id::{DeliveryId, IncidentId};
use crate::incident::Incident;
use crate::policy::Policy;
use crate::refusal::Refusal;

const RETRY_FIRST_S: i64 = 1;
const RETRY_MOST_S: i64 = 300;
/// After a day nobody is helped by the message any more.
const GIVE_UP_AFTER_S: i64 = 24 * 3600;

pub(crate) fn accept(batch: &mut Batch, id: DeliveryId, attempt: u32, result: &DeliveryResult) -> Result<(), Refusal> {
    let not_open = || Refusal::NotOpen { noun: "delivery".to_owned(), id: id.to_string() };
    let delivery = batch.world().deliveries.get(&id).ok_or_else(not_open)?;
    if delivery.attempt != attempt {
        return Err(Refusal::StaleOutcome { attempt });
    }
    let given_up = seconds_between(delivery.queued_at, batch.now()) >= GIVE_UP_AFTER_S;
    let event = match result {
        DeliveryResult::Accepted { answer } => {
            Event::DeliverySucceeded { delivery: id, attempt, answer: answer.clone() }
        }
        DeliveryResult::Failed { error } if !given_up => {
            let wait = SignedDuration::from_secs(backoff_s(attempt));
            let retry_at = batch.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
            Event::DeliveryFailed { delivery: id, attempt, error: error.clone(), retry_at }
        }
        DeliveryResult::Failed { error } | DeliveryResult::Rejected { error } => {
            Event::DeliveryAbandoned { delivery: id, attempt, error: error.clone() }
        }
    };
    batch.push(event);
    Ok(())
}

/// Seconds to wait after this attempt: doubling, from one second to five minutes.
fn backoff_s(attempt: u32) -> i64 {
    RETRY_FIRST_S
        .checked_shl(attempt.saturating_sub(1))
        .filter(|wait| *wait > 0)
        .map_or(RETRY_MOST_S, |wait| wait.min(RETRY_MOST_S))
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

/// Demands one message to each of these channels; one that is named twice gets it once.
pub(crate) fn queue(batch: &mut Batch, subject: DeliverySubject, channels: &[String], message: &Message) {
    let mut named = BTreeSet::new();
    for channel in channels.iter().filter(|channel| named.insert(*channel)) {
        let delivery = DeliveryId(batch.next_seq());
        let message = Box::new(message.clone());
        batch.push(Event::DeliveryQueued { delivery, subject, channel: channel.clone(), message });
    }
}

/// What a page says of its incident.
pub(crate) fn page_message(batch: &Batch, incident: IncidentId, action: MessageAction) -> Option<Message> {
    let policy = batch.policy();
    let incident = batch.world().incidents.get(&incident)?;
    let mut lines = vec![format!("{} since {}.", incident.component, incident.opened_at)];
    if let Some(impact) = &incident.impact {
        lines.push(format!("Impact: {impact}"));
    }
    if let Some(procedure) = incident.procedure.as_deref().and_then(|id| policy.procedure(id)) {
        lines.push(format!("Procedure: {} {}", procedure.title, procedure.url));
    }
    Some(message(&policy, incident, action, incident.title.to_string(), lines.join("\n")))
}

/// What a notice says of its incident.
pub(crate) fn notice_message(batch: &Batch, incident: IncidentId, kind: NoticeKind, text: &str) -> Option<Message> {
    let policy = batch.policy();
    let incident = batch.world().incidents.get(&incident)?;
    let title = if kind.is_public() { &incident.public_title } else { &incident.title };
    Some(message(&policy, incident, MessageAction::Inform, title.to_string(), text.to_owned()))
}

fn message(policy: &Policy, incident: &Incident, action: MessageAction, title: String, body: String) -> Message {
    let procedure = incident.procedure.as_deref().and_then(|id| policy.procedure(id));
    Message {
        action,
        incident: incident.id,
        severity: incident.severity,
        title,
        body,
        url: format!("{}/incidents/{}", policy.public_url, incident.id),
        procedure_url: procedure.map(|link| link.url.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<i64> = [1, 2, 3, 8, 9, 10, 63, 64, 65, u32::MAX].into_iter().map(backoff_s).collect();
        assert_eq!(waits, [1, 2, 4, 128, 256, 300, 300, 300, 300, 300]);
    }
}
