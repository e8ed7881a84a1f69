//! `/api/v1/runs/{id}/undo`: what putting a run back would do, and the run that does it.
//!
//! Invariant: nobody hands in the plan of an undo; it is made here, of what the log says that the run did.

use std::sync::Arc;

use allclear_core::{Command, Digest, Plan, Refusal, Run, RunId, undo_plan};
use allclear_engine::Accepted;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Opened;
use super::run::{find, planned_id};
use crate::extract::{Asker, Id, JsonBody, Parameters};
use crate::problem::Problem;
use crate::site::Site;

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct To {
    /// Number of the step that is put back last; the whole run where it is left out.
    to: Option<u32>,
}

/// What an undo would perform.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UndoPreview {
    #[schema(value_type = String, example = "run-40")]
    undoes: RunId,
    /// A plan like any other; each step names the one that it `undoes`. What no command puts back is a manual step.
    #[schema(value_type = Object)]
    plan: Plan,
}

/// Shows what an undo would perform; performs nothing.
#[utoipa::path(get, path = "/runs/{id}/undo", tag = "runs", params(("id" = String, Path, example = "run-40"), To),
    responses((status = 200, body = UndoPreview), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn preview(
    State(site): State<Arc<Site>>,
    Id(undoes): Id<RunId>,
    Parameters(To { to }): Parameters<To>,
) -> Result<Json<UndoPreview>, Problem> {
    let run = find(&site, undoes).await?;
    Ok(Json(UndoPreview { undoes, plan: plan_of(&run, to)? }))
}

/// What is to be undone.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct UndoBody {
    /// Number of the step that is put back last; the whole run where it is left out.
    #[serde(default)]
    pub(crate) to: Option<u32>,
    /// Digest of the plan that was looked at: any other plan is refused.
    #[serde(default)]
    pub(crate) digest: Option<String>,
    /// Digests of the plan, of steps or of commands that need no further approval.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) preapproved: Vec<Digest>,
}

/// Starts the run that undoes another. One that is open and at rest is aborted with it.
#[utoipa::path(post, path = "/runs/{id}/undo", tag = "runs", request_body = UndoBody,
    params(("id" = String, Path, example = "run-40")),
    responses((status = 201, body = Opened), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn start(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(undoes): Id<RunId>,
    JsonBody(body): JsonBody<UndoBody>,
) -> Result<(StatusCode, Json<Opened>), Problem> {
    let accepted = begin(&site, asker, undoes, body).await?;
    Ok((StatusCode::CREATED, Json(Opened::named(accepted, planned_id))))
}

/// Makes the plan anew and starts it, if it is the one that was looked at.
pub(crate) async fn begin(
    site: &Site,
    Asker(actor): Asker,
    undoes: RunId,
    body: UndoBody,
) -> Result<Accepted, Problem> {
    let run = find(site, undoes).await?;
    let plan = plan_of(&run, body.to)?;
    if let Some(given) = body.digest.map(|digest| Digest::given(&digest)).filter(|given| *given != plan.digest) {
        let (given, expected) = (given.short().to_owned(), plan.digest.short().to_owned());
        return Err(Problem::refused(&Refusal::DigestDiffers { given, expected }, true));
    }
    let preapproved = body.preapproved.iter().map(|digest| Digest::given(digest.as_str())).collect();
    // An incident that is over is not reopened by what is put back afterwards.
    let incident = run.incident.filter(|id| site.world().incidents.contains_key(id));
    let command = Command::StartUndo { undoes, plan: Box::new(plan), incident, preapproved };
    site.submit(command, actor).await
}

pub(crate) fn plan_of(run: &Run, to: Option<u32>) -> Result<Plan, Problem> {
    undo_plan(run, to).map_err(|refusal| Problem::refused(&refusal, !matches!(refusal, Refusal::NoSuchStep { .. })))
}
