//! `/runs/{id}`: the page of a run and its forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::{Command, Digest, Run, RunId, StepState};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;

use super::console::{Fields, answer, field};
use super::{run, run_output};
use crate::extract::{Asker, FormBody, Id, StepNumber};
use crate::problem::{Problem, ProblemPage};
use crate::site::Site;
use crate::views;
use crate::views::form::Typed;
use crate::views::frame::{Frame, Part};
use crate::views::run::RunPage;

/// The page shows the end of an output; the API gives all of it.
const SHOWN_BYTES_MAX: usize = 16 * 1024;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/runs/{id}", get(show))
        .route("/runs/{id}/abort", post(abort))
        .route("/runs/{id}/steps/{step}/{verb}", post(act))
}

async fn show(State(site): State<Arc<Site>>, asker: Asker, Id(id): Id<RunId>) -> Result<Markup, ProblemPage> {
    Ok(page(&site, &asker, id, &Typed::default()).await?)
}

async fn page(site: &Site, Asker(actor): &Asker, id: RunId, typed: &Typed) -> Result<Markup, Problem> {
    let run = run::find(site, id).await?;
    let output = outputs(site, &run).await;
    let title = format!("{} {}", run.id, run.plan.title);
    let page = views::run::page(&RunPage { run: &run, output: &output, typed });
    Ok(Frame::of(site, &site.world(), actor).page(Part::Runs, &title, &page))
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
    Id(run): Id<RunId>,
    StepNumber(step): StepNumber,
    Path((_, _, verb)): Path<(String, String, String)>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let digest = Digest::given(&field(&fields, "digest"));
    let command = match verb.as_str() {
        "approve" => Command::ApproveStep { run, step, digest },
        "repeat" => Command::RepeatStep { run, step, digest },
        "confirm" => Command::ConfirmStep { run, step, note: field(&fields, "note") },
        "skip" => Command::SkipStep { run, step, reason: field(&fields, "reason") },
        _ => return Err(Problem::not_found("action", &verb).into()),
    };
    submit(&site, &asker, run, command, format!("{verb}-{step}"), fields).await
}

async fn abort(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(run): Id<RunId>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let command = Command::AbortRun { run, reason: field(&fields, "reason") };
    submit(&site, &asker, run, command, "abort".to_owned(), fields).await
}

async fn submit(
    site: &Site,
    asker: &Asker,
    run: RunId,
    command: Command,
    form: String,
    fields: Fields,
) -> Result<Response, ProblemPage> {
    let done = match site.submit(command, asker.0.clone()).await {
        Ok(_) => Ok(format!("/runs/{run}")),
        Err(problem) => {
            let status = problem.status;
            Err((status, page(site, asker, run, &Typed::refused(form, fields, problem)).await?))
        }
    };
    Ok(answer(done))
}
