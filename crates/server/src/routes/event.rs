//! `/api/v1/events`: the log, in pages and as a stream.

use std::convert::Infallible;
use std::sync::Arc;

use allclear_core::{Recorded, Seq};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Line, KeepAlive, KeepAliveStream, Sse};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use crate::extract::Parameters;
use crate::follow::LogFollower;
use crate::problem::Problem;
use crate::site::Site;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;
const LINES_AHEAD_MAX: usize = 64;

/// Server-sent events, with a sign of life every fifteen seconds.
pub(crate) type Lines = Sse<KeepAliveStream<ReceiverStream<Result<Line, Infallible>>>>;

/// What part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageOf {
    /// Events after this position; from the beginning where it is left out.
    #[serde(default)]
    after: Seq,
    /// How many at most: 100, up to 1000.
    limit: Option<u32>,
}

/// Reads the log, oldest first.
#[utoipa::path(get, path = "/events", tag = "log", params(PageOf),
    responses((status = 200, body = [Object], description = "`{seq, at, cause, incident, run, event}`")))]
pub(crate) async fn list(
    State(site): State<Arc<Site>>,
    Parameters(PageOf { after, limit }): Parameters<PageOf>,
) -> Result<Json<Vec<Recorded>>, Problem> {
    Ok(Json(site.store().read(after, limit.unwrap_or(LIMIT).min(LIMIT_MAX)).await?))
}

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowFrom {
    /// Begin after this position; with what comes next where it is left out.
    after: Option<Seq>,
}

/// Streams the log as server-sent events: `id` is the position, `data` the record. Resumes after `Last-Event-ID`.
#[utoipa::path(get, path = "/events/follow", tag = "log", params(FollowFrom),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn follow(
    State(site): State<Arc<Site>>,
    Parameters(from): Parameters<FollowFrom>,
    headers: HeaderMap,
) -> Lines {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = seen.or(from.after).unwrap_or_else(|| site.world().seq);
    let mut log = LogFollower::after(&site, after);
    stream(&site, |lines| async move {
        loop {
            let line = match log.next().await {
                Ok(Some(recorded)) => line(&recorded),
                Ok(None) => return,
                Err(error) => return drop(lines.send(Ok(failure(&error))).await),
            };
            if lines.send(Ok(line)).await.is_err() {
                return;
            }
        }
    })
}

/// One record as a line of a stream.
pub(crate) fn line(recorded: &Recorded) -> Line {
    let line = Line::default().id(recorded.seq.to_string());
    line.json_data(recorded).unwrap_or_else(|error| failure(&error))
}

/// The last line of a stream that cannot go on. The browser resumes where it was.
pub(crate) fn failure(error: &dyn std::fmt::Display) -> Line {
    Line::default().event("failure").data(error.to_string().replace(['\r', '\n'], " "))
}

/// A stream of what `tell` sends; ends with it, with the listener, or with the site.
pub(crate) fn stream<T: Future<Output = ()> + Send + 'static>(
    site: &Site,
    tell: impl FnOnce(mpsc::Sender<Result<Line, Infallible>>) -> T,
) -> Lines {
    let (lines, told) = mpsc::channel(LINES_AHEAD_MAX);
    let mut closing = site.closing();
    let telling = tell(lines.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = telling => {}
            () = lines.closed() => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
    });
    Sse::new(ReceiverStream::new(told)).keep_alive(KeepAlive::default())
}
