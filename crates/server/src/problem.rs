//! What went wrong with a request, as JSON for programs and as a page for people.
//!
//! Every message says what to do next. Nothing internal is told: no path, no address, no secret.

use std::borrow::Cow;

use allclear_core::Refusal;
use allclear_store::{BlobError, ReadError, Unavailable};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::views;

/// Why a request was not answered as it was meant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// Stable kebab-case code, as in `allclear explain CODE`.
    #[schema(value_type = String, example = "already-there")]
    pub(crate) code: Cow<'static, str>,
    /// A sentence for a person that says what to do next.
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into() }
    }

    /// The request itself is not well formed.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// There is no such thing.
    pub(crate) fn not_found(noun: &str, id: &impl std::fmt::Display) -> Self {
        let message = format!("there is no {noun} `{id}`: the list of all shows which there are");
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// The decision was no. What was never opened is not found; what is over is a conflict.
    pub(crate) fn refused(refusal: &Refusal, known: bool) -> Self {
        let status = if known { StatusCode::CONFLICT } else { StatusCode::NOT_FOUND };
        Self::new(status, refusal.code(), refusal.to_string())
    }

    /// The engine or the store does not answer.
    pub(crate) fn unavailable(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
    }
}

impl From<Unavailable> for Problem {
    fn from(error: Unavailable) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        Self::unavailable(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// A problem shown as a page.
#[derive(Debug)]
pub(crate) struct ProblemPage(pub(crate) Problem);

impl<E: Into<Problem>> From<E> for ProblemPage {
    fn from(problem: E) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for ProblemPage {
    fn into_response(self) -> Response {
        (self.0.status, views::problem::page(&self.0)).into_response()
    }
}
