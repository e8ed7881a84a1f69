//! `/api/v1/tokens` and `/api/v1/whoami`: who may come in, and who is asking.

use std::sync::Arc;

use allclear_core::Actor;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Auth, Person, PersonError, Role, Standing};
use crate::extract::{Admin, Asker, JsonBody};
use crate::problem::Problem;
use crate::site::Site;

/// Somebody who has a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenSummary {
    /// Whose it is; this name stands beside everything that they do.
    #[schema(example = "ana")]
    name: String,
    role: Role,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, example = "person:ben")]
    created_by: Actor,
}

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenBody {
    /// Who will have it.
    #[schema(example = "ana")]
    name: String,
    #[serde(default = "responder")]
    role: Role,
}

const fn responder() -> Role {
    Role::Responder
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewToken {
    name: String,
    role: Role,
    /// The token itself; nobody can read it again.
    #[schema(example = "alc_…")]
    token: String,
}

/// Whose token is to end.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NameBody {
    name: String,
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Whoami {
    #[schema(value_type = String, example = "person:ana")]
    actor: Actor,
    role: Role,
    /// Whether a token of their own, or the rights on the socket, say so; with the admin token they say so themselves.
    proved: bool,
}

/// Lists who has a token.
#[utoipa::path(get, path = "/tokens", tag = "tokens", responses((status = 200, body = [TokenSummary])))]
pub(crate) async fn list(State(site): State<Arc<Site>>, _: Admin) -> Json<Vec<TokenSummary>> {
    let persons = site.auth.persons().into_iter();
    let summary = |person: Person| {
        let Person { name, role, created_at, created_by } = person;
        TokenSummary { name, role, created_at, created_by }
    };
    Json(persons.map(summary).collect())
}

/// Makes a token for a person; the answer is the only place where it is shown.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenBody,
    responses((status = 201, body = NewToken), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn create(
    State(site): State<Arc<Site>>,
    Admin(actor): Admin,
    JsonBody(TokenBody { name, role }): JsonBody<TokenBody>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    let name = name.trim().to_owned();
    let person = Person { name: name.clone(), role, created_at: site.now(), created_by: actor };
    let token = keeping(&site, move |auth| auth.create(person)).await?;
    Ok((StatusCode::CREATED, Json(NewToken { name, role, token })))
}

/// Ends a person's token, and every session that they began with it.
#[utoipa::path(post, path = "/tokens/revoke", tag = "tokens", request_body = NameBody,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn revoke(
    State(site): State<Arc<Site>>,
    _: Admin,
    JsonBody(NameBody { name }): JsonBody<NameBody>,
) -> Result<StatusCode, Problem> {
    keeping(&site, move |auth| auth.revoke(name.trim())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who asks, and what they may do.
#[utoipa::path(get, path = "/whoami", tag = "tokens", responses((status = 200, body = Whoami)))]
pub(crate) async fn whoami(Asker(actor): Asker, Standing { role, proved }: Standing) -> Json<Whoami> {
    Json(Whoami { actor, role, proved })
}

/// Files are written where they hold up nobody else.
async fn keeping<T: Send + 'static>(
    site: &Site,
    change: impl FnOnce(&Auth) -> Result<T, PersonError> + Send + 'static,
) -> Result<T, Problem> {
    let auth = site.auth.clone();
    let changed = tokio::task::spawn_blocking(move || change(&auth)).await;
    changed.map_err(|error| Problem::unavailable(&error))?.map_err(|error| {
        let (status, code) = match &error {
            PersonError::NoName => (StatusCode::BAD_REQUEST, "bad-name"),
            PersonError::Taken(_) => (StatusCode::CONFLICT, "token-taken"),
            PersonError::Unknown(_) => (StatusCode::NOT_FOUND, "not-found"),
            // The path is for the server's log; whoever asks over the network learns what to do.
            PersonError::Kept(error) => {
                tracing::error!(%error, "a token could not be kept");
                let message = "the server cannot write its tokens: see its log; nothing was changed";
                return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
            }
        };
        Problem::new(status, code, error.to_string())
    })
}
