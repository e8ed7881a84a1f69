//! Which incident and which run an event belongs to, told from the world before the event is folded.

use crate::event::{DeliverySubject, Event};
use crate::id::{DeliveryId, IncidentId, PageId, ReviewId, RunId};
use crate::world::World;

pub(crate) fn about(world: &World, event: &Event) -> (Option<IncidentId>, Option<RunId>) {
    let run = run_of(event);
    let incident = match event {
        Event::RunPlanned { incident, .. } | Event::UndoStarted { incident, .. } => *incident,
        // The run that is undone has left the world; the one that undoes it has its incident.
        Event::StepUndone { by, .. } | Event::UndoFailed { by, .. } => world.runs.get(by).and_then(|run| run.incident),
        _ => incident_of(world, event).or_else(|| {
            let run = run?;
            world.runs.get(&run).or_else(|| world.ending.get(&run))?.incident
        }),
    };
    (incident, run)
}

fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::RunPlanned { run, .. }
        | Event::ApprovalRequested { run, .. }
        | Event::ApprovalGiven { run, .. }
        | Event::ApprovalExpired { run, .. }
        | Event::StateCaptured { run, .. }
        | Event::CaptureFailed { run, .. }
        | Event::UndoForgone { run, .. }
        | Event::StepStarted { run, .. }
        | Event::StepSucceeded { run, .. }
        | Event::StepFailed { run, .. }
        | Event::StepInDoubt { run, .. }
        | Event::StepSkipped { run, .. }
        | Event::RunPaused { run }
        | Event::RunResumed { run }
        | Event::RunAborted { run, .. }
        | Event::RunFinished { run }
        | Event::UndoStarted { run, .. }
        | Event::StepUndone { run, .. }
        | Event::UndoFailed { run, .. } => Some(*run),
        _ => None,
    }
}

fn incident_of(world: &World, event: &Event) -> Option<IncidentId> {
    match event {
        Event::IncidentOpened { incident, .. }
        | Event::IncidentJoined { incident, .. }
        | Event::IncidentRecovered { incident }
        | Event::IncidentAcknowledged { incident }
        | Event::IncidentAssessed { incident, .. }
        | Event::IncidentAssigned { incident, .. }
        | Event::IncidentUpdated { incident, .. }
        | Event::IncidentMitigated { incident, .. }
        | Event::IncidentResolved { incident, .. }
        | Event::IncidentClosed { incident }
        | Event::UpdateFellDue { incident }
        | Event::PageRequested { incident, .. }
        | Event::NoticeIssued { incident, .. }
        | Event::ReviewOwed { incident, .. } => Some(*incident),
        Event::AlertResolved { alert, .. } => {
            // One that fires on after its incident was resolved belongs to the incident that it opened then.
            world.incidents.values().filter(|it| it.alerts.contains_key(alert)).map(|it| it.id).max()
        }
        Event::PageEscalated { page, .. }
        | Event::PageExhausted { page }
        | Event::PageAcknowledged { page }
        | Event::PageEnded { page } => of_page(world, *page),
        Event::DeliveryQueued { message, .. } => Some(message.incident),
        Event::DeliverySucceeded { delivery, .. }
        | Event::DeliveryFailed { delivery, .. }
        | Event::DeliveryAbandoned { delivery, .. } => of_delivery(world, *delivery),
        Event::ReviewDrafted { review, .. }
        | Event::ReviewFellOverdue { review }
        | Event::ActionItemAdded { review, .. }
        | Event::ReviewPublished { review, .. } => of_review(world, *review),
        _ => None,
    }
}

fn of_page(world: &World, page: PageId) -> Option<IncidentId> {
    world.pages.get(&page).map(|page| page.incident)
}

fn of_delivery(world: &World, delivery: DeliveryId) -> Option<IncidentId> {
    world.deliveries.get(&delivery).map(|delivery| delivery.message.incident)
}

fn of_review(world: &World, review: ReviewId) -> Option<IncidentId> {
    world.reviews.get(&review).map(|review| review.incident)
}

/// The page that a delivery belongs to, if it belongs to one.
pub(crate) fn page_of(subject: DeliverySubject) -> Option<PageId> {
    match subject {
        DeliverySubject::Page(page) => Some(page),
        DeliverySubject::Notice(_) => None,
    }
}
