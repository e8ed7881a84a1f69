//! The console's lists: `/`, `/runs`, `/checks`, `/reviews`; and opening an incident by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::Command;
use allclear_store::{Resolution, Unavailable};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use maud::Markup;

use super::{check, incident, review, run};
use crate::extract::{Asker, FormBody};
use crate::problem::{Problem, ProblemPage};
use crate::site::Site;
use crate::views;
use crate::views::check::CheckRow;
use crate::views::form::Typed;
use crate::views::frame::{Frame, Part};
use crate::views::incident_list::IncidentList;

/// How far back a check's line goes.
const LINE_HOURS: i64 = 3;
/// Beyond this many checks the lines are left out: nobody reads them, and the store has better things to do.
const LINES_MAX: usize = 200;
const READS_AT_ONCE: usize = 8;

pub(crate) type Fields = BTreeMap<String, String>;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(index))
        .route("/incidents", post(open))
        .route("/runs", get(runs))
        .route("/checks", get(checks))
        .route("/reviews", get(reviews))
}

/// A field of a form; empty where it was left out.
pub(crate) fn field(fields: &Fields, name: &str) -> String {
    fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// The same, `None` where it is empty.
pub(crate) fn optional(fields: &Fields, name: &str) -> Option<String> {
    Some(field(fields, name)).filter(|text| !text.is_empty())
}

async fn index(State(site): State<Arc<Site>>, asker: Asker) -> Result<Markup, ProblemPage> {
    Ok(index_page(&site, &asker, &Typed::default()).await?)
}

async fn index_page(site: &Site, Asker(actor): &Asker, typed: &Typed) -> Result<Markup, Problem> {
    let incidents = incident::all(site).await?;
    let world = site.world();
    let list = IncidentList { world: &world, incidents: &incidents, now: site.now(), typed };
    Ok(Frame::of(site, &world, actor).page(Part::Incidents, "Incidents", &views::incident_list::page(&list)))
}

async fn open(
    State(site): State<Arc<Site>>,
    asker: Asker,
    FormBody(fields): FormBody<Fields>,
) -> Result<Response, ProblemPage> {
    let command = field(&fields, "severity").parse().map(|severity| Command::OpenIncident {
        severity,
        title: field(&fields, "title"),
        component: optional(&fields, "component"),
        procedure: optional(&fields, "procedure"),
    });
    let opened = match command {
        Ok(command) => site.submit(command, asker.0.clone()).await,
        Err(message) => Err(Problem::bad_request("bad-severity", message)),
    };
    match opened {
        Ok(accepted) => {
            let id = accepted.events.iter().find_map(incident::opened_id);
            let to = id.map_or_else(|| "/".to_owned(), |id| format!("/incidents/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(problem) => {
            let status = problem.status;
            let page = index_page(&site, &asker, &Typed::refused("open", fields, problem)).await?;
            Ok((status, page).into_response())
        }
    }
}

async fn runs(State(site): State<Arc<Site>>, Asker(actor): Asker) -> Result<Markup, ProblemPage> {
    let runs = run::all(&site).await?;
    Ok(Frame::of(&site, &site.world(), &actor).page(Part::Runs, "Runs", &views::run::list(&runs)))
}

async fn reviews(State(site): State<Arc<Site>>, Asker(actor): Asker) -> Result<Markup, ProblemPage> {
    let reviews = review::all(&site).await?;
    let page = views::review::list(&reviews, site.now());
    Ok(Frame::of(&site, &site.world(), &actor).page(Part::Reviews, "Reviews", &page))
}

async fn checks(State(site): State<Arc<Site>>, Asker(actor): Asker) -> Result<Markup, ProblemPage> {
    let (now, site) = (site.now(), site.as_ref());
    let checks = check::all(site);
    let with_lines = checks.len() <= LINES_MAX;
    let rows = futures::stream::iter(checks).map(async |check| {
        let p95_by_minute =
            if with_lines { line(site, &check.name, now).await.unwrap_or_default() } else { Vec::new() };
        CheckRow { check, p95_by_minute }
    });
    let rows: Vec<CheckRow> = rows.buffered(READS_AT_ONCE).collect().await;
    let page = views::check::page(&rows, LINE_HOURS, now);
    Ok(Frame::of(site, &site.world(), &actor).page(Part::Checks, "Checks", &page))
}

/// The 95th percentile of each minute, `None` where nothing was measured.
async fn line(site: &Site, check: &str, now: Timestamp) -> Result<Vec<Option<f64>>, Unavailable> {
    let from = now.saturating_sub(SignedDuration::from_hours(LINE_HOURS)).unwrap_or(Timestamp::MIN);
    let rollups = site.store().rollups(check, Resolution::Minute, from, now).await?;
    let by_minute: BTreeMap<i64, Option<f64>> =
        rollups.iter().map(|rollup| (rollup.start.as_second() / 60, rollup.p95_ms)).collect();
    let Some(first) = by_minute.keys().next() else { return Ok(Vec::new()) };
    Ok((*first..=now.as_second() / 60).map(|minute| by_minute.get(&minute).copied().flatten()).collect())
}

/// Back to a page after what was asked has been done, or the page again with the reason why not.
pub(crate) fn answer(done: Result<String, (StatusCode, Markup)>) -> Response {
    match done {
        Ok(to) => Redirect::to(&to).into_response(),
        Err((status, page)) => (status, page).into_response(),
    }
}
