//! `/api/v1/policy`, `/api/v1/status` and the description of the API itself.

use std::sync::Arc;

use allclear_core::Policy;
use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::site::Site;
use crate::status;

/// Shows the policy in force. It holds references to secrets, never the secrets.
#[utoipa::path(get, path = "/policy", tag = "policy", responses((status = 200, body = Object)))]
pub(crate) async fn show(State(site): State<Arc<Site>>) -> Json<Policy> {
    Json(site.policy().as_ref().clone())
}

/// What the public is told, as `/status.json` tells it.
#[utoipa::path(get, path = "/status", tag = "policy", responses((status = 200, body = Object)))]
pub(crate) async fn status(State(site): State<Arc<Site>>) -> Response {
    status::document_response(&site)
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "policy", responses((status = 200, body = Object)))]
pub(crate) async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::router::openapi())
}
