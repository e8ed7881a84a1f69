//! `/api/v1/deliveries`: what has not left yet; and every attempt of an incident's messages, read from its events.

use std::sync::Arc;

use allclear_core::{Delivery, DeliveryId, DeliverySubject, Event, IncidentId, MessageAction, Recorded};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::site::Site;

/// A message that has not left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PendingDelivery {
    #[schema(value_type = String, example = "delivery-15")]
    id: DeliveryId,
    /// The page or notice that it belongs to.
    #[schema(value_type = Object)]
    subject: DeliverySubject,
    #[schema(value_type = String)]
    incident: IncidentId,
    /// `trigger`, `acknowledge`, `resolve` or `inform`.
    #[schema(value_type = String)]
    action: MessageAction,
    /// Name of the channel.
    channel: String,
    title: String,
    /// The attempt that is due or under way, from 1.
    attempt: u32,
    #[schema(value_type = String, format = DateTime)]
    queued_at: Timestamp,
    /// When that attempt may be made.
    #[schema(value_type = String, format = DateTime)]
    next_at: Timestamp,
    /// What the last attempt met.
    last_error: Option<String>,
}

impl From<&Delivery> for PendingDelivery {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id,
            subject: delivery.subject,
            incident: delivery.message.incident,
            action: delivery.message.action,
            channel: delivery.channel.clone(),
            title: delivery.message.title.clone(),
            attempt: delivery.attempt,
            queued_at: delivery.queued_at,
            next_at: delivery.next_at,
            last_error: delivery.last_error.clone(),
        }
    }
}

/// Lists messages that have not left, oldest first.
#[utoipa::path(get, path = "/deliveries", tag = "pages", responses((status = 200, body = [PendingDelivery])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Json<Vec<PendingDelivery>> {
    Json(site.world().deliveries.values().map(PendingDelivery::from).collect())
}

/// One message of an incident and what each attempt met.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DeliveryRecord {
    #[schema(value_type = String, example = "delivery-15")]
    pub(crate) id: DeliveryId,
    #[schema(value_type = String)]
    pub(crate) action: MessageAction,
    pub(crate) channel: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) queued_at: Timestamp,
    /// `pending`, `delivered`, `given-up` or `withdrawn`.
    pub(crate) state: DeliveryState,
    pub(crate) attempts: Vec<Attempt>,
    /// When the next attempt is due, while it is pending.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) next_at: Option<Timestamp>,
}

/// How a message fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeliveryState {
    Pending,
    Delivered,
    GivenUp,
    /// It was no longer wanted, because somebody had answered.
    Withdrawn,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Attempt {
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// What the receiver answered, or why it was not reached.
    pub(crate) answer: String,
}

impl DeliveryRecord {
    /// Every message that these events of one incident tell of, in order.
    pub(crate) fn all(events: &[Recorded]) -> Vec<Self> {
        let mut records: Vec<Self> = Vec::new();
        let mut pages = Vec::new();
        for recorded in events {
            match recorded.event.as_ref() {
                Event::DeliveryQueued { delivery, subject, channel, message } => {
                    pages.push(*subject);
                    records.push(Self {
                        id: *delivery,
                        action: message.action,
                        channel: channel.clone(),
                        queued_at: recorded.at,
                        state: DeliveryState::Pending,
                        attempts: Vec::new(),
                        next_at: Some(recorded.at),
                    });
                }
                Event::DeliverySucceeded { delivery, answer, .. } => {
                    note(&mut records, *delivery, recorded.at, answer, DeliveryState::Delivered, None);
                }
                Event::DeliveryFailed { delivery, error, retry_at, .. } => {
                    note(&mut records, *delivery, recorded.at, error, DeliveryState::Pending, Some(*retry_at));
                }
                Event::DeliveryAbandoned { delivery, error, .. } => {
                    note(&mut records, *delivery, recorded.at, error, DeliveryState::GivenUp, None);
                }
                Event::PageAcknowledged { page } | Event::PageEnded { page } => {
                    let subject = DeliverySubject::Page(*page);
                    withdraw(
                        records.iter_mut().zip(&pages).filter(|(_, of)| **of == subject).map(|(record, _)| record),
                    );
                }
                _ => {}
            }
        }
        records
    }
}

fn note(
    records: &mut [DeliveryRecord],
    id: DeliveryId,
    at: Timestamp,
    answer: &str,
    state: DeliveryState,
    next_at: Option<Timestamp>,
) {
    if let Some(record) = records.iter_mut().find(|record| record.id == id) {
        record.attempts.push(Attempt { at, answer: answer.to_owned() });
        (record.state, record.next_at) = (state, next_at);
    }
}

/// A demand that was answered is not repeated.
fn withdraw<'a>(records: impl Iterator<Item = &'a mut DeliveryRecord>) {
    let waiting = |record: &&mut DeliveryRecord| {
        record.state == DeliveryState::Pending && record.action == MessageAction::Trigger
    };
    for record in records.filter(waiting) {
        (record.state, record.next_at) = (DeliveryState::Withdrawn, None);
    }
}
