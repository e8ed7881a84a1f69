//! `/api/v1/incidents`.

use std::sync::Arc;

use allclear_core::{Command, Event, Incident, IncidentId, Recorded, Severity, Stage, TimelineEntry, World};
use allclear_store::Opening;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::delivery::DeliveryRecord;
use super::{Change, Opened};
use crate::extract::{Asker, Id, JsonBody};
use crate::problem::Problem;
use crate::site::Site;

/// How many of the last incidents are listed, besides the open ones.
const RECENT: u32 = 25;

/// An incident in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentSummary {
    #[schema(value_type = String, example = "incident-13")]
    pub(crate) id: IncidentId,
    /// `P0` … `P3`.
    #[schema(value_type = String, example = "P1")]
    pub(crate) severity: Severity,
    /// `open`, `acknowledged`, `assessed`, `communicated`, `mitigated`, `resolved` or `documented`.
    #[schema(value_type = String, example = "acknowledged")]
    pub(crate) stage: Stage,
    /// Whether it is still worked on.
    pub(crate) is_open: bool,
    pub(crate) title: String,
    pub(crate) component: String,
    /// Id of the procedure to follow.
    pub(crate) procedure: Option<String>,
    /// Whether the status page shows it.
    pub(crate) public: bool,
    pub(crate) impact: Option<String>,
    pub(crate) commander: Option<String>,
    pub(crate) root_cause: Option<String>,
    /// Whether everything that fired is well again.
    pub(crate) recovered: bool,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) opened_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) acknowledged_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) mitigated_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) resolved_at: Option<Timestamp>,
}

impl From<&Incident> for IncidentSummary {
    fn from(incident: &Incident) -> Self {
        Self {
            id: incident.id,
            severity: incident.severity,
            stage: incident.stage,
            is_open: incident.is_open(),
            title: incident.title.to_string(),
            component: incident.component.to_string(),
            procedure: incident.procedure.clone(),
            public: incident.public,
            impact: incident.impact.clone(),
            commander: incident.commander.as_deref().map(str::to_owned),
            root_cause: incident.root_cause.clone(),
            recovered: incident.recovered,
            opened_at: incident.opened_at,
            acknowledged_at: incident.acknowledged_at,
            mitigated_at: incident.mitigated_at,
            resolved_at: incident.resolved_at,
        }
    }
}

/// An incident with everything that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentDetail {
    #[serde(flatten)]
    summary: IncidentSummary,
    /// What happened, in order: `{seq, at, actor, text}`.
    #[schema(value_type = Vec<Object>)]
    timeline: Vec<TimelineEntry>,
    /// Every message about it, with what each attempt met.
    deliveries: Vec<DeliveryRecord>,
    /// Runs for it.
    #[schema(value_type = Vec<String>)]
    runs: Vec<String>,
}

/// Lists incidents: those that are open or owe a review, and the last ones, newest first.
#[utoipa::path(get, path = "/incidents", tag = "incidents", responses((status = 200, body = [IncidentSummary])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Result<Json<Vec<IncidentSummary>>, Problem> {
    Ok(Json(all(&site).await?.iter().map(IncidentSummary::from).collect()))
}

/// What is open and what was lately, newest first.
pub(crate) async fn all(site: &Site) -> Result<Vec<Incident>, Problem> {
    let world = site.world();
    let mut incidents: Vec<Incident> = world.incidents.values().map(|incident| incident.as_ref().clone()).collect();
    for opened in site.store().latest(Opening::Incident, RECENT).await? {
        let Some(id) = opened.incident.filter(|id| !world.incidents.contains_key(id)) else { continue };
        incidents.extend(closed(site, id).await?);
    }
    incidents.sort_by_key(|incident| std::cmp::Reverse(incident.id));
    Ok(incidents)
}

async fn closed(site: &Site, id: IncidentId) -> Result<Option<Incident>, Problem> {
    Ok(Incident::replay(&site.store().read_incident(id).await?).filter(|incident| incident.id == id))
}

/// An incident and its events, open or closed.
pub(crate) async fn find(site: &Site, id: IncidentId) -> Result<(Incident, Vec<Recorded>), Problem> {
    let events = site.store().read_incident(id).await?;
    let world: Arc<World> = site.world();
    let open = world.incidents.get(&id).map(|incident| incident.as_ref().clone());
    let incident = open.or_else(|| Incident::replay(&events)).ok_or_else(|| Problem::not_found("incident", &id))?;
    Ok((incident, events))
}

