//! `/login` and `/logout`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use maud::Markup;
use serde::Deserialize;

use crate::auth::{SignInError, is_secure};
use crate::extract::{FormBody, Parameters};
use crate::problem::ProblemPage;
use crate::site::Site;
use crate::views::login::{SignIn, page};

/// Name of the cookie that holds the session's id.
pub(crate) const COOKIE: &str = "allclear_session";

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/login", get(show).post(sign_in)).route("/logout", post(sign_out))
}

#[derive(Debug, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show(State(site): State<Arc<Site>>, Parameters(Next { next }): Parameters<Next>) -> Markup {
    let (service, version) = (&site.policy().service, &site.version);
    page(&SignIn { service, version, next: own_path(&next), name: "", problem: None })
}

#[derive(Debug, Deserialize)]
struct Credentials {
    #[serde(default)]
    name: String,
    token: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(site): State<Arc<Site>>,
    jar: CookieJar,
    FormBody(given): FormBody<Credentials>,
) -> Result<Response, ProblemPage> {
    let next = own_path(&given.next);
    match site.auth.sign_in(&given.token, &given.name, site.now()) {
        Ok(id) => Ok((jar.add(cookie(&site, id)), Redirect::to(next)).into_response()),
        Err(error) => {
            let (service, version) = (&site.policy().service, &site.version);
            let said = error.to_string();
            let shown = page(&SignIn { service, version, next, name: &given.name, problem: Some(&said) });
            let status = match error {
                SignInError::TooMany => StatusCode::TOO_MANY_REQUESTS,
                SignInError::Random => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::FORBIDDEN,
            };
            Ok((status, shown).into_response())
        }
    }
}

async fn sign_out(State(site): State<Arc<Site>>, jar: CookieJar) -> Response {
    if let Some(cookie) = jar.get(COOKIE) {
        site.auth.sign_out(cookie.value());
    }
    let gone = Cookie::build((COOKIE, "")).path("/");
    (jar.remove(gone), Redirect::to("/login")).into_response()
}

fn cookie(site: &Site, id: String) -> Cookie<'static> {
    // Without an age the browser forgets it with its window; the server forgets it in any case after twelve hours.
    let cookie = Cookie::build((COOKIE, id)).path("/").http_only(true).same_site(SameSite::Strict);
    cookie.secure(is_secure(site)).build()
}

/// Only to a page of ours: a path, not another host.
fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_leads_nowhere_else() {
        assert_eq!(own_path("/incidents/incident-3"), "/incidents/incident-3");
        for foreign in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x"] {
            assert_eq!(own_path(foreign), "/");
        }
    }
}
