//! Webhooks against a real receiver on the loopback: what it sees, and what becomes of what it answers.

use std::net::SocketAddr;

use allclear_core::{
    Channel, DeliverEffect, DeliveryId, DeliveryResult, IncidentId, Message, MessageAction, SecretRef, Severity,
};
use allclear_drivers::{Notifier, TrustStore};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A request as the receiver saw it.
struct Request {
    head: String,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

async fn read(stream: &mut tokio::net::TcpStream) -> Request {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = Request { head: head.to_owned(), body: body.to_owned() };
            let length: usize = request.header("content-length").expect("a length").parse().expect("a number");
            if body.len() >= length {
                return request;
            }
        }
        assert!(stream.read_buf(&mut bytes).await.expect("the connection holds") > 0, "the request breaks off");
    }
}

/// Answers every request with the same answer, and hands over what was asked.
async fn receiver(answer: &str) -> (SocketAddr, mpsc::UnboundedReceiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (sender, receiver) = mpsc::unbounded_channel();
    let answer = answer.to_owned();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = sender.send(read(&mut stream).await);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, receiver)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn effect(url: SecretRef, signing_secret: Option<SecretRef>) -> DeliverEffect {
    DeliverEffect {
        delivery: DeliveryId(15),
        attempt: 2,
        channel_name: "ops".to_owned(),
        channel: Some(Channel::Webhook { url, signing_secret }),
        message: Message {
            action: MessageAction::Trigger,
            incident: IncidentId(13),
            severity: Severity::P1,
            title: "Payments are down".to_owned(),
            body: "check payments failed".to_owned(),
            url: "http://localhost/incidents/13".to_owned(),
            procedure_url: None,
        },
    }
}

async fn deliver(effect: &DeliverEffect) -> DeliveryResult {
    let notifier = Notifier::new(&TrustStore::native()).expect("a client");
    notifier.deliver(effect, Timestamp::from_second(1_700_000_000).expect("a time")).await
}

fn plain(address: SocketAddr) -> SecretRef {
    SecretRef::Plain(format!("http://{address}/services/T000/SECRETPATH"))
}

#[tokio::test]
async fn a_receiver_can_verify_the_signature_and_deduplicate() {
    let (address, mut requests) = receiver(&answer("200 OK", "ok")).await;
    let result = deliver(&effect(plain(address), Some(SecretRef::Plain("the secret".to_owned())))).await;
    assert_eq!(result, DeliveryResult::Accepted { answer: "200 OK: ok".to_owned() });
    let request = requests.recv().await.expect("a request came");
    assert!(request.head.starts_with("POST /services/T000/SECRETPATH HTTP/1.1"), "{}", request.head);
    assert_eq!(request.header("idempotency-key"), Some("delivery-15"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(concat!("allclear/", env!("CARGO_PKG_VERSION"))));

    let signature = request.header("x-allclear-signature").expect("it is signed");
    let (time, digest) = signature.split_once(",v1=").expect("a time and a digest");
    assert_eq!(time, "t=1700000000");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"the secret").expect("any length");
    mac.update(format!("1700000000.{}", request.body).as_bytes());
    let digest: Vec<u8> = (0..digest.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digest[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    mac.verify_slice(&digest).expect("the signature is right");

    let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(
        body,
        serde_json::json!({
            "id": "delivery-15", "event": "incident.trigger", "incident": "incident-13", "severity": "P1",
            "title": "Payments are down", "body": "check payments failed", "url": "http://localhost/incidents/13",
            "procedure_url": null, "sent_at": "2023-11-14T22:13:20Z", "attempt": 2,
        })
    );
}

#[tokio::test]
async fn without_a_signing_secret_there_is_no_signature() {
    let (address, mut requests) = receiver(&answer("204 No Content", "")).await;
    let result = deliver(&effect(plain(address), None)).await;
    assert_eq!(result, DeliveryResult::Accepted { answer: "204 No Content".to_owned() });
    assert_eq!(requests.recv().await.expect("a request came").header("x-allclear-signature"), None);
}

#[tokio::test]
async fn what_may_work_later_fails_and_what_never_will_is_rejected() {
    let failed = |error: &str| DeliveryResult::Failed { error: error.to_owned() };
    let rejected = |error: &str| DeliveryResult::Rejected { error: error.to_owned() };
    for (status, body, expected) in [
        (
            "500 Internal Server Error",
            "boom\r\n  twice",
            failed("channel `ops` answered 500 Internal Server Error: boom twice"),
        ),
        ("429 Too Many Requests", "", failed("channel `ops` answered 429 Too Many Requests (Retry-After: 30)")),
        ("408 Request Timeout", "", failed("channel `ops` answered 408 Request Timeout (Retry-After: 30)")),
        ("404 Not Found", "no_service", rejected("channel `ops` answered 404 Not Found: no_service")),
        ("302 Found", "", rejected("channel `ops` answered 302 Found; redirects are not followed: give the final URL")),
    ] {
        let text = answer(&format!("{status}\r\nRetry-After: 30\r\nLocation: /elsewhere"), body);
        let (address, _requests) = receiver(&text).await;
        assert_eq!(deliver(&effect(plain(address), None)).await, expected);
    }
}

#[tokio::test]
async fn neither_an_error_nor_an_answer_tells_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let result = deliver(&effect(plain(address), None)).await;
    let DeliveryResult::Failed { error } = &result else { panic!("it cannot be reached: {result:?}") };
    assert_eq!(error, "channel `ops` could not be reached: Connection refused (os error 111)");

    // A receiver that repeats the address that it was asked under.
    let url = "http://127.0.0.1:PORT/services/T000/SECRETPATH";
    let (address, _requests) = receiver(&answer("404 Not Found", "no hook /services/T000/SECRETPATH here")).await;
    let url = url.replace("PORT", &address.port().to_string());
    let secret = Some(SecretRef::Plain("/services/T000/SECRETPATH".to_owned()));
    let result = deliver(&effect(SecretRef::Plain(url), secret)).await;
    let error = "channel `ops` answered 404 Not Found: no hook [redacted] here".to_owned();
    assert_eq!(result, DeliveryResult::Rejected { error });
}

#[tokio::test]
async fn a_secret_that_is_missing_may_come_later_so_the_page_waits() {
    let effect = effect(SecretRef::Env("ALLCLEAR_NO_SUCH_WEBHOOK".to_owned()), None);
    assert_eq!(
        deliver(&effect).await,
        DeliveryResult::Failed {
            error: "channel `ops` is not usable: the environment variable `ALLCLEAR_NO_SUCH_WEBHOOK` is not set"
                .to_owned()
        }
    );
}

#[tokio::test]
async fn a_url_that_is_none_is_not_repeated() {
    let result = deliver(&effect(SecretRef::Plain("hooks SECRETPATH".to_owned()), None)).await;
    assert_eq!(result, DeliveryResult::Failed { error: "the URL of channel `ops` is not a valid URL".to_owned() });
}

#[tokio::test]
async fn a_channel_that_is_gone_is_rejected() {
    let mut effect = effect(SecretRef::Plain(String::new()), None);
    effect.channel = None;
    assert_eq!(
        deliver(&effect).await,
        DeliveryResult::Rejected { error: "the policy no longer has a channel `ops`".to_owned() }
    );
}

#[tokio::test]
async fn a_page_on_the_console_is_accepted() {
    let mut effect = effect(SecretRef::Plain(String::new()), None);
    effect.channel = Some(Channel::Console);
    assert_eq!(deliver(&effect).await, DeliveryResult::Accepted { answer: "printed".to_owned() });
}
