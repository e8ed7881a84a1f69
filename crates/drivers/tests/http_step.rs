//! `http` fences performed against a real server: what is sent, what is shown, and what nobody may see.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use allclear_core::{EffectClass, PerformEffect, PlannedCommand, RunId, SecretRef, Target};
use allclear_drivers::{Performed, Sessions, TrustStore};
use allclear_testkit::lone_step;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;

/// A limit for what should take no time, so that a broken test ends.
const LIMIT: Duration = Duration::from_secs(60);
const RUN: RunId = RunId(40);

/// What a server was asked: request line, headers, body.
type Asked = Arc<Mutex<Vec<String>>>;

/// A server that remembers what it was asked, and answers by the path.
async fn serve(tls: Option<tokio_rustls::TlsAcceptor>) -> (SocketAddr, Asked) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (seen, tls) = (Arc::clone(&seen), tls.clone());
            let service = service_fn(move |request| answer(request, Arc::clone(&seen)));
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                match tls {
                    None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            drop(http.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                }
            });
        }
    });
    (address, asked)
}

async fn answer(request: Request<Incoming>, asked: Asked) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers: Vec<String> =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))).collect();
    let told = format!("{} {}\n{}\n\n{}", head.method, head.uri, headers.join("\n"), String::from_utf8_lossy(&body));
    asked.lock().expect("nobody panics here").push(told);
    let (status, text) = match head.uri.path() {
        "/gone" => (StatusCode::NOT_FOUND, "no such flag".to_owned()),
        "/broken" => (StatusCode::INTERNAL_SERVER_ERROR, "out of disk".to_owned()),
        "/moved" => (StatusCode::FOUND, String::new()),
        "/echo" => (StatusCode::OK, headers.join("\n")),
        "/long" => (StatusCode::OK, "x".repeat(1024 * 1024)),
        _ => (StatusCode::OK, "{\"ok\": true}".to_owned()),
    };
    let response = Response::builder().status(status).header("location", "/elsewhere");
    Ok(response.body(Full::from(text)).expect("a response"))
}

fn effect(base: Option<String>, text: &str) -> PerformEffect {
    let command = PlannedCommand::new(10, "http", text.to_owned(), EffectClass::Change, "sandbox");
    let mut effect = lone_step(1, vec![command], Target { http: base, ..Target::default() });
    Arc::make_mut(&mut effect.plan).variables = BTreeMap::from([("CITY".to_owned(), "Joshua Tree".to_owned())]);
    effect
}

/// Performs the step; what came of it, and its output.
async fn perform(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let collect = tokio::spawn(async move {
        let mut output = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            output.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&output).into_owned()
    });
    let performed = tokio::time::timeout(LIMIT, sessions.perform(effect, &sender)).await.expect("it ends");
    drop(sender);
    (performed, collect.await.expect("the output was collected"))
}

fn base(address: SocketAddr) -> Option<String> {
    Some(format!("http://{address}/admin"))
}

#[tokio::test]
async fn a_request_is_sent_with_its_headers_and_its_body() {
    let (address, asked) = serve(None).await;
    let text = "POST /flags/payments HTTP/1.1\nX-City: $CITY\n\n{\"enabled\": false}";
    let (performed, output) = perform(&Sessions::new(), &effect(base(address), text)).await;
    assert_eq!(performed.outcome.summary, "1 command succeeded: POST /admin/flags/payments: 200 OK");
    assert!(performed.succeeded);
    assert!(
        output.starts_with("POST /admin/flags/payments: 200 OK (") && output.contains("{\"ok\": true}\n"),
        "{output}"
    );
    let asked = asked.lock().expect("nobody panics here")[0].clone();
    for part in [
        "POST /admin/flags/payments\n",
        "x-city: Joshua Tree\n",
        "content-type: application/json\n",
        "idempotency-key: run-40:1:10:0\n",
        "\n\n{\"enabled\": false}",
    ] {
        assert!(asked.contains(part), "{part}\n{asked}");
    }
}

#[tokio::test]
async fn an_answer_that_says_no_is_a_failure() {
    let (address, asked) = serve(None).await;
    for (text, said) in [
        ("GET /../gone", "GET /gone was answered with 404 Not Found: no such flag"),
        ("DELETE /../gone", "DELETE /gone was answered with 404 Not Found: no such flag"),
        (
            "POST /../broken",
            "POST /broken was answered with 500 Internal Server Error: out of disk; it is not known whether it happened: look before it is sent again",
        ),
        ("POST /../moved", "POST /moved was answered with 302 Found, and redirects are not followed"),
        ("PUT /a\n\n###\nGET /../gone", "the 1 before it had been sent, and would be sent again"),
    ] {
        let (performed, _) = perform(&Sessions::new(), &effect(base(address), text)).await;
        assert!(!performed.succeeded && performed.outcome.summary.contains(said), "{}", performed.outcome.summary);
    }
    assert_eq!(asked.lock().expect("nobody panics here").len(), 6);
    let (performed, output) = perform(&Sessions::new(), &effect(base(address), "GET /../moved")).await;
    assert!(performed.succeeded && output.contains("Location: /elsewhere\n"), "{output}");
}

