//! Probes against real sockets on the loopback: servers that answer, hang, lie, flood, and show certificates.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use allclear_core::{HttpCondition, HttpProbe, Sample, Verdict};
use allclear_drivers::{TrustStore, probe_http};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a server does with a request that it has read.
#[derive(Clone)]
enum Behaviour {
    Answer(String),
    /// Reads, and says nothing.
    Hang,
    /// Promises more than it sends, and keeps the connection open.
    HangInBody,
    /// Promises more than it sends, and closes.
    BreakOff,
    Close,
    /// One header line of 10 MB.
    HugeHeader,
    /// A body of so many bytes.
    Body(usize),
    /// 503 to every second request.
    EverySecondFails(Arc<AtomicUsize>),
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn status(line: &str) -> Behaviour {
    Behaviour::Answer(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"))
}

/// Answers one request; returns what it was.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, behaviour: Behaviour) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    match behaviour {
        Behaviour::Answer(answer) => stream.write_all(answer.as_bytes()).await?,
        Behaviour::Hang => std::future::pending().await,
        Behaviour::HangInBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab").await?;
            std::future::pending().await
        }
        Behaviour::BreakOff => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab").await?,
        Behaviour::Close => {}
        Behaviour::HugeHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Flood: ").await?;
            for _ in 0..10_000 {
                stream.write_all(&[b'x'; 1000]).await?;
            }
        }
        Behaviour::Body(length) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes()).await?;
            stream.write_all(&vec![b'x'; length]).await?;
        }
        Behaviour::EverySecondFails(count) => {
            let failing = count.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            let line = if failing { "503 Service Unavailable" } else { "200 OK" };
            stream.write_all(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
        }
    }
    stream.shutdown().await
}

async fn serve(behaviour: Behaviour) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, behaviour.clone()));
        }
    });
    address
}

fn probe_of(url: String) -> HttpProbe {
    HttpProbe {
        method: "GET".to_owned(),
        url,
        headers: Vec::new(),
        body: None,
        samples: 1,
        p95_limit_ms: None,
        connect_timeout_ms: 5000,
        timeout_ms: 10_000,
        conditions: vec![HttpCondition::Status(200, 299)],
    }
}

async fn ask(probe: &HttpProbe) -> Sample {
    let nobody = std::env::temp_dir().join("no-such-bundle");
    assert!(TrustStore::native().with_bundle(&nobody).is_err(), "a bundle that is not there is an error");
    probe_http(probe, Timestamp::UNIX_EPOCH, &TrustStore::native()).await
}

fn reason(sample: &Sample) -> &str {
    match &sample.verdict {
        Verdict::Pass => "passed",
        Verdict::Fail { reason } => reason,
    }
}

#[tokio::test]
async fn an_answer_in_time_passes_and_every_phase_is_measured() {
    let address = serve(Behaviour::Answer(ok(r#"{"status":"ok"}"#))).await;
    let mut probe = probe_of(format!("http://{address}/health?deep=1"));
    probe.samples = 5;
    probe.p95_limit_ms = Some(10_000);
    probe.conditions.push(HttpCondition::BodyContains("ok".to_owned()));
    probe.conditions.push(HttpCondition::JsonEquals("/status".to_owned(), "ok".into()));
    let sample = ask(&probe).await;
    assert_eq!(reason(&sample), "passed");
    assert_eq!(sample.requests.len(), 5);
    for request in &sample.requests {
        assert_eq!((request.status, request.error.as_deref()), (Some(200), None));
        let phases = [request.dns_ms, request.connect_ms, request.first_byte_ms, request.body_ms];
        let sum: f64 = phases.iter().map(|phase| phase.expect("the phase was reached")).sum();
        assert!(request.tls_ms.is_none() && sum <= request.total_ms + 0.01, "{request:?}");
    }
    assert!(sample.p95_ms.is_some() && sample.certificate_expires_at.is_none());
}

#[tokio::test]
async fn a_refused_connection_is_a_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let sample = ask(&probe_of(format!("http://{address}/"))).await;
    assert_eq!(reason(&sample), format!("connect to {address} was refused"));
    assert_eq!(sample.p95_ms, None);
}

#[tokio::test]
async fn failures_of_the_server_are_sentences() {
    for (behaviour, sentence) in [
        (status("503 Service Unavailable"), "answered 503 where 200–299 was expected"),
        (status("302 Found"), "answered 302 where 200–299 was expected"),
        (Behaviour::Close, "PLACE closed the connection before it answered"),
        (Behaviour::BreakOff, "the answer broke off after 2 bytes of its body"),
        (Behaviour::Answer("SSH-2.0-OpenSSH\r\n\r\n".to_owned()), "the answer from PLACE is not HTTP"),
        (Behaviour::HugeHeader, "the header of the answer from PLACE is larger than 64 KiB or has more than 100 lines"),
    ] {
        let address = serve(behaviour).await;
        let sample = ask(&probe_of(format!("http://{address}/"))).await;
        let sentence = sentence.replace("PLACE", &address.to_string());
        assert!(reason(&sample).starts_with(&sentence), "{} is not {sentence}", reason(&sample));
    }
}

#[tokio::test]
async fn a_server_that_hangs_ends_with_the_limit() {
    let address = serve(Behaviour::Hang).await;
    let mut probe = probe_of(format!("http://{address}/"));
    probe.timeout_ms = 50;
    let sample = ask(&probe).await;
    assert_eq!(reason(&sample), format!("{address} did not answer within 50 ms"));
    let address = serve(Behaviour::HangInBody).await;
    probe.url = format!("http://{address}/");
    let sample = ask(&probe).await;
    assert_eq!(reason(&sample), "answered 200, but its body was not complete within 50 ms");
}

#[tokio::test]
async fn a_tls_server_that_says_nothing_ends_with_the_limit_for_connecting() {
    let address = serve(Behaviour::Hang).await;
    let mut probe = probe_of(format!("https://{address}/"));
    probe.connect_timeout_ms = 50;
    let sample = ask(&probe).await;
    assert_eq!(reason(&sample), format!("the TLS handshake with {address} was not finished within 50 ms"));
}

#[tokio::test]
async fn requests_go_on_after_one_has_failed() {
    let address = serve(Behaviour::EverySecondFails(Arc::default())).await;
    let mut probe = probe_of(format!("http://{address}/"));
    probe.samples = 4;
    let sample = ask(&probe).await;
    let statuses: Vec<Option<u16>> = sample.requests.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), Some(503), Some(200), Some(503)]);
    assert_eq!(reason(&sample), "2 of 4 requests failed: answered 503 where 200–299 was expected");
}

