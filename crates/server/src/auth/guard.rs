//! The guards in front of the routes: each lets through only requests whose asker is known, and says who that is.

use std::sync::Arc;

use allclear_core::Actor;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::origin;
use crate::extract::Asker;
use crate::problem::{Problem, ProblemPage};
use crate::routes::session::COOKIE;
use crate::site::Site;

const ACTOR: &str = "x-allclear-actor";

/// API: the admin token or a session; otherwise 401 and what to do.
pub(crate) async fn guard_api(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    match asker(&site, &request) {
        Ok(asker) => {
            request.extensions_mut().insert(asker);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Console: a session (or the token); otherwise to the sign-in, and back here afterwards.
pub(crate) async fn guard_console(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    match asker(&site, &request) {
        Ok(asker) => {
            request.extensions_mut().insert(asker);
            next.run(request).await
        }
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            let back = if request.method() == Method::GET { request.uri().path() } else { "/" };
            Redirect::to(&format!("/login?next={back}")).into_response()
        }
        Err(problem) => ProblemPage(problem).into_response(),
    }
}

/// The unix socket: its file's permissions have let the caller in, who says on whose behalf.
pub(crate) async fn guard_local(mut request: Request, next: Next) -> Response {
    match claimed(request.headers()) {
        Ok(actor) => {
            request.extensions_mut().insert(Asker(actor.unwrap_or_else(|| Actor::Source("socket".to_owned()))));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Forms that need no session: still only from our own pages.
pub(crate) async fn guard_origin(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own_origin(&site, request.headers()) {
        return next.run(request).await;
    }
    ProblemPage(foreign()).into_response()
}

/// Whether the public reaches us over TLS, so that cookies may be kept from anything else.
pub(crate) fn is_secure(site: &Site) -> bool {
    site.policy().public_url.starts_with("https://")
}

fn asker(site: &Site, request: &Request) -> Result<Asker, Problem> {
    let headers = request.headers();
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        let token = given.to_str().ok().and_then(|text| text.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        if !token.is_some_and(|token| site.auth.is_token(token)) {
            return Err(Problem::unauthenticated());
        }
        return Ok(Asker(claimed(headers)?.unwrap_or_else(|| Actor::Source("api".to_owned()))));
    }
    let jar = CookieJar::from_headers(headers);
    let session = jar.get(COOKIE).and_then(|cookie| site.auth.session(cookie.value(), site.now()));
    let person = session.ok_or_else(Problem::unauthenticated)?;
    if !request.method().is_safe() && !is_own_origin(site, headers) {
        return Err(foreign());
    }
    Ok(Asker(person))
}

fn is_own_origin(site: &Site, headers: &HeaderMap) -> bool {
    origin::is_own(headers, &site.policy().public_url)
}

fn foreign() -> Problem {
    let message = "the form came from another site: open the console itself and send it from there";
    Problem::new(StatusCode::FORBIDDEN, "foreign-origin", message)
}

/// On whose behalf a trusted caller says that it asks. Nobody may claim to be the engine.
fn claimed(headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    let Some(value) = headers.get(ACTOR) else { return Ok(None) };
    let wrong = || Problem::bad_request("bad-actor", "X-Allclear-Actor must be `person:NAME` or `source:NAME`");
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| wrong())?;
    let (kind, name) = text.split_once(':').ok_or_else(wrong)?;
    if !super::is_name(name.trim()) {
        return Err(wrong());
    }
    match kind {
        "person" => Ok(Some(Actor::Person(name.trim().to_owned()))),
        "source" => Ok(Some(Actor::Source(name.trim().to_owned()))),
        _ => Err(wrong()),
    }
}

impl Problem {
    /// Nobody is known to ask.
    pub(crate) fn unauthenticated() -> Self {
        let message = "send the admin token as `Authorization: Bearer alc_…` (it was printed when the server started \
                       for the first time), or sign in at /login";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }
}
