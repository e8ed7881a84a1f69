//! Extractors whose rejections are problems with a code and a sentence.

use std::str::FromStr;

use allclear_core::{Actor, BadId, Digest};
use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::auth::{Role, Standing};
use crate::problem::Problem;

/// Who asks, as established by the guard.
#[derive(Debug, Clone)]
pub(crate) struct Asker(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Standing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(Problem::unauthenticated)
    }
}

/// Who asks, where only an admin may.
#[derive(Debug, Clone)]
pub(crate) struct Admin(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asker = Asker::from_request_parts(parts, state).await?;
        let Standing { role, .. } = Standing::from_request_parts(parts, state).await?;
        if role < Role::Admin {
            return Err(Problem::not_allowed(&asker, role, Role::Admin));
        }
        Ok(Self(asker.0))
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "the body must be JSON: send it with `Content-Type: application/json`",
            )),
            Err(rejection) => Err(body_problem(rejection.status(), &rejection.body_text())),
        }
    }
}

/// A form of the console.
#[derive(Debug)]
pub(crate) struct FormBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form: Result<Form<T>, FormRejection> = Form::from_request(request, state).await;
        form.map(|Form(body)| Self(body)).map_err(|rejection| body_problem(rejection.status(), &rejection.body_text()))
    }
}

fn body_problem(status: StatusCode, said: &str) -> Problem {
    let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "body-too-large" } else { "bad-body" };
    Problem::new(status, code, format!("{said}; the fields are described in /api/v1/openapi.json"))
}

/// Parameters after the question mark.
#[derive(Debug)]
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(parameters)| Self(parameters)).map_err(|rejection| {
            Problem::bad_request("bad-parameter", format!("{}; see /api/v1/openapi.json", rejection.body_text()))
        })
    }
}

/// The id in the path, such as `incident-13`.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr<Err = BadId>> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let path = path.map_err(|rejection| Problem::bad_request("bad-id", rejection.body_text()))?;
        let text = path.0.iter().find(|(name, _)| name == "id").map(|(_, text)| text.as_str()).unwrap_or_default();
        text.parse().map(Self).map_err(|error: BadId| Problem::bad_request("bad-id", error.to_string()))
    }
}

/// The number of a step in the path.
#[derive(Debug)]
pub(crate) struct StepNumber(pub(crate) u32);

impl<S: Send + Sync> FromRequestParts<S> for StepNumber {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let path = path.map_err(|rejection| Problem::bad_request("bad-step", rejection.body_text()))?;
        let text = path.0.iter().find(|(name, _)| name == "step").map(|(_, text)| text.as_str()).unwrap_or_default();
        let wrong = || Problem::bad_request("bad-step", format!("`{text}` is not the number of a step: write 1, 2, …"));
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// The digest of an output in the path.
#[derive(Debug)]
pub(crate) struct OutputDigest(pub(crate) Digest);

impl<S: Send + Sync> FromRequestParts<S> for OutputDigest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let path = path.map_err(|rejection| Problem::bad_request("bad-digest", rejection.body_text()))?;
        let text = path.0.iter().find(|(name, _)| name == "digest").map(|(_, text)| text.as_str()).unwrap_or_default();
        Ok(Self(Digest::given(text)))
    }
}
