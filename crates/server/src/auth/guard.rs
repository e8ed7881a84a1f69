//! The guards in front of the routes: each lets through only requests whose asker is known, and says who that is.

use std::sync::Arc;

use allclear_core::Actor;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::{Holder, Role, Standing, origin};
use crate::extract::Asker;
use crate::problem::{Problem, ProblemPage};
use crate::routes::session::COOKIE;
use crate::site::Site;

const ACTOR: &str = "x-allclear-actor";

/// API: a token or a session; otherwise 401 and what to do.
pub(crate) async fn guard_api(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    match asker(&site, &request) {
        Ok(let_in) => pass(let_in, request, next).await.unwrap_or_else(Problem::into_response),
        Err(problem) => problem.into_response(),
    }
}

/// Console: a session (or a token); otherwise to the sign-in, and back here afterwards.
pub(crate) async fn guard_console(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    match asker(&site, &request) {
        Ok(let_in) => pass(let_in, request, next).await.unwrap_or_else(|problem| ProblemPage(problem).into_response()),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            let back = if request.method() == Method::GET { request.uri().path() } else { "/" };
            Redirect::to(&format!("/login?next={back}")).into_response()
        }
        Err(problem) => ProblemPage(problem).into_response(),
    }
}

/// The unix socket: its file's permissions have let the caller in, who says on whose behalf, or shows a token.
pub(crate) async fn guard_local(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let let_in = match headers.get(header::AUTHORIZATION) {
        Some(given) => by_token(&site, given, headers),
        None => claimed(headers).map(|actor| {
            let asker = Asker(actor.unwrap_or_else(|| Actor::Source("socket".into())));
            (asker, Standing { role: Role::Admin, proved: true })
        }),
    };
    match let_in {
        Ok(let_in) => pass(let_in, request, next).await.unwrap_or_else(Problem::into_response),
        Err(problem) => problem.into_response(),
    }
}

/// Goes on with who asks, if they may change anything where something is to be changed.
async fn pass((asker, standing): (Asker, Standing), mut request: Request, next: Next) -> Result<Response, Problem> {
    if standing.role < Role::Responder && !request.method().is_safe() {
        return Err(Problem::not_allowed(&asker, standing.role, Role::Responder));
    }
    request.extensions_mut().insert(asker);
    request.extensions_mut().insert(standing);
    Ok(next.run(request).await)
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

fn asker(site: &Site, request: &Request) -> Result<(Asker, Standing), Problem> {
    let headers = request.headers();
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        return by_token(site, given, headers);
    }
    let jar = CookieJar::from_headers(headers);
    let session = jar.get(COOKIE).and_then(|cookie| site.auth.session(cookie.value(), site.now()));
    let (person, standing) = session.ok_or_else(Problem::unauthenticated)?;
    if !request.method().is_safe() && !is_own_origin(site, headers) {
        return Err(foreign());
    }
    Ok((Asker(person), standing))
}

/// A person's own token says who they are, whatever else is claimed; the admin token leaves it to the claim.
fn by_token(site: &Site, given: &HeaderValue, headers: &HeaderMap) -> Result<(Asker, Standing), Problem> {
    let token = given.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    match token.and_then(|token| site.auth.holder(token)).ok_or_else(Problem::unauthenticated)? {
        Holder::Admin => {
            let actor = claimed(headers)?.unwrap_or_else(|| Actor::Source("api".into()));
            Ok((Asker(actor), Standing { role: Role::Admin, proved: false }))
        }
        Holder::Person(person) => {
            let standing = Standing { role: person.role, proved: true };
            Ok((Asker(Actor::Person(person.name.into())), standing))
        }
    }
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
        "person" => Ok(Some(Actor::Person(name.trim().into()))),
        "source" => Ok(Some(Actor::Source(name.trim().into()))),
        _ => Err(wrong()),
    }
}

impl Problem {
    /// Nobody is known to ask.
    pub(crate) fn unauthenticated() -> Self {
        let message = "send your token as `Authorization: Bearer alc_…` (`allclear token create` makes one; the admin \
                       token was printed when the server started for the first time), or sign in at /login";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    /// Whoever asks may not do this.
    pub(crate) fn not_allowed(Asker(actor): &Asker, role: Role, needed: Role) -> Self {
        let message = format!(
            "{} is let in as {role}, and this needs {needed}: ask somebody who has an admin token for another one \
             (`allclear token create`)",
            actor.name()
        );
        Self::new(StatusCode::FORBIDDEN, "not-allowed", message)
    }
}
