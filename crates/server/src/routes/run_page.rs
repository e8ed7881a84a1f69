//! `/runs/{id}` and `/runs/{id}/undo`: the page of a run with its forms, and the page before an undo.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::{Command, Digest, Run, RunHistory, RunId, StepState};
use allclear_engine::Accepted;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;

use super::console::{Fields, answer, field, optional};
use super::run_step::prove_second_person;
use super::run_undo::{UndoBody, begin, plan_of};
use super::{run, run_output};
use crate::auth::{Role, Standing};
use crate::extract::{Asker, FormBody, Id, Parameters, StepNumber};
use crate::problem::{Problem, ProblemPage};
use crate::site::Site;
use crate::views;
use crate::views::form::Typed;
use crate::views::frame::{Frame, Part};
use crate::views::run::RunPage;
use crate::views::run_undo::UndoPage;

/// The page shows the end of an output; the API gives all of it.
const SHOWN_BYTES_MAX: usize = 16 * 1024;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/runs/{id}", get(show))
        .route("/runs/{id}/undo", get(show_undo).post(start_undo))
        .route("/runs/{id}/{verb}", post(steer))
        .route("/runs/{id}/steps/{step}/{verb}", post(act))
}

async fn show(
    State(site): State<Arc<Site>>,
    asker: Asker,
    standing: Standing,
    Id(id): Id<RunId>,
) -> Result<Markup, ProblemPage> {
    Ok(page(&site, (&asker, standing), id, &Typed::default()).await?)
}

async fn page(
    site: &Site,
    (Asker(asker), standing): (&Asker, Standing),
    id: RunId,
    typed: &Typed,
) -> Result<Markup, Problem> {
    let events = site.store().read_run(id).await?;
    let run = Run::replay(&events).ok_or_else(|| Problem::not_found("run", &id))?;
    let (history, world) = (RunHistory::of(&events), site.world());
    let output = outputs(site, &run).await;
    let title = format!("{} {}", run.id, run.plan.title);
    let under_way = world.runs.values().any(|other| other.undoes == Some(id));
    let page = views::run::page(&RunPage {
        run: &run,
        history: &history,
        output: &output,
        undone_by: run::undone_by(&world, &run),
        undoable: !under_way && allclear_core::undo_plan(&run, None).is_ok(),
        asker,
        standing,
        approvals: &world.policy().approvals,
        typed,
    });
    Ok(Frame::of(site, &world, asker).page(Part::Runs, &title, &page))
}

/// What the steps wrote. Evidence that cannot be read says so; the run can still be steered.
async fn outputs(site: &Site, run: &Run) -> BTreeMap<u32, String> {
    let mut outputs = BTreeMap::new();
    for (number, step) in &run.steps {
        let wrote = step.state == StepState::Started || step.outcome.as_ref().is_some_and(|it| it.output.is_some());
        if wrote {
            let output = run_output::of_step(site, run, *number).await;
            outputs.insert(*number, output.map_or_else(|problem| problem.message, |bytes| end_of(&bytes)));
        }
    }
    outputs
}

fn end_of(bytes: &[u8]) -> String {
    let shown = bytes.len().saturating_sub(SHOWN_BYTES_MAX);
    let text = String::from_utf8_lossy(&bytes[shown..]);
    if shown > 0 { format!("[{shown} bytes before this are in the kept output]\n{text}") } else { text.into_owned() }
}

