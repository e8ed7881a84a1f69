//! What the public is shown: `/status` for people, `/status.json` for programs.
//!
//! Invariant: both are rendered once for each change of the world and at most once a second otherwise; every request
//! is answered from the bytes of the last rendering. It must hold when everybody asks at once, for that is when it is needed.

mod document;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use allclear_core::Seq;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use crate::site::Site;
use crate::views;

pub(crate) use document::{CheckStatus, Document};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
);
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=5");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ANYBODY: HeaderValue = HeaderValue::from_static("*");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/status", get(page))
        .route("/status.json", get(json))
        .route("/synthetics/status.json", get(json))
}

/// The last rendering.
#[derive(Debug, Default)]
pub(crate) struct StatusCache {
    last: RwLock<Option<Arc<Rendered>>>,
    rendering: Mutex<()>,
}

#[derive(Debug)]
struct Rendered {
    /// What it was rendered from.
    of: (Seq, i64),
    etag: HeaderValue,
    html: Bytes,
    json: Bytes,
}

async fn page(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let rendered = rendered(&site);
    if is_known(&headers, &rendered) {
        return unchanged(&rendered);
    }
    let mut response = response(&rendered, rendered.html.clone(), HTML);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

async fn json(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let rendered = rendered(&site);
    if is_known(&headers, &rendered) {
        return unchanged(&rendered);
    }
    response(&rendered, rendered.json.clone(), JSON)
}

/// The document, for the API.
pub(crate) fn document_response(site: &Site) -> Response {
    let rendered = rendered(site);
    response(&rendered, rendered.json.clone(), JSON)
}

fn response(rendered: &Rendered, bytes: Bytes, kind: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.reserve(6);
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, KEPT);
    headers.insert(header::ETAG, rendered.etag.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYBODY);
    response
}

fn unchanged(rendered: &Rendered) -> Response {
    let mut response = response(rendered, Bytes::new(), HTML);
    response.headers_mut().remove(header::CONTENT_TYPE);
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

fn is_known(headers: &HeaderMap, rendered: &Rendered) -> bool {
    const NAME: HeaderName = header::IF_NONE_MATCH;
    headers.get(NAME).is_some_and(|known| *known == rendered.etag)
}

fn rendered(site: &Site) -> Arc<Rendered> {
    let now = site.now();
    let current = |cache: &StatusCache| {
        let last = cache.last.read().unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|last| last.of == (site.world().seq, now.as_second()))
    };
    if let Some(last) = current(&site.status) {
        return last;
    }
    let _turn = site.status.rendering.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever waited for the turn finds the work done.
    if let Some(last) = current(&site.status) {
        return last;
    }
    let world = site.world();
    let document = Document::of(site, &world, now);
    let json = serde_json::to_vec(&document).expect("a document is plain data and serialises");
    let html = views::status::page(&document, &world, &site.version, now).into_string();
    let of = (world.seq, now.as_second());
    let etag = format!("\"{}-{}\"", of.0, of.1);
    let etag = HeaderValue::try_from(etag).expect("digits and quotes are a header's value");
    let rendered = Arc::new(Rendered { of, etag, html: html.into(), json: json.into() });
    *site.status.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&rendered));
    rendered
}
