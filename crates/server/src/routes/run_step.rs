//! `/api/v1/runs/{id}/steps/{step}/…`: a person's word on one step.

use std::sync::Arc;

use allclear_core::{Actor, Command, Digest, RunId};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
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

/// A person's word on a step of a run.
pub(crate) struct Word {
    site: Arc<Site>,
    run: RunId,
    step: u32,
    actor: Actor,
    standing: Standing,
}

impl FromRequestParts<Arc<Site>> for Word {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let Asker(actor) = Asker::from_request_parts(parts, site).await?;
        let standing = Standing::from_request_parts(parts, site).await?;
        let Id(run) = Id::from_request_parts(parts, site).await?;
        let StepNumber(step) = StepNumber::from_request_parts(parts, site).await?;
        Ok(Self { site: Arc::clone(site), run, step, actor, standing })
    }
}

impl Word {
    /// Gives the word.
    async fn given(self, command: impl FnOnce(RunId, u32) -> Command) -> Result<Json<Change>, Problem> {
        Ok(Json(self.site.submit(command(self.run, self.step), self.actor).await?.into()))
    }

    /// Gives a word by which the step is performed.
    async fn performs(self, command: impl FnOnce(RunId, u32) -> Command) -> Result<Json<Change>, Problem> {
        prove_second_person(&self.site, self.run, self.step, self.standing)?;
        self.given(command).await
    }
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
    word: Word,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
    let digest = Digest::given(&digest);
    word.performs(|run, step| Command::ApproveStep { run, step, digest }).await
}

/// Agrees to perform a failed step, or one in doubt, once more.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/repeat", tag = "runs", request_body = DigestBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn repeat(
    word: Word,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
    let digest = Digest::given(&digest);
    word.performs(|run, step| Command::RepeatStep { run, step, digest }).await
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
    word: Word,
    JsonBody(ForgoBody { digest, reason }): JsonBody<ForgoBody>,
) -> Result<Json<Change>, Problem> {
    let digest = Digest::given(&digest);
    word.performs(|run, step| Command::ForgoUndo { run, step, digest, reason }).await
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
    word: Word,
    JsonBody(NoteBody { note }): JsonBody<NoteBody>,
) -> Result<Json<Change>, Problem> {
    word.given(|run, step| Command::ConfirmStep { run, step, note }).await
}

/// Leaves a step out.
#[utoipa::path(post, path = "/runs/{id}/steps/{step}/skip", tag = "runs", request_body = ReasonBody,
    params(("id" = String, Path, example = "run-40"), ("step" = u32, Path, example = 1)),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn skip(
    word: Word,
    JsonBody(ReasonBody { reason }): JsonBody<ReasonBody>,
) -> Result<Json<Change>, Problem> {
    word.given(|run, step| Command::SkipStep { run, step, reason }).await
}
