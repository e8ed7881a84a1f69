//! `/api/v1/runs`.

use std::sync::Arc;

use allclear_core::{
    Actor, Command, Digest, EffectClass, Event, IncidentId, Plan, Recorded, Run, RunId, StepKind, StepOutcome,
    StepState,
};
use allclear_store::Opening;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Opened};
use crate::extract::{Asker, Id, JsonBody, StepNumber};
use crate::problem::Problem;
use crate::site::Site;

/// How many of the last runs are listed, besides those under way.
const RECENT: u32 = 50;

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunSummary {
    #[schema(value_type = String, example = "run-40")]
    pub(crate) id: RunId,
    /// Id of the procedure.
    pub(crate) procedure: String,
    pub(crate) title: String,
    /// Name of the estate that it acts on.
    pub(crate) target: String,
    #[schema(value_type = Option<String>)]
    pub(crate) incident: Option<IncidentId>,
    /// `planned`, `running`, `waiting`, `in-doubt`, `failed`, `finished`, `undone` or `aborted`.
    pub(crate) state: &'static str,
    /// Number of the step that is in doubt.
    pub(crate) in_doubt: Option<u32>,
    /// Number of the step whose turn it is.
    pub(crate) current: Option<u32>,
    pub(crate) steps_done: usize,
    pub(crate) steps_total: usize,
    #[schema(value_type = String, example = "person:ana")]
    pub(crate) requested_by: Actor,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) planned_at: Timestamp,
}

impl From<&Run> for RunSummary {
    fn from(run: &Run) -> Self {
        let is_done = |state: StepState| matches!(state, StepState::Succeeded | StepState::Skipped | StepState::Undone);
        Self {
            id: run.id,
            procedure: run.plan.procedure.clone(),
            title: run.plan.title.clone(),
            target: run.plan.target.clone(),
            incident: run.incident,
            state: run.state(),
            in_doubt: run.steps.iter().find(|(_, step)| step.state == StepState::InDoubt).map(|(number, _)| *number),
            current: run.end.is_none().then(|| run.current().map(|(number, _)| number)).flatten(),
            steps_done: run.steps.values().filter(|step| is_done(step.state)).count(),
            steps_total: run.steps.len(),
            requested_by: run.requested_by.clone(),
            planned_at: run.planned_at,
        }
    }
}

/// A run with its plan and its steps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    summary: RunSummary,
    /// The plan, as it stands in the log.
    #[schema(value_type = Object)]
    plan: Arc<Plan>,
    /// Digests that were approved beforehand.
    #[schema(value_type = Vec<String>)]
    preapproved: Vec<Digest>,
    steps: Vec<StepDetail>,
}

/// One step of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepDetail {
    pub(crate) number: u32,
    pub(crate) title: String,
    /// `command` or `manual`.
    #[schema(value_type = String)]
    pub(crate) kind: StepKind,
    /// The worst effect of its commands: `observe`, `change`, `outage`, `destroy` or `unknown`.
    #[schema(value_type = Option<String>)]
    pub(crate) effect: Option<EffectClass>,
    /// What an approval names.
    #[schema(value_type = String)]
    pub(crate) digest: Digest,
    /// `pending`, `waiting`, `approved`, `started`, `succeeded`, `failed`, `in-doubt`, `skipped` or `undone`.
    #[schema(value_type = String)]
    pub(crate) state: StepState,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Timestamp,
    /// Attempts so far.
    pub(crate) attempt: u32,
    /// What the last attempt came to: `{exit_code, summary, output, directory, duration_ms}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) outcome: Option<StepOutcome>,
}

/// How each step stands, in the order of the plan.
pub(crate) fn steps(run: &Run) -> Vec<StepDetail> {
    let planned = run.plan.steps.iter().filter_map(|planned| Some((planned, run.steps.get(&planned.number)?)));
    planned
        .map(|(planned, step)| StepDetail {
            number: planned.number,
            title: planned.title.clone(),
            kind: planned.kind,
            effect: planned.effect(),
            digest: planned.digest(&run.plan.target),
            state: step.state,
            since: step.since,
            attempt: step.attempt,
            outcome: step.outcome.clone(),
        })
        .collect()
}

