//! `/api/v1/log`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::site::Site;

/// The end of the log. Kept elsewhere, it proves later that nothing was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHead {
    /// Position of the last event.
    seq: u64,
    /// Hash of the chain up to and including it.
    hash: String,
    /// Both, as `allclear log verify --head` takes them.
    head: String,
}

/// Tells the end of the log.
#[utoipa::path(get, path = "/log/head", tag = "log", responses((status = 200, body = LogHead)))]
pub(crate) async fn head(State(site): State<Arc<Site>>) -> Result<Json<LogHead>, Problem> {
    let head = site.store().head().await?;
    Ok(Json(LogHead { seq: head.seq, hash: head.hash.to_string(), head: head.to_string() }))
}