#[tokio::test]
async fn a_secret_goes_into_a_header_of_the_target_and_nowhere_else() {
    let (address, asked) = serve(None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "correct-horse-battery\n").expect("the file is written");
    let with_secret = |text: &str| {
        let mut effect = effect(base(address), text);
        effect.target.env = BTreeMap::from([("ADMIN_KEY".to_owned(), SecretRef::File(path.display().to_string()))]);
        effect
    };
    let text = "GET /../echo\nX-Admin: $ADMIN_KEY";
    let (performed, output) = perform(&Sessions::new(), &with_secret(text)).await;
    assert!(performed.succeeded && output.contains("x-admin: [redacted]"), "{output}");
    assert!(asked.lock().expect("nobody panics here")[0].contains("x-admin: correct-horse-battery"));
    for (text, said) in [
        ("GET /a?key=${ADMIN_KEY}", "has the secret `ADMIN_KEY` in an address (line 10)"),
        ("GET http://127.0.0.2:1/a\nX-Admin: $ADMIN_KEY", "would send a secret to 127.0.0.2 (line 10)"),
        ("GET /a\nX-Admin: $NO_SUCH", "needs the variable `NO_SUCH` (line 10), which has no value"),
        ("GET https://ana:hunter2@host/a", "has credentials in its address"),
        ("FETCH /a", "line 10 begins with `FETCH`"),
    ] {
        let (performed, output) = perform(&Sessions::new(), &with_secret(text)).await;
        let summary = performed.outcome.summary;
        assert!(
            !performed.succeeded && summary.contains(said) && summary.ends_with("nothing of this step was run"),
            "{summary}"
        );
        assert_eq!(output, "");
    }
    let (performed, _) = perform(&Sessions::new(), &effect(None, "GET /a")).await;
    assert!(performed.outcome.summary.contains("give it `http` in the configuration"), "{}", performed.outcome.summary);
}

#[tokio::test]
async fn a_change_whose_answer_does_not_come_is_not_known_to_have_happened() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        }
    });
    let (performed, _) = perform(&Sessions::new(), &effect(base(address), "POST /a")).await;
    assert!(performed.outcome.summary.ends_with("it is not known whether it happened: look before it is sent again"));
    let (performed, _) = perform(&Sessions::new(), &effect(base(address), "GET /a")).await;
    assert!(
        performed.outcome.summary.contains("there is no answer") && !performed.outcome.summary.contains("not known")
    );
    server.join().expect("the server ends");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
    let (performed, _) = perform(&Sessions::new(), &effect(base(free), "POST /a")).await;
    assert!(performed.outcome.summary.ends_with("; nothing was sent"), "{}", performed.outcome.summary);
}

#[tokio::test]
async fn a_long_answer_is_shown_to_a_limit_and_a_cancelled_run_waits_for_none() {
    let (address, _) = serve(None).await;
    let (performed, output) = perform(&Sessions::new(), &effect(base(address), "GET /../long")).await;
    assert!(performed.succeeded);
    assert!(output.ends_with("[the first 262144 bytes of 1048576 are shown]\n"), "{}", &output[output.len() - 100..]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = effect(base(listener.local_addr().expect("an address")), "POST /a");
    let sessions = Arc::new(Sessions::new());
    let performing = {
        let sessions = Arc::clone(&sessions);
        tokio::spawn(async move { perform(&sessions, &silent).await })
    };
    let _connection = listener.accept().await.expect("a connection");
    sessions.cancel(RUN).await;
    let (performed, _) = performing.await.expect("it ends");
    assert!(performed.outcome.summary.contains("the run was cancelled; it is not known whether it happened"));
}

#[tokio::test]
async fn a_certificate_is_believed_from_those_whom_the_machine_believes() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, key.cert.pem()).expect("the file is written");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![key.cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).expect("a key"),
        )
        .expect("a configuration");
    let (address, asked) = serve(Some(tokio_rustls::TlsAcceptor::from(Arc::new(config)))).await;
    let effect = effect(Some(format!("https://localhost:{}", address.port())), "POST /a");
    let (performed, _) = perform(&Sessions::new(), &effect).await;
    assert!(performed.outcome.summary.contains("there is no connection"), "{}", performed.outcome.summary);
    assert!(asked.lock().expect("nobody panics here").is_empty());
    let trust = TrustStore::native().with_bundle(&bundle).expect("a bundle");
    let (performed, _) = perform(&Sessions::new().trusting(trust), &effect).await;
    assert!(performed.succeeded, "{}", performed.outcome.summary);
}
