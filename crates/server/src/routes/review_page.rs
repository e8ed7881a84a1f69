//! `/reviews/{id}`: the page of a review and its forms.

use std::sync::Arc;

use allclear_core::{Command, ReviewId};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;

use super::console::{Fields, answer, field, optional};
use super::review;
use crate::extract::{Asker, FormBody, Id};
use crate::problem::{Problem, ProblemPage};
use crate::site::Site;
use crate::views;
use crate::views::form::Typed;
use crate::views::frame::{Frame, Part};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/reviews/{id}", get(show))
        .route("/reviews/{id}/action", post(action))
        .route("/reviews/{id}/publish", post(publish))
}

async fn show(State(site): State<Arc<Site>>, asker: Asker, Id(id): Id<ReviewId>) -> Result<Markup, ProblemPage> {
    Ok(page(&site, &asker, id, &Typed::default()).await?)
}

async fn page(site: &Site, Asker(actor): &Asker, id: ReviewId, typed: &Typed) -> Result<Markup, Problem> {
    let review = review::find(site, id).await?;
    let page = views::review::page(&review, site.now(), typed);
    Ok(Frame::of(site, &site.world(), actor).page(Part::Reviews, &format!("Review of {}", review.incident), &page))
}

async fn action(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(review): Id<ReviewId>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let (text, owner, due) = (field(&fields, "text"), field(&fields, "owner"), field(&fields, "due"));
    submit(&site, &asker, review, Command::AddActionItem { review, text, owner, due }, "action", fields).await
}

async fn publish(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(review): Id<ReviewId>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    // Browsers send CR LF; the draft has LF, and so has what is published.
    let text = optional(&fields, "text").map(|text| text.replace("\r\n", "\n"));
    submit(&site, &asker, review, Command::PublishReview { review, text }, "publish", fields).await
}

async fn submit(
    site: &Site,
    asker: &Asker,
    review: ReviewId,
    command: Command,
    form: &str,
    fields: Fields,
) -> Result<Response, ProblemPage> {
    let done = match site.submit(command, asker.0.clone()).await {
        Ok(_) => Ok(format!("/reviews/{review}")),
        Err(problem) => {
            let status = problem.status;
            Err((status, page(site, asker, review, &Typed::refused(form, fields, problem)).await?))
        }
    };
    Ok(answer(done))
}
