//! `/healthz`: the process is alive. `/readyz`: the engine answers and the log can be read.

use std::sync::Arc;
use std::time::Duration;

use allclear_core::{Actor, Command};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::site::Site;

const ANSWER_WITHIN: Duration = Duration::from_secs(3);

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, look(&site)).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(reason)) => not_ready(&reason),
        Err(_) => not_ready("the engine did not answer in time"),
    }
}

fn not_ready(reason: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
}

async fn look(site: &Site) -> Result<(), String> {
    // It changes nothing but what is due anyway, and comes back only through the whole loop.
    site.engine.submit(Command::ReachTime, Actor::Engine).await.map_err(|error| error.to_string())?;
    site.store().head().await.map(drop).map_err(|error| error.to_string())
}