/// Shows one incident, open or closed.
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(site): State<Arc<Site>>,
    Id(id): Id<IncidentId>,
) -> Result<Json<IncidentDetail>, Problem> {
    let (incident, events) = find(&site, id).await?;
    Ok(Json(IncidentDetail {
        summary: IncidentSummary::from(&incident),
        timeline: incident.timeline.iter().map(|entry| entry.as_ref().clone()).collect(),
        deliveries: DeliveryRecord::all(&events),
        runs: runs(&events),
    }))
}

/// Ids of the runs that these events planned.
pub(crate) fn runs(events: &[Recorded]) -> Vec<String> {
    let planned = |recorded: &Recorded| match recorded.event.as_ref() {
        Event::RunPlanned { run, .. } => Some(run.to_string()),
        _ => None,
    };
    events.iter().filter_map(planned).collect()
}

/// A new incident.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OpenBody {
    /// `P0` … `P3`.
    #[schema(value_type = String, example = "P1")]
    severity: Severity,
    /// One line.
    title: String,
    /// What part of the service it is about; `service` where it is left out.
    component: Option<String>,
    /// Id of the procedure to follow.
    procedure: Option<String>,
}

/// Opens an incident.
#[utoipa::path(post, path = "/incidents", tag = "incidents", request_body = OpenBody,
    responses((status = 201, body = Opened), (status = 409, body = Problem)))]
pub(crate) async fn open(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    JsonBody(body): JsonBody<OpenBody>,
) -> Result<(StatusCode, Json<Opened>), Problem> {
    let OpenBody { severity, title, component, procedure } = body;
    let accepted = site.submit(Command::OpenIncident { severity, title, component, procedure }, actor).await?;
    Ok((StatusCode::CREATED, Json(Opened::named(accepted, opened_id))))
}

pub(crate) fn opened_id(recorded: &Recorded) -> Option<IncidentId> {
    match recorded.event.as_ref() {
        Event::IncidentOpened { incident, .. } => Some(*incident),
        _ => None,
    }
}

/// Says that somebody has taken it; ends its page.
#[utoipa::path(post, path = "/incidents/{id}/acknowledge", tag = "incidents",
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn acknowledge(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::AcknowledgeIncident { incident }, actor).await?.into()))
}

/// How bad it is.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AssessBody {
    /// `P0` … `P3`.
    #[schema(value_type = String, example = "P1")]
    severity: Severity,
    /// What it does to users.
    impact: String,
}

/// Sets severity and impact.
#[utoipa::path(post, path = "/incidents/{id}/assess", tag = "incidents", request_body = AssessBody,
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn assess(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
    JsonBody(AssessBody { severity, impact }): JsonBody<AssessBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::AssessIncident { incident, severity, impact }, actor).await?.into()))
}

/// Who leads.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AssignBody {
    commander: String,
}

/// Names the commander.
#[utoipa::path(post, path = "/incidents/{id}/assign", tag = "incidents", request_body = AssignBody,
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn assign(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
    JsonBody(AssignBody { commander }): JsonBody<AssignBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::AssignIncident { incident, commander }, actor).await?.into()))
}

/// Something to say.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateBody {
    text: String,
    /// Whether the public is told, or only the team.
    #[serde(default)]
    public: bool,
}

/// Adds an update, for the public or as a note.
#[utoipa::path(post, path = "/incidents/{id}/update", tag = "incidents", request_body = UpdateBody,
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn update(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
    JsonBody(UpdateBody { text, public }): JsonBody<UpdateBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::UpdateIncident { incident, text, public }, actor).await?.into()))
}

/// What stopped it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MitigateBody {
    text: String,
}

/// Says that it no longer hurts.
#[utoipa::path(post, path = "/incidents/{id}/mitigate", tag = "incidents", request_body = MitigateBody,
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn mitigate(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
    JsonBody(MitigateBody { text }): JsonBody<MitigateBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::MitigateIncident { incident, text }, actor).await?.into()))
}

/// How it ended.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ResolveBody {
    text: String,
    /// Why it happened, as far as it is known.
    root_cause: Option<String>,
}

/// Says that it is over; a P0 or P1 then owes a review.
#[utoipa::path(post, path = "/incidents/{id}/resolve", tag = "incidents", request_body = ResolveBody,
    params(("id" = String, Path, example = "incident-13")),
    responses((status = 200, body = Change), (status = 409, body = Problem)))]
pub(crate) async fn resolve(
    State(site): State<Arc<Site>>,
    Asker(actor): Asker,
    Id(incident): Id<IncidentId>,
    JsonBody(ResolveBody { text, root_cause }): JsonBody<ResolveBody>,
) -> Result<Json<Change>, Problem> {
    Ok(Json(site.submit(Command::ResolveIncident { incident, text, root_cause }, actor).await?.into()))
}
