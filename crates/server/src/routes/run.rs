//! `/api/v1/runs`.

use std::sync::Arc;

use allclear_core::{
    Actor, Command, Digest, EffectClass, Event, IncidentId, Plan, Recorded, Run, RunHistory, RunId, Said, Seq,
    StepHistory, StepKind, StepOutcome, StepState, World,
};
use allclear_store::Opening;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Opened};
use crate::extract::{Asker, Id, JsonBody};
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
    /// Whether no further step is started until somebody goes on with it.
    pub(crate) paused: bool,
    /// Number of the step that is in doubt.
    pub(crate) in_doubt: Option<u32>,
    /// The run that this one undoes.
    #[schema(value_type = Option<String>)]
    pub(crate) undoes: Option<RunId>,
    /// The run that undoes this one, or was the last to put back a step of it.
    #[schema(value_type = Option<String>)]
    pub(crate) undone_by: Option<RunId>,
    /// Number of the step whose turn it is.
    pub(crate) current: Option<u32>,
    pub(crate) steps_done: usize,
    pub(crate) steps_total: usize,
    #[schema(value_type = String, example = "person:ana")]
    pub(crate) requested_by: Actor,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) planned_at: Timestamp,
}

impl RunSummary {
    pub(crate) fn of(world: &World, run: &Run) -> Self {
        let is_done = |state: StepState| matches!(state, StepState::Succeeded | StepState::Skipped | StepState::Undone);
        Self {
            id: run.id,
            procedure: run.plan.procedure.clone(),
            title: run.plan.title.clone(),
            target: run.plan.target.clone(),
            incident: run.incident,
            state: run.state(),
            paused: run.paused,
            undoes: run.undoes,
            undone_by: undone_by(world, run),
            in_doubt: run.steps.iter().find(|(_, step)| step.state == StepState::InDoubt).map(|(number, _)| *number),
            current: run.end.is_none().then(|| run.current().map(|(number, _)| number)).flatten(),
            steps_done: run.steps.values().filter(|step| is_done(step.state)).count(),
            steps_total: run.steps.len(),
            requested_by: run.requested_by.clone(),
            planned_at: run.planned_at,
        }
    }
}

/// The run that undoes this one: the one under way, or else the last that put back a step of it.
pub(crate) fn undone_by(world: &World, run: &Run) -> Option<RunId> {
    let under_way = world.runs.values().find(|other| other.undoes == Some(run.id)).map(|other| other.id);
    under_way.or_else(|| run.steps.values().filter_map(|step| step.put_back.map(|it| it.by)).max())
}

/// A run with its plan and its steps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    summary: RunSummary,
    /// Position in the log of the last event about it.
    seq: Seq,
    /// The plan, as it stands in the log.
    #[schema(value_type = Object)]
    plan: Arc<Plan>,
    /// Digests that were approved beforehand.
    #[schema(value_type = Vec<String>)]
    preapproved: Vec<Digest>,
    /// Who paused it and went on with it: `{what, at, by}` each.
    #[schema(value_type = Vec<Object>)]
    pauses: Vec<Said>,
    /// How it ended: `{what, at, by, words}`.
    #[schema(value_type = Option<Object>)]
    end: Option<Said>,
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
    /// Whether it was not performed, or not to its end, because what is before could not be recorded.
    pub(crate) capture_failed: bool,
    /// What the last attempt came to: `{exit_code, summary, output, directory, commands_begun, duration_ms}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) outcome: Option<StepOutcome>,
    /// `{approvals, captured, capture_failures, without_undo, attempts, skipped, put_back}`: who agreed to which digest, every attempt
    /// with its exit code, output and duration, the names of what was recorded before, who left it out.
    #[schema(value_type = Object)]
    pub(crate) history: StepHistory,
}

/// How each step stands, in the order of the plan.
fn steps(run: &Run, history: &mut RunHistory) -> Vec<StepDetail> {
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
            capture_failed: step.capture_failed,
            outcome: step.outcome.clone(),
            history: history.steps.remove(&planned.number).unwrap_or_default(),
        })
        .collect()
}

/// Lists runs: those under way and the last ones, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", responses((status = 200, body = [RunSummary])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<Vec<RunSummary>>, Problem> {
    let world = site.world();
    Ok(Json(all(&site).await?.iter().map(|run| RunSummary::of(&world, run)).collect()))
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
    let events = site.store().read_run(id).await?;
    let run = Run::replay(&events).ok_or_else(|| Problem::not_found("run", &id))?;
    let mut history = RunHistory::of(&events);
    Ok(Json(RunDetail {
        summary: RunSummary::of(&site.world(), &run),
        seq: events.last().map_or(0, |last| last.seq),
        steps: steps(&run, &mut history),
        plan: run.plan,
        preapproved: run.preapproved,
        pauses: history.pauses,
        end: history.end,
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

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReasonBody {
    pub(crate) reason: String,
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

/// Starts no further step; the one under way goes on to its end.
#[utoipa::path(post, path = "/runs/{id}/pause", tag = "runs", params(("id" = String, Path, example = "run-40")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn pause(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::PauseRun { run }, actor).await?.into()))
}

/// Goes on with a run that is paused.
#[utoipa::path(post, path = "/runs/{id}/resume", tag = "runs", params(("id" = String, Path, example = "run-40")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn resume(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(run): Id<RunId>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::ResumeRun { run }, actor).await?.into()))
}
