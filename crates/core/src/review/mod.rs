//! Review: what a serious incident owes afterwards, due within the time that its severity allows.
//!
//! It is drafted from the incident's timeline the moment the incident is resolved, gathers action items, and leaves the
//! world when it is published. The transition table stands in `docs/reference/transitions.md`.

mod draft;
mod react;

use imbl::Vector;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{IncidentId, ReviewId};
use crate::record::Recorded;
use crate::world::{Folded, World};

pub(crate) use react::{accept, react};

/// A review that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// What it is about.
    pub incident: IncidentId,
    /// How it stands.
    pub state: ReviewState,
    /// When it is due.
    pub due_at: Timestamp,
    /// The draft, as Markdown.
    pub draft: String,
    /// What shall be done about it.
    pub action_items: Vector<ActionItem>,
}

/// How a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Owed, in time.
    Owed,
    /// Owed, and late.
    Overdue,
}

/// One thing to do so that it does not happen again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItem {
    /// What.
    pub text: String,
    /// Who.
    pub owner: String,
    /// By when, as the team writes it.
    pub due: String,
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: ReviewState, event: &Event) -> Option<ReviewState> {
    match (state, event) {
        (ReviewState::Owed, Event::ReviewFellOverdue { .. }) => Some(ReviewState::Overdue),
        (_, Event::ReviewDrafted { .. } | Event::ActionItemAdded { .. }) => Some(state),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let id = match recorded.event.as_ref() {
        Event::ReviewOwed { review, incident, due_at } => {
            let review = Review {
                id: *review,
                incident: *incident,
                state: ReviewState::Owed,
                due_at: *due_at,
                draft: String::new(),
                action_items: Vector::new(),
            };
            world.reviews.insert(review.id, review);
            return Ok(());
        }
        Event::ReviewPublished { review, .. } => {
            return world.reviews.remove(review).map(|_| ()).ok_or_else(|| format!("met no {review}"));
        }
        Event::ReviewDrafted { review, .. }
        | Event::ReviewFellOverdue { review }
        | Event::ActionItemAdded { review, .. } => *review,
        _ => return Ok(()),
    };
    let review = world.reviews.get_mut(&id).ok_or_else(|| format!("met no {id}"))?;
    review.state =
        next(review.state, &recorded.event).ok_or_else(|| format!("met a review that is {:?}", review.state))?;
    match recorded.event.as_ref() {
        Event::ReviewDrafted { text, .. } => review.draft.clone_from(text),
        Event::ActionItemAdded { text, owner, due, .. } => {
            review.action_items.push_back(ActionItem { text: text.clone(), owner: owner.clone(), due: due.clone() });
        }
        _ => {}
    }
    Ok(())
}
