//! `/api/v1/runs/{id}/steps/{step}/…`: a person's word on one step.

use std::sync::Arc;

use allclear_core::{Command, Digest, RunId};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Change;
use super::run::ReasonBody;
use crate::auth::Standing;
use crate::extract::{Asker, Id, JsonBody, StepNumber};
use crate::problem::Problem;
use crate::site::Site;

/// The second pair of eyes belongs to somebody who proved who they are: with the admin token anybody could be anybody.
pub(crate) fn prove_second_person(site: &Site, run: RunId, step: u32, standing: Standing) -> Result<(), Problem> {
    let world = site.world();
    let planned = world.runs.get(&run).and_then(|run| run.plan.step(step));
    if standing.proved || !planned.is_some_and(|planned| world.policy().approvals.needs_four_eyes(planned)) {
        return Ok(());
    }
    let message = format!(
        "step {step} of {run} needs a second pair of eyes, and the admin token does not prove whose they are: approve it \
         with a token of your own (`allclear token create NAME`)"
    );
    Err(Problem::new(StatusCode::FORBIDDEN, "not-proved", message))
}

/// What is agreed to.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DigestBody {
    /// Digest of the step, as the run shows it.
    digest: String,
}

/// Agrees to a step that waits.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/approve", tag = "runs", request_body = DigestBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn approve(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    standing: Standing,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
    prove_second_person(&site, run, step, standing)?;
    let digest = Digest::given(&digest);
    Ok(Json(site.submit(Command::ApproveStep { run, step, digest }, actor).await?.into()))
}

/// Agrees to perform a failed step, or one in doubt, once more.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/repeat", tag = "runs", request_body = DigestBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn repeat(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    standing: Standing,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
    prove_second_person(&site, run, step, standing)?;
    let digest = Digest::given(&digest);
    Ok(Json(site.submit(Command::RepeatStep { run, step, digest }, actor).await?.into()))
}

/// What is agreed to, and why its undo is given up.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ForgoBody {
    /// Digest of the step, as the run shows it.
    digest: String,
    reason: String,
}

/// Agrees to perform a step although what is before it could not be recorded: no undo of it will be possible.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/forgo-undo", tag = "runs", request_body = ForgoBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn forgo_undo(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    standing: Standing,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(ForgoBody { digest, reason }): JsonBody<ForgoBody>,
) -> Result<Json<Change>, Problem> {
    prove_second_person(&site, run, step, standing)?;
    let digest = Digest::given(&digest);
    Ok(Json(site.submit(Command::ForgoUndo { run, step, digest, reason }, actor).await?.into()))
}

/// What a person saw.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NoteBody {
    note: String,
}

/// Says that a manual step, a step in doubt, or one that failed, has happened.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/confirm", tag = "runs", request_body = NoteBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn confirm(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(NoteBody { note }): JsonBody<NoteBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::ConfirmStep { run, step, note }, actor).await?.into()))
}

/// Leaves a step out.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/skip", tag = "runs", request_body = ReasonBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn skip(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(ReasonBody { reason }): JsonBody<ReasonBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::SkipStep { run, step, reason }, actor).await?.into()))
}
