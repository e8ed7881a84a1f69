//! `/api/v1/log`.

use std::sync::Arc;

use allclear_store::{Head, VerifyError};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use utoipa::{IntoParams, ToSchema};

use crate::extract::Parameters;
use crate::problem::Problem;
use crate::site::Site;

const EXPORT_AHEAD_BYTES: usize = 64 * 1024;

/// The end of the log. Kept elsewhere, it proves later that nothing was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHead {
    /// Position of the last event.
    seq: u64,
    /// Hash of the chain up to and including it.
    hash: String,
    /// Both, as `allclear log verify --against` takes them.
    head: String,
}

/// Tells the end of the log.
#[utoipa::path(get, path = "/log/head", tag = "log", responses((status = 200, body = LogHead)))]
pub(crate) async fn head(State(site): State<Arc<Site>>) -> Result<Json<LogHead>, Problem> {
    Ok(Json(site.store().head().await?.into()))
}

/// What was kept elsewhere, if anything was.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Against {
    /// A head, as an export, a notice or a review carries it: `SEQ:HASH`.
    against: Option<String>,
}

/// Computes the whole chain again: proves that nothing was changed and, against a head, that nothing was removed.
#[utoipa::path(get, path = "/log/verify", tag = "log", params(Against),
    responses((status = 200, body = LogHead), (status = 409, body = Problem)))]
pub(crate) async fn verify(
    State(site): State<Arc<Site>>,
    Parameters(Against { against }): Parameters<Against>,
) -> Result<Json<LogHead>, Problem> {
    let against = against.map(|text| text.parse::<Head>()).transpose();
    let against = against.map_err(|error| Problem::bad_request("bad-head", error.to_string()))?;
    match site.store().verify(against).await {
        Ok(head) => Ok(Json(head.into())),
        Err(VerifyError::Unavailable(error)) => Err(error.into()),
        Err(error) => Err(Problem::new(StatusCode::CONFLICT, "log-does-not-verify", error.to_string())),
    }
}

/// Streams the whole log as JSON lines; the last line carries its head.
#[utoipa::path(get, path = "/log/export", tag = "log",
    responses((status = 200, content_type = "application/jsonl", body = String)))]
pub(crate) async fn export(State(site): State<Arc<Site>>) -> Response {
    let (writer, reader) = tokio::io::duplex(EXPORT_AHEAD_BYTES);
    let store = site.store().clone();
    tokio::spawn(async move {
        // An export that is cut short has no last line, so whoever reads it can tell.
        if let Err(error) = store.export(writer).await {
            tracing::warn!(%error, "an export was cut short");
        }
    });
    let chunks = futures::stream::unfold(reader, |mut reader| async move {
        let mut chunk = vec![0; EXPORT_AHEAD_BYTES];
        let read = reader.read(&mut chunk).await;
        match read {
            Ok(0) => None,
            Ok(length) => {
                chunk.truncate(length);
                Some((Ok(chunk), reader))
            }
            Err(error) => Some((Err(error), reader)),
        }
    });
    ([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(chunks)).into_response()
}

impl From<Head> for LogHead {
    fn from(head: Head) -> Self {
        Self { seq: head.seq, hash: head.hash.to_string(), head: head.to_string() }
    }
}
