//! `/assets/…`: the style sheets, the one script and the icon. Part of the program; nothing is read from a disk.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::site::Site;

/// Their addresses carry the version, so they may be kept until the next.
const KEPT: &str = "public, max-age=86400";

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/assets/console.css", get(async || asset("text/css", include_str!("../assets/console.css"))))
        .route("/assets/status.css", get(async || asset("text/css", include_str!("../assets/status.css"))))
        .route("/assets/live.js", get(async || asset("text/javascript", include_str!("../assets/live.js"))))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", include_str!("../assets/icon.svg"))))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEPT), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, text)
}
