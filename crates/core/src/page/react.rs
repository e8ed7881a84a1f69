//! Pages people, escalates while nobody answers, and tells every channel how it ended.

use std::sync::Arc;

use crate::decide::Batch;
use crate::delivery;
use crate::event::{DeliverySubject, EscalationReason, Event, MessageAction, PageReason};
use crate::id::{IncidentId, PageId};
use crate::incident::{Incident, Stage};
use crate::page::{Page, PageState, trigger_on};

pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| match event {
        Event::IncidentOpened { incident, .. } => request(batch, *incident, PageReason::IncidentOpened),
        Event::IncidentJoined { incident, .. } | Event::IncidentAssessed { incident, .. } => {
            let mitigated = |it: &Arc<Incident>| it.stage == Stage::Mitigated && it.taken.is_none();
            let relapsed = batch.world().incidents.get(incident).is_some_and(mitigated);
            let reason = if relapsed { PageReason::Relapsed } else { PageReason::SeverityRaised };
            request(batch, *incident, reason);
        }
        Event::IncidentAcknowledged { incident } => acknowledge(batch, *incident),
        Event::IncidentResolved { incident, .. } => end(batch, *incident),
        _ => {}
    });
    // More than once, for the next level may have no channel either. Each turn takes a page nearer to its end.
    loop {
        let overdue = overdue(batch);
        if overdue.is_empty() {
            return;
        }
        for (page, reason) in overdue {
            escalate(batch, page, reason);
        }
    }
}

fn overdue(batch: &Batch) -> Vec<(PageId, EscalationReason)> {
    let (now, policy) = (batch.now(), batch.policy());
    let reason = |page: &Page| {
        if page.is_unreachable(&policy) {
            return Some(EscalationReason::Unreachable);
        }
        let overdue = page.escalates_at(&policy).is_some_and(|at| at <= now);
        overdue.then_some(EscalationReason::NotAcknowledged)
    };
    batch.world().pages.values().filter_map(|page| Some((page.id, reason(page)?))).collect()
}

/// Pages for an incident that nobody has taken as it is now, where its severity demands it and no page does so already.
fn request(batch: &mut Batch, incident: IncidentId, reason: PageReason) {
    let world = batch.world();
    let Some(severity) = world.incidents.get(&incident).filter(|it| it.awaits_acknowledgement()).map(|it| it.severity)
    else {
        return;
    };
    let covers = |page: &Page| match page.state {
        PageState::Paging => true,
        PageState::Exhausted => !severity.is_worse_than(page.severity),
        PageState::Acknowledged => false,
    };
    if !batch.policy().severity(severity).page
        || world.pages.values().any(|page| page.incident == incident && covers(page))
    {
        return;
    }
    let page = PageId(batch.next_seq());
    batch.push(Event::PageRequested { page, incident, reason });
    enter_level(batch, page, 0, 0, EscalationReason::Requested);
}

/// The next level; after the last one the next round; after the last round the last resort.
fn escalate(batch: &mut Batch, id: PageId, reason: EscalationReason) {
    let policy = batch.policy();
    let Some(page) = batch.world().pages.get(&id) else { return };
    let (level, round) = (page.level.saturating_add(1), page.round);
    if (level as usize) < policy.escalation.len() {
        enter_level(batch, id, level, round, reason);
    } else if round < policy.escalation_repeats && !policy.escalation.is_empty() {
        // A round in which nobody could be reached is not repeated at once: that would spin.
        if reason == EscalationReason::NotAcknowledged {
            enter_level(batch, id, 0, round.saturating_add(1), reason);
        } else {
            exhaust(batch, id);
        }
    } else {
        exhaust(batch, id);
    }
}

fn enter_level(batch: &mut Batch, page: PageId, level: u32, round: u32, reason: EscalationReason) {
    batch.push(Event::PageEscalated { page, level, round, reason });
    let policy = batch.policy();
    if let Some(wanted) = policy.escalation.get(level as usize) {
        trigger(batch, page, &wanted.channels);
    }
}

fn exhaust(batch: &mut Batch, page: PageId) {
    batch.push(Event::PageExhausted { page });
    let policy = batch.policy();
    trigger(batch, page, &policy.last_resort);
}

/// A channel that has yet to take the trigger of an earlier round is not given another.
fn trigger(batch: &mut Batch, page: PageId, channels: &[String]) {
    let world = batch.world();
    let free = channels.iter().filter(|channel| trigger_on(world, page, channel).is_none());
    let free: Vec<String> = free.cloned().collect();
    send(batch, page, &free, MessageAction::Trigger);
}

fn acknowledge(batch: &mut Batch, incident: IncidentId) {
    let waiting = |state| matches!(state, PageState::Paging | PageState::Exhausted);
    for (page, channels) in pages_of(batch, incident, waiting) {
        batch.push(Event::PageAcknowledged { page });
        send(batch, page, &channels, MessageAction::Acknowledge);
    }
}

fn end(batch: &mut Batch, incident: IncidentId) {
    for (page, channels) in pages_of(batch, incident, |_| true) {
        send(batch, page, &channels, MessageAction::Resolve);
        batch.push(Event::PageEnded { page });
    }
}

fn pages_of(batch: &Batch, incident: IncidentId, state: fn(PageState) -> bool) -> Vec<(PageId, Vec<String>)> {
    let pages = batch.world().pages.values().filter(|page| page.incident == incident && state(page.state));
    pages.map(|page| (page.id, page.channels.iter().cloned().collect())).collect()
}

fn send(batch: &mut Batch, page: PageId, channels: &[String], action: MessageAction) {
    let Some(incident) = batch.world().pages.get(&page).map(|page| page.incident) else { return };
    if let Some(message) = delivery::page_message(batch, incident, action) {
        delivery::queue(batch, DeliverySubject::Page(page), channels, &message);
    }
}
