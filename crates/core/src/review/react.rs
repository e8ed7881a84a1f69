//! Owes a review for what was serious, drafts it, reminds of it, publishes it; closes what owes none.

use jiff::{SignedDuration, Timestamp};

use crate::command::Command;
use crate::decide::Batch;
use crate::event::{Event, NoticeKind};
use crate::id::{IncidentId, ReviewId};
use crate::incident::said;
use crate::notice;
use crate::refusal::Refusal;
use crate::review::draft::{completed, draft};
use crate::review::{Review, ReviewState};

pub(crate) fn accept(batch: &mut Batch, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AddActionItem { review, text, owner, due } => {
            said("text", text)?;
            said("owner", owner)?;
            said("due", due)?;
            owed(batch, *review)?;
            let (text, owner, due) = (text.clone(), owner.clone(), due.clone());
            batch.push(Event::ActionItemAdded { review: *review, text, owner, due });
        }
        Command::PublishReview { review, text } => {
            let known = owed(batch, *review)?;
            let text = text.clone().unwrap_or_else(|| completed(known));
            said("text", &text)?;
            batch.push(Event::ReviewPublished { review: *review, text });
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| {
        if let Event::IncidentResolved { incident, .. } = event {
            owe(batch, *incident);
        }
    });
    close_published(batch);
    let now = batch.now();
    let late: Vec<(ReviewId, IncidentId)> = batch
        .world()
        .reviews
        .values()
        .filter(|review| review.state == ReviewState::Owed && review.due_at <= now)
        .map(|review| (review.id, review.incident))
        .collect();
    for (review, incident) in late {
        batch.push(Event::ReviewFellOverdue { review });
        let team = batch.policy().escalation.first().map(|level| level.channels.clone()).unwrap_or_default();
        notice::issue(batch, incident, NoticeKind::ReviewOverdue, "The review of this incident is overdue.", &team);
    }
}

/// A serious incident owes a review; any other is closed at once.
fn owe(batch: &mut Batch, id: IncidentId) {
    let Some(incident) = batch.world().incidents.get(&id).cloned() else { return };
    let Some(within_s) = batch.policy().severity(incident.severity).review_within_s else {
        batch.push(Event::IncidentClosed { incident: id });
        return;
    };
    let review = ReviewId(batch.next_seq());
    let allowed = SignedDuration::from_secs(within_s.into());
    let due_at = batch.now().saturating_add(allowed).unwrap_or(Timestamp::MAX);
    batch.push(Event::ReviewOwed { review, incident: id, due_at });
    batch.push(Event::ReviewDrafted { review, text: draft(&incident, due_at) });
}

fn close_published(batch: &mut Batch) {
    batch.for_each_event(|batch, event| {
        if let Event::ReviewPublished { .. } = event {
            let documented =
                batch.world().incidents.values().filter(|it| it.stage == crate::incident::Stage::Documented);
            let documented: Vec<IncidentId> = documented.map(|incident| incident.id).collect();
            for incident in documented {
                batch.push(Event::IncidentClosed { incident });
            }
        }
    });
}

fn owed(batch: &Batch, id: ReviewId) -> Result<&Review, Refusal> {
    batch.world().reviews.get(&id).ok_or_else(|| Refusal::NotOpen { noun: "review".to_owned(), id: id.to_string() })
}
