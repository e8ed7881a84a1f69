//! Page: one demand for a person's attention, escalated until it is acknowledged.
//!
//! A page lives as long as its incident is worked on, so that every channel that was triggered hears of the
//! acknowledgement and of the end. The transition table stands in `docs/reference/transitions.md`.

mod react;

use imbl::OrdSet;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::about::page_of;
use crate::delivery::Delivery;
use crate::event::{DeliverySubject, Event, MessageAction};
use crate::id::{DeliveryId, IncidentId, PageId};
use crate::policy::{Policy, Severity};
use crate::record::Recorded;
use crate::world::{Folded, World};

pub(crate) use react::react;

/// A demand for attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its id.
    pub id: PageId,
    /// What for.
    pub incident: IncidentId,
    /// How bad the incident was then.
    pub severity: Severity,
    /// How it stands.
    pub state: PageState,
    /// The level that was paged last, from 0.
    pub level: u32,
    /// How many times the whole escalation has been gone through before this one.
    pub round: u32,
    /// When that level was paged.
    pub level_at: Timestamp,
    /// Deliveries of that level that have neither arrived nor been given up.
    pub outstanding: OrdSet<DeliveryId>,
    /// Whether anything of that level has arrived.
    pub reached: bool,
    /// Whether anything of this round has arrived.
    pub round_reached: bool,
    /// Channels that were ever triggered.
    pub channels: OrdSet<String>,
}

/// How a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageState {
    /// Nobody has answered yet.
    Paging,
    /// Nobody answered at any level, in any round; the last resort was used.
    Exhausted,
    /// Somebody has it.
    Acknowledged,
}

impl Page {
    /// When this level has had its time; `None` where nothing more will be escalated.
    pub fn escalates_at(&self, policy: &Policy) -> Option<Timestamp> {
        // A level that the policy no longer has is over at once, or the page would stay with it for ever.
        let level = policy.escalation.get(self.level as usize);
        let allowed = SignedDuration::from_secs(level.map_or(0, |level| level.acknowledge_within_s.max(1)).into());
        (self.state == PageState::Paging).then(|| self.level_at.saturating_add(allowed).ok())?
    }

    /// Whether every delivery of this level was given up, so that there is nobody to wait for. The last level is given
    /// its time all the same when a level before it could be reached: somebody may yet answer.
    pub fn is_unreachable(&self, policy: &Policy) -> bool {
        let last = self.level as usize + 1 >= policy.escalation.len();
        let silent = self.outstanding.is_empty() && !self.reached;
        self.state == PageState::Paging && silent && !(last && self.round_reached)
    }
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: PageState, event: &Event) -> Option<PageState> {
    match (state, event) {
        (PageState::Paging, Event::PageEscalated { .. }) => Some(PageState::Paging),
        (PageState::Paging, Event::PageExhausted { .. }) => Some(PageState::Exhausted),
        (PageState::Paging | PageState::Exhausted, Event::PageAcknowledged { .. }) => Some(PageState::Acknowledged),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let id = match recorded.event.as_ref() {
        Event::PageRequested { page, incident, .. } => {
            let severity = world.incidents.get(incident).map_or(Severity::P0, |incident| incident.severity);
            let page = Page {
                id: *page,
                incident: *incident,
                severity,
                state: PageState::Paging,
                level: 0,
                round: 0,
                level_at: recorded.at,
                outstanding: OrdSet::new(),
                reached: false,
                round_reached: false,
                channels: OrdSet::new(),
            };
            world.pages.insert(page.id, page);
            return Ok(());
        }
        Event::PageEnded { page } => {
            return world.pages.remove(page).map(|_| ()).ok_or_else(|| format!("met no {page}"));
        }
        Event::PageEscalated { page, .. } | Event::PageExhausted { page } | Event::PageAcknowledged { page } => *page,
        Event::DeliveryQueued { .. } | Event::DeliverySucceeded { .. } | Event::DeliveryAbandoned { .. } => {
            follow_delivery(world, &recorded.event);
            return Ok(());
        }
        _ => return Ok(()),
    };
    let waiting = match recorded.event.as_ref() {
        Event::PageEscalated { level, .. } => waiting(world, id, *level),
        _ => OrdSet::new(),
    };
    let page = world.pages.get_mut(&id).ok_or_else(|| format!("met no {id}"))?;
    page.state = next(page.state, &recorded.event).ok_or_else(|| format!("met a page that is {:?}", page.state))?;
    if let Event::PageEscalated { level, round, .. } = recorded.event.as_ref() {
        (page.level, page.round, page.level_at) = (*level, *round, recorded.at);
        (page.outstanding, page.reached) = (waiting, false);
        page.round_reached &= *level > 0;
    }
    Ok(())
}

/// Triggers of an earlier round that are still tried on the channels of this level: they need not be sent twice.
fn waiting(world: &World, page: PageId, level: u32) -> OrdSet<DeliveryId> {
    let policy = world.policy();
    let channels = policy.escalation.get(level as usize).map(|level| level.channels.as_slice()).unwrap_or_default();
    let on = |channel: &String| trigger_on(world, page, channel).map(|delivery| delivery.id);
    channels.iter().filter_map(on).collect()
}

/// The trigger of this page that is on its way to the channel, if there is one.
pub(crate) fn trigger_on<'a>(world: &'a World, page: PageId, channel: &str) -> Option<&'a Delivery> {
    let subject = DeliverySubject::Page(page);
    let is_trigger = |it: &&Delivery| it.subject == subject && it.message.action == MessageAction::Trigger;
    world.deliveries.values().filter(is_trigger).find(|it| it.channel == channel)
}

/// Keeps account of what has arrived; a delivery of an earlier level that arrives late counts too.
fn follow_delivery(world: &mut World, event: &Event) {
    match event {
        Event::DeliveryQueued { delivery, subject, channel, message } if message.action == MessageAction::Trigger => {
            let page = page_of(*subject).and_then(|page| world.pages.get_mut(&page));
            if let Some(page) = page {
                page.outstanding.insert(*delivery);
                page.channels.insert(channel.clone());
            }
        }
        Event::DeliverySucceeded { delivery, .. } | Event::DeliveryAbandoned { delivery, .. } => {
            let subject = world.deliveries.get(delivery).filter(|it| it.message.action == MessageAction::Trigger);
            let page = subject.and_then(|it| page_of(it.subject));
            if let Some(page) = page.and_then(|page| world.pages.get_mut(&page)) {
                page.outstanding.remove(delivery);
                let arrived = matches!(event, Event::DeliverySucceeded { .. });
                page.reached |= arrived;
                page.round_reached |= arrived;
            }
        }
        _ => {}
    }
}
