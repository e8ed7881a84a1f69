//! One request and its answer, within the limits of time and memory.

use std::future::Future;
use std::time::Instant;

use allclear_core::RequestSample;
use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::condition::{self, Body};
use super::connection::{connect, secure};
use super::question::Question;
use crate::trust::TrustStore;

/// Longest header of an answer.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// How much of a body the conditions look at.
pub(super) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Asks once. Also says when the server's certificate expires, if it showed one.
pub(super) async fn ask(question: &Question<'_>, trust: &TrustStore) -> (RequestSample, Option<Timestamp>) {
    let began = Instant::now();
    let mut sample = RequestSample::default();
    let mut expires_at = None;
    let outcome = within(began + question.timeout, answer(question, trust, began, &mut sample, &mut expires_at)).await;
    sample.error = match outcome {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(error),
        None => Some(timed_out(question, &sample)),
    };
    sample.total_ms = elapsed_ms(began);
    (sample, expires_at)
}

/// Waits for the future until the deadline; `None` when it has passed.
pub(super) async fn within<T>(deadline: Instant, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout_at(deadline.into(), future).await.ok()
}

/// Milliseconds since then, to a thousandth.
pub(super) fn elapsed_ms(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}

async fn answer(
    question: &Question<'_>,
    trust: &TrustStore,
    began: Instant,
    sample: &mut RequestSample,
    expires_at: &mut Option<Timestamp>,
) -> Result<(), String> {
    let deadline = began + question.connect_timeout;
    let stream = connect(question, deadline, sample).await?;
    if question.tls {
        let stream = secure(stream, question, trust, deadline, sample, expires_at).await?;
        converse(stream, question, sample).await
    } else {
        converse(stream, question, sample).await
    }
}

async fn converse<S>(stream: S, question: &Question<'_>, sample: &mut RequestSample) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let began = Instant::now();
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEADER_BYTES_MAX)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|error| broken(question, &error))?;
    // Dropped with this future, and with it the connection: nothing goes on after the limit.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(question.request()).await.map_err(|error| broken(question, &error))?;
    sample.first_byte_ms = Some(elapsed_ms(began));
    let status = response.status().as_u16();
    sample.status = Some(status);
    let began = Instant::now();
    let body = read(response, question).await?;
    sample.body_ms = Some(elapsed_ms(began));
    condition::judge(question.conditions, status, &body)
}

/// Reads the whole body and keeps as much of it as the conditions may see.
async fn read(response: Response<Incoming>, question: &Question<'_>) -> Result<Body, String> {
    let limit = if question.reads_body() { BODY_BYTES_MAX } else { 0 };
    let mut incoming = response.into_body();
    let mut body = Body::default();
    let mut length = 0;
    while let Some(frame) = incoming.frame().await {
        let frame = frame
            .map_err(|error| format!("the answer broke off after {length} bytes of its body: {}", cause(&error)))?;
        let Some(bytes) = frame.data_ref() else { continue };
        length += bytes.len();
        let kept = bytes.len().min(limit - body.bytes.len());
        body.bytes.extend_from_slice(&bytes[..kept]);
        body.cut |= kept < bytes.len();
    }
    Ok(body)
}

fn timed_out(question: &Question<'_>, sample: &RequestSample) -> String {
    let limit_ms = question.timeout.as_millis();
    match (sample.connect_ms, sample.status) {
        (_, Some(status)) => format!("answered {status}, but its body was not complete within {limit_ms} ms"),
        (Some(_), None) => format!("{} did not answer within {limit_ms} ms", question.place()),
        (None, None) => format!("connect to {} was not answered within {limit_ms} ms", question.place()),
    }
}

fn broken(question: &Question<'_>, error: &hyper::Error) -> String {
    let place = question.place();
    if error.is_parse_too_large() {
        format!(
            "the header of the answer from {place} is larger than {} KiB or has more than 100 lines",
            HEADER_BYTES_MAX / 1024
        )
    } else if error.is_parse() {
        format!("the answer from {place} is not HTTP: {}", cause(error))
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        format!("{place} closed the connection before it answered")
    } else {
        format!("the request to {place} failed: {}", cause(error))
    }
}

/// The innermost reason, which is the one that a person can use.
fn cause(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
