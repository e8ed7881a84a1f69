//! `/api/v1/reviews`.

use std::sync::Arc;

use allclear_core::{ActionItem, Command, Event, IncidentId, Review, ReviewId};
use allclear_store::Opening;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Change;
use crate::extract::{Asker, Id, JsonBody};
use crate::problem::Problem;
use crate::site::Site;

/// How many of the last reviews are listed, besides those that are owed.
const RECENT: u32 = 25;

/// A review.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ReviewDetail {
    #[schema(value_type = String, example = "review-50")]
    pub(crate) id: ReviewId,
    #[schema(value_type = String)]
    pub(crate) incident: IncidentId,
    /// `owed`, `overdue` or `published`.
    pub(crate) state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) published_at: Option<Timestamp>,
    /// The draft, or what was published, as Markdown.
    pub(crate) text: String,
    /// What shall be done about it: `{text, owner, due}`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) action_items: Vec<ActionItem>,
}

impl From<&Review> for ReviewDetail {
    fn from(review: &Review) -> Self {
        let state = match review.state {
            allclear_core::ReviewState::Owed => "owed",
            allclear_core::ReviewState::Overdue => "overdue",
        };
        Self {
            id: review.id,
            incident: review.incident,
            state,
            due_at: review.due_at,
            published_at: None,
            text: review.draft.clone(),
            action_items: review.action_items.iter().cloned().collect(),
        }
    }
}

/// Lists reviews: those that are owed and the last ones, newest first.
#[utoipa::path(get, path = "/reviews", tag = "reviews", responses((status = 200, body = [ReviewDetail])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<Vec<ReviewDetail>>, Problem> {
    Ok(Json(all(&site).await?))
}

/// What is owed and what was published lately, newest first.
pub(crate) async fn all(site: &Site) -> Result<Vec<ReviewDetail>, Problem> {
    let world = site.world();
    let mut reviews: Vec<ReviewDetail> = world.reviews.values().map(ReviewDetail::from).collect();
    for owed in site.store().latest(Opening::Review, RECENT).await? {
        let Event::ReviewOwed { review, incident, .. } = owed.event.as_ref() else { continue };
        if !world.reviews.contains_key(review) {
            reviews.extend(published(site, *review, *incident).await?);
        }
    }
    reviews.sort_by_key(|review| std::cmp::Reverse(review.id));
    Ok(reviews)
}

/// A review that is not owed any more, read from the events of its incident.
async fn published(site: &Site, id: ReviewId, incident: IncidentId) -> Result<Option<ReviewDetail>, Problem> {
    let mut found: Option<ReviewDetail> = None;
    for recorded in site.store().read_incident(incident).await? {
        match (recorded.event.as_ref(), &mut found) {
            (Event::ReviewOwed { review, incident, due_at }, None) if *review == id => {
                found = Some(ReviewDetail {
                    id,
                    incident: *incident,
                    state: "owed",
                    due_at: *due_at,
                    published_at: None,
                    text: String::new(),
                    action_items: Vec::new(),
                });
            }
            (Event::ReviewDrafted { review, text }, Some(found)) if *review == id => found.text.clone_from(text),
            (Event::ReviewFellOverdue { review }, Some(found)) if *review == id => found.state = "overdue",
            (Event::ActionItemAdded { review, text, owner, due }, Some(found)) if *review == id => {
                found.action_items.push(ActionItem { text: text.clone(), owner: owner.clone(), due: due.clone() });
            }
            (Event::ReviewPublished { review, text }, Some(found)) if *review == id => {
                found.text.clone_from(text);
                (found.state, found.published_at) = ("published", Some(recorded.at));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A review, owed or published.
pub(crate) async fn find(site: &Site, id: ReviewId) -> Result<ReviewDetail, Problem> {
    if let Some(review) = site.world().reviews.get(&id) {
        return Ok(review.into());
    }
    let missing = || Problem::not_found("review", &id);
    let before = id.0.checked_sub(1).ok_or_else(missing)?;
    let owed = site.store().read(before, 1).await?.into_iter().next().ok_or_else(missing)?;
    let Event::ReviewOwed { incident, .. } = owed.event.as_ref() else { return Err(missing()) };
    published(site, id, *incident).await?.ok_or_else(missing)
}

/// Shows one review with its draft.
#[utoipa::path(get, path = "/reviews/{id}", tag = "reviews", params(("id" = String, Path, example = "review-50")),
    responses((status = 200, body = ReviewDetail), (status = 404, body = Problem)))]
pub(crate) async fn show(State(site): State<Arc<Site>>, Id(id): Id<ReviewId>) -> Result<Json<ReviewDetail>, Problem> {
    Ok(Json(find(&site, id).await?))
}

/// Something to do so that it does not happen again.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ActionBody {
    text: String,
    owner: String,
    /// By when, as the team writes it.
    due: String,
}

/// Adds an action item.
#[utoipa::path(post, path = "/reviews/{id}/action", tag = "reviews", request_body = ActionBody,
    params(("id" = String, Path, example = "review-50")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn action(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(review): Id<ReviewId>,
    JsonBody(ActionBody { text, owner, due }): JsonBody<ActionBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::AddActionItem { review, text, owner, due }, actor).await?.into()))
}

/// The review as it shall stand.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PublishBody {
    /// Markdown; the draft where it is left out.
    text: Option<String>,
}

/// Publishes the review, which closes its incident.
#[utoipa::path(post, path = "/reviews/{id}/publish", tag = "reviews", request_body = PublishBody,
    params(("id" = String, Path, example = "review-50")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn publish(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(review): Id<ReviewId>,
    JsonBody(PublishBody { text }): JsonBody<PublishBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::PublishReview { review, text }, actor).await?.into()))
}
