//! How PrepChef says no: a status and `{"error": "a sentence"}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

/// A refusal, with its sentence.
#[derive(Debug)]
pub(super) struct No(pub(super) StatusCode, pub(super) String);

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// Reads a JSON body whatever its content type says, so that a plain `curl -d` is enough.
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, No> {
    serde_json::from_slice(bytes).map_err(|error| {
        let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        No(status, format!("the body is not what this endpoint takes: {error}"))
    })
}
