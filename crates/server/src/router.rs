//! Puts the routes together with what guards them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::auth::{guard_api, guard_console, guard_local, guard_origin};
use crate::problem::{Problem, ProblemPage};
use crate::routes;
use crate::site::Site;
use crate::status;

/// A plan may be long; nothing else is.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                                       frame-ancestors 'none'";

/// Everything, for the public listener.
pub fn router(site: Arc<Site>) -> Router {
    let api = api_router().route_layer(from_fn_with_state(Arc::clone(&site), guard_api));
    let (api, _) = api.split_for_parts();
    let console = routes::console().route_layer(from_fn_with_state(Arc::clone(&site), guard_console));
    let entry = routes::session::routes().route_layer(from_fn_with_state(Arc::clone(&site), guard_origin));
    let metrics = Router::new()
        .route("/metrics", get(routes::metrics))
        .route_layer(from_fn_with_state(Arc::clone(&site), guard_api));
    let guarded = console.merge(entry).merge(metrics).merge(routes::health()).layer(from_fn(in_time));
    let all = hardened(guarded.merge(api));
    // The status page is the one thing that everybody asks for at once, so nothing stands before it.
    all.merge(status::routes()).merge(routes::assets()).with_state(site)
}

/// The same API for a unix socket: the permissions of its file are the guard, and the header `X-Allclear-Actor` (such as
/// `person:ana`) says who asks, unless a token does.
pub fn local_router(site: Arc<Site>) -> Router {
    let (api, _) = api_router().route_layer(from_fn_with_state(Arc::clone(&site), guard_local)).split_for_parts();
    let metrics = Router::new().route("/metrics", get(routes::metrics));
    let all = hardened(metrics.merge(routes::health()).merge(api));
    all.merge(status::routes()).with_state(site)
}

/// The description of the API.
pub fn openapi() -> OpenApi {
    described(api_router().into_openapi())
}

fn api_router() -> OpenApiRouter<Arc<Site>> {
    let answers = routes::api().layer(from_fn(in_time));
    OpenApiRouter::new().nest("/api/v1", answers.merge(routes::streams()))
}

fn described(mut openapi: OpenApi) -> OpenApi {
    openapi.info.title = "Allclear".to_owned();
    openapi.info.version = "1".to_owned();
    openapi.info.description = Some(
        "Incidents, checks, runs, pages and reviews. Every request needs `Authorization: Bearer alc_…`. A person's own \
         token says who asks; with the admin token `X-Allclear-Actor: person:ana` says on whose behalf it is. Every \
         error is `{code, message}`."
            .to_owned(),
    );
    openapi.info.license = None;
    openapi.info.contact = None;
    openapi
}

/// Whoever asks is not left waiting: what takes longer has met a store that hangs.
async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await.unwrap_or_else(|_| {
        let message = "no answer in time: the store may hang. Look at the log of the server, then at the incident: \
                       what was asked may still happen";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-slow", message).into_response()
    })
}

/// What holds for every route but the status page.
fn hardened(router: Router<Arc<Site>>) -> Router<Arc<Site>> {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    router
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(|_| {
            let message = "something went wrong inside; nothing was changed that is not in the log. Please report it";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
        }))
        .layer(from_fn(uncached))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}

/// What is behind the guard is nobody else's to keep.
async fn uncached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn missing(uri: Uri) -> Response {
    let message = format!("there is nothing at {}: see /api/v1/openapi.json for what there is", uri.path());
    answer(&uri, Problem::new(StatusCode::NOT_FOUND, "no-such-route", message))
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let message = format!("{} does not take {method}: see /api/v1/openapi.json", uri.path());
    answer(&uri, Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", message))
}

fn answer(uri: &Uri, problem: Problem) -> Response {
    if uri.path().starts_with("/api") { problem.into_response() } else { ProblemPage(problem).into_response() }
}
