//! `/incidents/{id}`: the page of an incident and its forms.

use std::sync::Arc;

use allclear_core::{Command, Event, IncidentId, Policy, Recorded, ReviewId, Run, World};
use allclear_runbook::{PlanRequest, Procedure, Runbook};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;

use super::console::{Fields, answer, field, optional};
use super::{incident, run};
use crate::extract::{Asker, FormBody, Id};
use crate::problem::{Problem, ProblemPage};
use crate::site::Site;
use crate::views;
use crate::views::form::Typed;
use crate::views::frame::{Frame, Part};
use crate::views::incident::IncidentPage;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/incidents/{id}", get(show))
        .route("/incidents/{id}/run", post(start_run))
        .route("/incidents/{id}/{verb}", post(act))
}

async fn show(State(site): State<Arc<Site>>, asker: Asker, Id(id): Id<IncidentId>) -> Result<Markup, ProblemPage> {
    Ok(page(&site, &asker, id, &Typed::default()).await?)
}

async fn page(site: &Site, Asker(actor): &Asker, id: IncidentId, typed: &Typed) -> Result<Markup, Problem> {
    let (incident, events) = incident::find(site, id).await?;
    let world = site.world();
    let policy = world.policy();
    let runs = runs(site, &world, &events).await?;
    let procedure = match &incident.procedure {
        Some(id) => attached(&policy, id).await,
        None => None,
    };
    let shown = IncidentPage {
        world: &world,
        policy: &policy,
        incident: &incident,
        events: &events,
        runs: &runs,
        procedure: procedure.as_ref(),
        review: review(&events).map(|id| id.to_string()),
        now: site.now(),
        typed,
    };
    let title = format!("{} {}", incident.severity, incident.title);
    Ok(Frame::of(site, &world, actor).page(Part::Incidents, &title, &views::incident::page(&shown)))
}

async fn runs(site: &Site, world: &World, events: &[Recorded]) -> Result<Vec<Run>, Problem> {
    let mut runs = Vec::new();
    for id in events.iter().filter_map(run::planned_id) {
        match world.runs.get(&id) {
            Some(open) => runs.push(open.clone()),
            None => runs.extend(Run::replay(&site.store().read_run(id).await?)),
        }
    }
    Ok(runs)
}

fn review(events: &[Recorded]) -> Option<ReviewId> {
    events.iter().find_map(|recorded| match recorded.event.as_ref() {
        Event::ReviewOwed { review, .. } => Some(*review),
        _ => None,
    })
}

/// The runbook as it stands in its file now; `None` where there is none or it cannot be read.
async fn runbook(policy: &Policy) -> Option<Runbook> {
    let path = &policy.runbook.as_ref()?.path;
    let text = tokio::fs::read_to_string(path).await.ok()?;
    Some(allclear_runbook::parse(path, &text).0)
}

async fn attached(policy: &Policy, id: &str) -> Option<Procedure> {
    runbook(policy).await?.procedure(id).cloned()
}

async fn act(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(incident): Id<IncidentId>,
    Path((_, verb)): Path<(String, String)>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let done = match command(incident, &verb, &fields) {
        Ok(command) => site.submit(command, asker.0.clone()).await.map(drop),
        Err(problem) => Err(problem),
    };
    back(&site, &asker, incident, verb, fields, done.map(|()| format!("/incidents/{incident}"))).await
}

/// To where it goes on, or the page again with the reason and what was typed.
async fn back(
    site: &Site,
    asker: &Asker,
    incident: IncidentId,
    form: String,
    fields: Fields,
    done: Result<String, Problem>,
) -> Result<Response, ProblemPage> {
    let done = match done {
        Ok(to) => Ok(to),
        Err(problem) => {
            let status = problem.status;
            Err((status, page(site, asker, incident, &Typed::refused(form, fields, problem)).await?))
        }
    };
    Ok(answer(done))
}

fn command(incident: IncidentId, verb: &str, fields: &Fields) -> Result<Command, Problem> {
    let text = |name| field(fields, name);
    Ok(match verb {
        "acknowledge" => Command::AcknowledgeIncident { incident },
        "assess" => {
            let severity = text("severity").parse().map_err(|why| Problem::bad_request("bad-severity", why))?;
            Command::AssessIncident { incident, severity, impact: text("impact") }
        }
        "assign" => Command::AssignIncident { incident, commander: text("commander") },
        "update" => Command::UpdateIncident { incident, text: text("text"), public: text("public") == "true" },
        "mitigate" => Command::MitigateIncident { incident, text: text("text") },
        "resolve" => {
            Command::ResolveIncident { incident, text: text("text"), root_cause: optional(fields, "root_cause") }
        }
        _ => return Err(Problem::not_found("action", &verb)),
    })
}

async fn start_run(
    State(site): State<Arc<Site>>,
    asker: Asker,
    Id(incident): Id<IncidentId>,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let planned = plan_run(&site, &asker, incident, &fields).await;
    back(&site, &asker, incident, "run".to_owned(), fields, planned).await
}

async fn plan_run(site: &Site, asker: &Asker, incident: IncidentId, fields: &Fields) -> Result<String, Problem> {
    let policy = site.policy();
    let unreadable = "the runbook's file cannot be read by the server: see `runbook` in the configuration";
    let runbook = runbook(&policy).await.ok_or_else(|| Problem::unavailable(&unreadable))?;
    let target = field(fields, "target");
    let known = policy.targets.get(&target).ok_or_else(|| Problem::not_found("target", &target))?;
    let variables = field(fields, "set");
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    let environment: std::collections::BTreeSet<String> = known.env.keys().cloned().collect();
    let request = PlanRequest {
        target,
        variables: variables.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect(),
        secrets: environment.clone(),
        environment,
        estate: known.clone(),
        ..PlanRequest::default()
    };
    let plan = allclear_runbook::plan(&runbook, &field(fields, "procedure"), &request).map_err(|reasons| {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        Problem::new(axum::http::StatusCode::CONFLICT, "no-plan", reasons.join("; "))
    })?;
    let command = Command::PlanRun { plan: Box::new(plan), incident: Some(incident), preapproved: Vec::new() };
    let accepted = site.submit(command, asker.0.clone()).await?;
    let run = accepted.events.iter().find_map(run::planned_id);
    Ok(run.map_or_else(|| format!("/incidents/{incident}"), |run| format!("/runs/{run}")))
}