/// Lists runs: those under way and the last ones, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", responses((status = 200, body = [RunSummary])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<Vec<RunSummary>>, Problem> {
    Ok(Json(all(&site).await?.iter().map(RunSummary::from).collect()))
}

/// What is under way and what was lately, newest first.
pub(crate) async fn all(site: &Site) -> Result<Vec<Run>, Problem> {
    let world = site.world();
    let mut runs: Vec<Run> = world.runs.values().cloned().collect();
    for planned in site.store().latest(Opening::Run, RECENT).await? {
        let Some(id) = planned.run.filter(|id| !world.runs.contains_key(id)) else { continue };
        runs.extend(Run::replay(&site.store().read_run(id).await?));
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.id));
    Ok(runs)
}

/// A run, under way or ended.
pub(crate) async fn find(site: &Site, id: RunId) -> Result<Run, Problem> {
    if let Some(run) = site.world().runs.get(&id) {
        return Ok(run.clone());
    }
    Run::replay(&site.store().read_run(id).await?).ok_or_else(|| Problem::not_found("run", &id))
}

/// Shows one run with its plan.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path, example = "run-40")),
    responses((status = 200, body = RunDetail), (status = 404, body = Problem)))]
pub(crate) async fn show(State(site): State<Arc<Site>>, Id(id): Id<RunId>) -> Result<Json<RunDetail>, Problem> {
    let run = find(&site, id).await?;
    Ok(Json(RunDetail {
        summary: RunSummary::from(&run),
        steps: steps(&run),
        plan: run.plan,
        preapproved: run.preapproved,
    }))
}

/// A new run.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PlanBody {
    /// The plan, as `allclear plan --format json` prints it.
    #[schema(value_type = Object)]
    plan: Plan,
    /// The incident that it is for.
    #[schema(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// Digests of the plan, of steps or of commands that need no further approval.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    preapproved: Vec<Digest>,
}

/// Starts a run of a plan.
#[utoipa::path(post, path = "/runs", tag = "runs", request_body = PlanBody,
    responses((status = 201, body = Opened), (status = 409, body = Problem)))]
pub(crate) async fn plan(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    JsonBody(body): JsonBody<PlanBody>,
) -> Result<(StatusCode, Json<Opened>), Problem> {
    let PlanBody { plan, incident, preapproved } = body;
    let preapproved = preapproved.iter().map(|digest| Digest::given(digest.as_str())).collect();
    let accepted = site.submit(Command::PlanRun { plan: Box::new(plan), incident, preapproved }, actor).await?;
    Ok((StatusCode::CREATED, Json(Opened::named(accepted, planned_id))))
}

pub(crate) fn planned_id(recorded: &Recorded) -> Option<RunId> {
    match recorded.event.as_ref() {
        Event::RunPlanned { run, .. } | Event::UndoStarted { run, .. } => Some(*run),
        _ => None,
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
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn approve(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
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
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    JsonBody(DigestBody { digest }): JsonBody<DigestBody>,
) -> Result<Json<Change>, Problem> {
    let digest = Digest::given(&digest);
    Ok(Json(site.submit(Command::RepeatStep { run, step, digest }, actor).await?.into()))
}

/// What a person saw.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NoteBody {
    note: String,
}

/// Says that a manual step, or a step in doubt, has happened.
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

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReasonBody {
    reason: String,
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

/// Stops a run and everything that it started.
#[utoipa::path(post, path = "/runs/{id}/abort", tag = "runs", request_body = ReasonBody,
    params(("id" = String, Path, example = "run-40")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn abort(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
    JsonBody(ReasonBody { reason }): JsonBody<ReasonBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::AbortRun { run, reason }, actor).await?.into()))
}