async fn act(
    State(site): State<Arc<Site>>,
    asker: Asker,
    standing: Standing,
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    Path((_, _, verb)): Path<(String, String, String)>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let digest = Digest::given(&field(&fields, "digest"));
    let command = match verb.as_str() {
        "approve" => Command::ApproveStep { run, step, digest },
        "repeat" => Command::RepeatStep { run, step, digest },
        "forgo-undo" => Command::ForgoUndo { run, step, digest, reason: field(&fields, "reason") },
        "confirm" => Command::ConfirmStep { run, step, note: field(&fields, "note") },
        "skip" => Command::SkipStep { run, step, reason: field(&fields, "reason") },
        _ => return Err(Problem::not_found("action", &verb).into()),
    };
    let approves =
        matches!(command, Command::ApproveStep { .. } | Command::RepeatStep { .. } | Command::ForgoUndo { .. });
    let proved = if approves { prove_second_person(&site, run, step, standing) } else { Ok(()) };
    let done = match proved {
        Ok(()) => site.submit(command, asker.0.clone()).await,
        Err(problem) => Err(problem),
    };
    back(&site, (&asker, standing), run, format!("{verb}-{step}"), fields, done).await
}

async fn steer(
    State(site): State<Arc<Site>>,
    asker: Asker,
    standing: Standing,
    Id(run): Id<RunId>,
    Path((_, verb)): Path<(String, String)>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let command = match verb.as_str() {
        "abort" => Command::AbortRun { run, reason: field(&fields, "reason") },
        "pause" => Command::PauseRun { run },
        "resume" => Command::ResumeRun { run },
        _ => return Err(Problem::not_found("action", &verb).into()),
    };
    let done = site.submit(command, asker.0.clone()).await;
    back(&site, (&asker, standing), run, verb, fields, done).await
}

/// To the run, or the page again with the reason and what was typed.
async fn back(
    site: &Site,
    asker: (&Asker, Standing),
    run: RunId,
    form: String,
    fields: Fields,
    done: Result<Accepted, Problem>,
) -> Result<Response, ProblemPage> {
    let done = match done {
        Ok(_) => Ok(format!("/runs/{run}")),
        Err(problem) => {
            let status = problem.status;
            Err((status, page(site, asker, run, &Typed::refused(form, fields, problem)).await?))
        }
    };
    Ok(answer(done))
}

async fn show_undo(
    State(site): State<Arc<Site>>,
    asker: Asker,
    standing: Standing,
    Id(id): Id<RunId>,
    Parameters(fields): Parameters<Fields>,
) -> Result<Markup, ProblemPage> {
    Ok(undo_page(&site, (&asker, standing), id, down_to(&fields)?, &Typed::default()).await?)
}

async fn undo_page(
    site: &Site,
    (Asker(asker), standing): (&Asker, Standing),
    id: RunId,
    to: Option<u32>,
    typed: &Typed,
) -> Result<Markup, Problem> {
    let run = run::find(site, id).await?;
    let plan = plan_of(&run, to)?;
    let may_act = standing.role >= Role::Responder;
    let page = views::run_undo::page(&UndoPage { run: &run, plan: &plan, to, may_act, typed });
    Ok(Frame::of(site, &site.world(), asker).page(Part::Runs, &format!("Undo {id}"), &page))
}

async fn start_undo(
    State(site): State<Arc<Site>>,
    asker: Asker,
    standing: Standing,
    Id(id): Id<RunId>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let to = down_to(&fields)?;
    let body = UndoBody { to, digest: optional(&fields, "digest"), ..UndoBody::default() };
    let done = match begin(&site, asker.clone(), id, body).await {
        Ok(accepted) => {
            let started = accepted.events.iter().find_map(run::planned_id).unwrap_or(id);
            Ok(format!("/runs/{started}"))
        }
        Err(problem) => {
            let (status, typed) = (problem.status, Typed::refused("undo", Fields::new(), problem));
            Err((status, undo_page(&site, (&asker, standing), id, to, &typed).await?))
        }
    };
    Ok(answer(done))
}

fn down_to(fields: &Fields) -> Result<Option<u32>, Problem> {
    let Some(text) = optional(fields, "to") else { return Ok(None) };
    let wrong = |_| Problem::bad_request("bad-step", format!("`{text}` is not the number of a step: write 1, 2, …"));
    text.parse().map(Some).map_err(wrong)
}
