//! What is served where: one file for each noun.

pub(crate) mod asset;
pub(crate) mod check;
pub(crate) mod console;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod health;
pub(crate) mod incident;
pub(crate) mod incident_page;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod policy;
pub(crate) mod review;
pub(crate) mod review_page;
pub(crate) mod run;
pub(crate) mod run_output;
pub(crate) mod run_page;
pub(crate) mod run_step;
pub(crate) mod run_undo;
pub(crate) mod session;
pub(crate) mod token;

use std::sync::Arc;

use allclear_core::Recorded;
use allclear_engine::Accepted;
use axum::Router;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::site::Site;

pub(crate) use crate::metrics::metrics;
pub(crate) use asset::routes as assets;
pub(crate) use health::routes as health;

/// The API, other than what streams.
pub(crate) fn api() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new()
        .routes(routes!(incident::list, incident::open))
        .routes(routes!(incident::show))
        .routes(routes!(incident::acknowledge))
        .routes(routes!(incident::assess))
        .routes(routes!(incident::assign))
        .routes(routes!(incident::update))
        .routes(routes!(incident::mitigate))
        .routes(routes!(incident::resolve))
        .routes(routes!(check::list))
        .routes(routes!(run::list, run::plan))
        .routes(routes!(run::show))
        .routes(routes!(run_step::approve))
        .routes(routes!(run_step::confirm))
        .routes(routes!(run_step::skip))
        .routes(routes!(run_step::repeat))
        .routes(routes!(run_step::forgo_undo))
        .routes(routes!(run::pause))
        .routes(routes!(run::resume))
        .routes(routes!(run::abort))
        .routes(routes!(run_undo::preview, run_undo::start))
        .routes(routes!(run_output::output))
        .routes(routes!(run_output::kept))
        .routes(routes!(event::list))
        .routes(routes!(page::list))
        .routes(routes!(delivery::list))
        .routes(routes!(review::list))
        .routes(routes!(review::show))
        .routes(routes!(review::action))
        .routes(routes!(review::publish))
        .routes(routes!(log::head))
        .routes(routes!(token::list, token::create))
        .routes(routes!(token::revoke))
        .routes(routes!(token::whoami))
        .routes(routes!(policy::show))
        .routes(routes!(policy::status))
        .routes(routes!(policy::description))
}

/// The parts of the API that stream, and so have no time limit.
pub(crate) fn streams() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new()
        .routes(routes!(event::follow))
        .routes(routes!(run_output::follow))
        .routes(routes!(log::verify))
        .routes(routes!(log::export))
}

/// The console.
pub(crate) fn console() -> Router<Arc<Site>> {
    console::routes().merge(incident_page::routes()).merge(run_page::routes()).merge(review_page::routes())
}

/// What a command brought about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    /// Position of the log after it.
    seq: u64,
    /// The events that were appended, as they stand in the log; empty where there was nothing to change.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Recorded>,
}

impl From<Accepted> for Change {
    fn from(accepted: Accepted) -> Self {
        Self { seq: accepted.events.last().map_or(0, |last| last.seq), events: accepted.events }
    }
}

/// A command that opened something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Opened {
    /// Id of what was opened.
    #[schema(example = "incident-13")]
    id: String,
    /// The events that were appended.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Recorded>,
}

impl Opened {
    /// The id that `of` finds in one of the events.
    fn named<T: std::fmt::Display>(accepted: Accepted, of: impl Fn(&Recorded) -> Option<T>) -> Self {
        let id = accepted.events.iter().find_map(of).map(|id| id.to_string()).unwrap_or_default();
        Self { id, events: accepted.events }
    }
}
