//! Delivery: one message to one channel, tried until it arrives, is refused for good, or is no longer wanted.
//!
//! Pages and notices share it. Its id is the idempotency key outside, so a repetition after a crash is recognised. It
//! leaves the world when it is settled; the log keeps every attempt.

mod react;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{DeliverySubject, Event, Message, MessageAction};
use crate::id::{DeliveryId, PageId};
use crate::record::Recorded;
use crate::world::{Folded, World, retain};

pub(crate) use react::{accept, notice_message, page_message, queue};

/// A message that has not left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What it belongs to.
    pub subject: DeliverySubject,
    /// Name of the channel.
    pub channel: String,
    /// What is sent.
    pub message: Message,
    /// When it was demanded.
    pub queued_at: Timestamp,
    /// The attempt that is due or under way, from 1.
    pub attempt: u32,
    /// When that attempt may be made.
    pub next_at: Timestamp,
    /// What the last attempt met.
    pub last_error: Option<String>,
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    match recorded.event.as_ref() {
        Event::DeliveryQueued { delivery, subject, channel, message } => {
            let delivery = Delivery {
                id: *delivery,
                subject: *subject,
                channel: channel.clone(),
                message: message.as_ref().clone(),
                queued_at: recorded.at,
                attempt: 1,
                next_at: recorded.at,
                last_error: None,
            };
            world.deliveries.insert(delivery.id, delivery);
            Ok(())
        }
        Event::DeliverySucceeded { delivery, .. } | Event::DeliveryAbandoned { delivery, .. } => {
            world.deliveries.remove(delivery).map(|_| ()).ok_or_else(|| format!("met no {delivery}"))
        }
        Event::DeliveryFailed { delivery, attempt, error, retry_at } => {
            let delivery = world.deliveries.get_mut(delivery).ok_or_else(|| format!("met no {delivery}"))?;
            delivery.attempt = attempt.saturating_add(1);
            delivery.next_at = *retry_at;
            delivery.last_error = Some(error.clone());
            Ok(())
        }
        // A demand that was answered is not repeated: triggers that have not left are withdrawn.
        Event::PageAcknowledged { page } => {
            withdraw(world, *page, &[MessageAction::Trigger]);
            Ok(())
        }
        // Nor does anybody need to hear that it was acknowledged once it is over.
        Event::PageEnded { page } => {
            withdraw(world, *page, &[MessageAction::Trigger, MessageAction::Acknowledge]);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn withdraw(world: &mut World, page: PageId, actions: &[MessageAction]) {
    let subject = DeliverySubject::Page(page);
    retain(&mut world.deliveries, |_, it| it.subject != subject || !actions.contains(&it.message.action));
}
