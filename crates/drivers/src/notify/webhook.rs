//! The generic webhook: one JSON document by POST, signed where a secret is given.
//!
//! The body is
//! ```json
//! {"id": "delivery-15", "event": "incident.trigger", "incident": "incident-13", "severity": "P1", "title": "…",
//!  "body": "…", "url": "…", "procedure_url": "…", "sent_at": "2026-11-23T03:00:00Z", "attempt": 1}
//! ```
//! where `event` is `incident.trigger`, `incident.acknowledge`, `incident.resolve` or `incident.inform`, and
//! `procedure_url` may be null. `Idempotency-Key` is the id of the delivery: every attempt at one delivery carries the
//! same. `X-Allclear-Signature: t=1700000000,v1=HEX` is the time of the attempt in seconds since 1970 and the
//! HMAC-SHA256, under the signing secret, of that number, a dot and the raw body. A receiver computes it over what it
//! received, compares in constant time, and refuses a time that is more than some minutes from its own.
//!
//! 2xx is accepted. 408, 429, 5xx and a broken connection may work later; any other answer never will, a redirect
//! included. Invariant: the URL may be a secret, so no error and no answer holds it.

use allclear_core::{DeliverEffect, DeliveryResult, MessageAction};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use sha2::Sha256;

use super::ATTEMPT_TIMEOUT;
use crate::redact::Redactor;
use crate::secret::SecretText;

/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// How much of it is told.
const ANSWER_CHARS_MAX: usize = 200;

/// Makes one attempt.
pub(super) async fn send(
    client: &reqwest::Client,
    effect: &DeliverEffect,
    url: &SecretText,
    signing_secret: Option<&SecretText>,
    at: Timestamp,
) -> DeliveryResult {
    let channel = &effect.channel_name;
    let Ok(address) = Url::parse(url.expose().trim()) else {
        return DeliveryResult::Failed { error: format!("the URL of channel `{channel}` is not a valid URL") };
    };
    let body = body(effect, at);
    let mut request = client
        .post(address)
        .header(CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", effect.delivery.to_string());
    if let Some(secret) = signing_secret {
        request = request.header("X-Allclear-Signature", signature(secret, &body, at));
    }
    let secrets = [Some(url), signing_secret];
    let redactor = Redactor::new(secrets.into_iter().flatten().map(|secret| ("", secret.expose())));
    match request.body(body).send().await {
        Ok(response) => answered(channel, response, &redactor).await,
        Err(error) => DeliveryResult::Failed { error: redactor.text(&unanswered(channel, error)) },
    }
}

fn body(effect: &DeliverEffect, at: Timestamp) -> String {
    let message = &effect.message;
    let event = match message.action {
        MessageAction::Trigger => "incident.trigger",
        MessageAction::Acknowledge => "incident.acknowledge",
        MessageAction::Resolve => "incident.resolve",
        MessageAction::Inform => "incident.inform",
    };
    serde_json::json!({
        "id": effect.delivery.to_string(),
        "event": event,
        "incident": message.incident.to_string(),
        "severity": message.severity.word(),
        "title": message.title,
        "body": message.body,
        "url": message.url,
        "procedure_url": message.procedure_url,
        "sent_at": at.to_string(),
        "attempt": effect.attempt,
    })
    .to_string()
}

fn signature(secret: &SecretText, body: &str, at: Timestamp) -> String {
    let seconds = at.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digest}")
}

async fn answered(channel: &str, response: Response, redactor: &Redactor) -> DeliveryResult {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = redactor.text(&shortened(response).await);
    let answer = if text.is_empty() { status.to_string() } else { format!("{status}: {text}") };
    if status.is_success() {
        return DeliveryResult::Accepted { answer };
    }
    let error = format!("channel `{channel}` answered {answer}");
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            let wait = retry_after.map(|after| format!(" (Retry-After: {})", redactor.text(&after)));
            DeliveryResult::Failed { error: error + &wait.unwrap_or_default() }
        }
        _ if status.is_server_error() => DeliveryResult::Failed { error },
        _ if status.is_redirection() => {
            DeliveryResult::Rejected { error: error + "; redirects are not followed: give the final URL" }
        }
        _ => DeliveryResult::Rejected { error },
    }
}

/// The beginning of the answer on one line; whatever can be had of it, since the status alone decides.
async fn shortened(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - bytes.len())]);
        if bytes.len() == ANSWER_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.split(|character: char| character.is_whitespace() || character.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(ANSWER_CHARS_MAX).collect()
}

fn unanswered(channel: &str, error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return format!("channel `{channel}` did not answer within {} s", ATTEMPT_TIMEOUT.as_secs());
    }
    let innermost = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    let cause = innermost.map_or_else(|| error.to_string(), ToString::to_string);
    let what = if error.is_connect() { "could not be reached" } else { "broke off before it answered" };
    format!("channel `{channel}` {what}: {cause}")
}
