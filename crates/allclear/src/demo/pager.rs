//! The pager of the demonstration: a webhook receiver that believes only what is signed, and forgets nothing.
//!
//! Each page that it accepts is a line of `pager.jsonl`, written before it is answered; a page that comes again is a
//! line more, under the same key.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How far the sender's clock may be from ours.
const SKEW_MAX_S: i64 = 300;

/// A running pager; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Pager {
    address: SocketAddr,
    shared: Shared,
    serving: JoinHandle<()>,
}

/// A page as it was received; a line of `pager.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReceivedPage {
    pub(super) received_at: Timestamp,
    /// Whose pager it is.
    pub(super) channel: String,
    pub(super) id: String,
    pub(super) idempotency_key: String,
    pub(super) event: String,
    pub(super) incident: String,
    pub(super) attempt: u64,
    /// Whether the same key had been received before.
    pub(super) repeated: bool,
}

#[derive(Debug, Clone)]
struct Shared {
    kept: Arc<Mutex<Kept>>,
    secret: Arc<str>,
}

#[derive(Debug)]
struct Kept {
    pages: Vec<ReceivedPage>,
    file: File,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pager {
    /// Receives from now on; what was received before is read back from the data directory.
    pub(super) fn start(listener: TcpListener, data_dir: &Path, secret: &str) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let path = data_dir.join("pager.jsonl");
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        if !before.is_empty() && !before.ends_with('\n') {
            // The process before died within a line; the next one must not continue it.
            file.write_all(b"\n")?;
        }
        let pages = before.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let shared = Shared { kept: Arc::new(Mutex::new(Kept { pages, file })), secret: secret.into() };
        let router = Router::new().route("/pages/{channel}", post(receive)).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            // `serve` comes back only if the listener fails for good; deliveries will say so.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, serving })
    }

    /// Where it is reached, without a trailing slash.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was ever received, in order.
    pub(super) fn pages(&self) -> Vec<ReceivedPage> {
        self.shared.lock().pages.clone()
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(
    State(shared): State<Shared>,
    UrlPath(channel): UrlPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let now = Timestamp::now();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(header("x-allclear-signature"), &body, &shared.secret, now) {
        return (StatusCode::UNAUTHORIZED, "the signature is not right".to_owned());
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "the body is not JSON".to_owned());
    };
    let field = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let key = header("idempotency-key").to_owned();
    if key.is_empty() || key != field("id") {
        return (StatusCode::BAD_REQUEST, "the Idempotency-Key is not the id of the message".to_owned());
    }
    let mut kept = shared.lock();
    let page = ReceivedPage {
        received_at: now,
        channel,
        id: field("id"),
        repeated: kept.pages.iter().any(|page| page.idempotency_key == key),
        idempotency_key: key,
        event: field("event"),
        incident: field("incident"),
        attempt: message["attempt"].as_u64().unwrap_or(0),
    };
    match kept.keep(page) {
        Ok(()) => (StatusCode::OK, "received".to_owned()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the page could not be written down: {error}")),
    }
}

impl Kept {
    fn keep(&mut self, page: ReceivedPage) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(&page)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.pages.push(page);
        Ok(())
    }
}

/// Whether `t=SECONDS,v1=HEX` is the HMAC-SHA256 of `SECONDS.body` under the secret, and the time is near ours.
fn is_signed(signature: &str, body: &[u8], secret: &str, now: Timestamp) -> bool {
    let field = |name: &str| signature.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let (Some(at), Some(given)) = (field("t"), field("v1").and_then(bytes_of)) else { return false };
    let near = at.parse::<i64>().is_ok_and(|at| (now.as_second() - at).abs() <= SKEW_MAX_S);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body);
    // Compares in constant time.
    near && mac.verify_slice(&given).is_ok()
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use allclear_core::{Channel, DeliverEffect, DeliveryId, DeliveryResult, IncidentId, Message, MessageAction};
    use allclear_core::{SecretRef, Severity};
    use allclear_drivers::{Notifier, TrustStore};

    use super::*;

    async fn pager(data_dir: &Path) -> Pager {
        // Installed already by another test of this process: that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Pager::start(listener, data_dir, "the secret").unwrap()
    }

    fn page(url: String, secret: &str, attempt: u32) -> DeliverEffect {
        DeliverEffect {
            delivery: DeliveryId(15),
            attempt,
            channel_name: "pager-ana".to_owned(),
            channel: Some(Channel::Webhook {
                url: SecretRef::Plain(url),
                signing_secret: Some(SecretRef::Plain(secret.to_owned())),
            }),
            message: Message {
                action: MessageAction::Trigger,
                incident: IncidentId(13),
                severity: Severity::P1,
                title: "city-requirements fails".to_owned(),
                body: String::new(),
                url: String::new(),
                procedure_url: None,
            },
        }
    }

    #[tokio::test]
    async fn a_signed_page_is_kept_over_a_restart_and_a_repetition_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let notifier = Notifier::new(&TrustStore::native()).unwrap();
        for attempt in [1, 2] {
            let pager = pager(folder.path()).await;
            let effect = page(format!("{}/pages/pager-ana", pager.url()), "the secret", attempt);
            let answer = notifier.deliver(&effect, Timestamp::now()).await;
            assert!(matches!(answer, DeliveryResult::Accepted { .. }), "{answer:?}");
            let pages = pager.pages();
            let keys: Vec<_> = pages.iter().map(|page| (page.idempotency_key.as_str(), page.repeated)).collect();
            assert_eq!(keys, [("delivery-15", false), ("delivery-15", true)][..attempt as usize]);
            assert_eq!(pages[0].event, "incident.trigger");
        }
    }

    #[tokio::test]
    async fn a_page_that_is_not_signed_with_the_secret_or_is_old_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let pager = pager(folder.path()).await;
        let notifier = Notifier::new(&TrustStore::native()).unwrap();
        let url = format!("{}/pages/pager-ana", pager.url());
        let hour_ago = Timestamp::from_second(Timestamp::now().as_second() - 3_600).unwrap();
        for (secret, at) in [("another", Timestamp::now()), ("the secret", hour_ago)] {
            let answer = notifier.deliver(&page(url.clone(), secret, 1), at).await;
            assert!(matches!(answer, DeliveryResult::Rejected { .. }), "{answer:?}");
        }
        assert_eq!(pager.pages(), []);
    }
}