#[tokio::test]
async fn a_slow_percentile_is_a_sentence() {
    let address = serve(Behaviour::Answer(ok(""))).await;
    let mut probe = probe_of(format!("http://{address}/"));
    probe.samples = 3;
    probe.p95_limit_ms = Some(0);
    let sample = ask(&probe).await;
    let reason = reason(&sample);
    assert!(reason.starts_with("p95 of 3 samples is ") && reason.ends_with(" ms, limit 0 ms"), "{reason}");
}

#[tokio::test]
async fn a_large_body_is_drained_and_looked_at_up_to_its_limit() {
    let address = serve(Behaviour::Body(5_000_000)).await;
    let mut probe = probe_of(format!("http://{address}/"));
    assert_eq!(reason(&ask(&probe).await), "passed");
    probe.conditions.push(HttpCondition::BodyContains("y".to_owned()));
    assert_eq!(reason(&ask(&probe).await), "the first 1024 KiB of the body do not contain `y`");
}

#[tokio::test]
async fn what_cannot_be_asked_says_why_without_telling_secrets() {
    for (url, sentence) in [
        ("not a url", "the URL of this check is not valid: relative URL without a base"),
        ("ftp://example.org", "the URL of this check begins with `ftp:` where http or https was expected"),
        (
            "http://user:hunter22@localhost/",
            "the URL of this check holds a user name or a password: give an Authorization header instead",
        ),
    ] {
        assert_eq!(reason(&ask(&probe_of(url.to_owned())).await), sentence);
    }
    let mut probe = probe_of("http://localhost/".to_owned());
    probe.headers.push(("X-Key".to_owned(), "hunter22\n".to_owned()));
    assert_eq!(reason(&ask(&probe).await), "the header `X-Key` of this check is not valid");
}

/// An authority of the test's own, and the bundle that trusts it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    bundle: tempfile::NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        let bundle = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(bundle.path(), certificate.pem()).expect("the bundle is written");
        Self { issuer: Issuer::new(params, key), bundle }
    }

    fn trust(&self) -> TrustStore {
        TrustStore::native().with_bundle(self.bundle.path()).expect("the bundle is valid")
    }

    /// A server with a certificate for this name that expires in that year.
    async fn serve(&self, name: &str, year: i32) -> SocketAddr {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("the name is valid");
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate: CertificateDer<'static> =
            params.signed_by(&key, &self.issuer).expect("a certificate").der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("the key is the certificate's");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = converse(stream, Behaviour::Answer(ok("fine"))).await;
                    }
                });
            }
        });
        address
    }
}

fn year_of(sample: &Sample) -> Option<i16> {
    sample.certificate_expires_at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).year())
}

#[tokio::test]
async fn a_good_certificate_passes_and_its_expiry_is_recorded() {
    let authority = Authority::new();
    let address = authority.serve("localhost", 2099).await;
    let probe = probe_of(format!("https://localhost:{}/", address.port()));
    let sample = probe_http(&probe, Timestamp::UNIX_EPOCH, &authority.trust()).await;
    assert_eq!(reason(&sample), "passed");
    assert!(sample.requests[0].tls_ms.is_some());
    assert_eq!(year_of(&sample), Some(2099));
}

#[tokio::test]
async fn a_bad_certificate_fails_and_its_expiry_is_recorded_all_the_same() {
    let authority = Authority::new();
    let expired = authority.serve("localhost", 2020).await.port();
    let elsewhere = authority.serve("elsewhere.example", 2098).await.port();
    let good = authority.serve("localhost", 2099).await.port();
    for (port, trust, year, sentence) in [
        (expired, authority.trust(), 2020, "the certificate of localhost:PORT expired at 2020-01-01T00:00:00Z"),
        (elsewhere, authority.trust(), 2098, "the certificate of localhost:PORT is not for the name `localhost`"),
        (
            good,
            TrustStore::native(),
            2099,
            "the certificate of localhost:PORT is not signed by an authority that this machine trusts",
        ),
    ] {
        let probe = probe_of(format!("https://localhost:{port}/"));
        let sample = probe_http(&probe, Timestamp::UNIX_EPOCH, &trust).await;
        assert_eq!(reason(&sample), sentence.replace("PORT", &port.to_string()));
        assert_eq!(year_of(&sample), Some(year));
    }
}
