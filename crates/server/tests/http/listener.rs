//! Real sockets: limits, streams, and an end that cuts nobody off.

use std::sync::Arc;
use std::time::Duration;

use allclear_server::{serve, serve_local};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::oneshot;

use crate::support::Stage;

async fn listening(stage: &Stage) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (router, site) = (stage.public.clone(), Arc::clone(&stage.site));
    let serving = tokio::spawn(serve(listener, router, site, async { drop(stopped.await) }));
    (address, stop, serving)
}

async fn conversation(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_header_of_ten_megabytes_is_refused_and_costs_little() {
    let stage = Stage::set().await;
    let (address, _stop, _serving) = listening(&stage).await;
    let long = format!("GET /status HTTP/1.1\r\nhost: a\r\nx-long: {}", "a".repeat(10_000_000));
    let answer = conversation(address, &long).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let after = conversation(address, "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(after.starts_with("HTTP/1.1 200"), "{after}");
}

#[tokio::test]
async fn a_stream_ends_properly_when_the_server_stops() {
    let stage = Stage::set().await;
    let (address, stop, serving) = listening(&stage).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/v1/events/follow?after=0 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
        stage.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut told = vec![0; 4096];
    let count = stream.read(&mut told).await.unwrap();
    assert!(String::from_utf8_lossy(&told[..count]).contains("text/event-stream"));
    stop.send(()).unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(4), stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "the last chunk is missing: {}", String::from_utf8_lossy(&rest));
    tokio::time::timeout(Duration::from_secs(4), serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_socket_serves_the_api_to_whoever_may_open_it() {
    let stage = Stage::set().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("allclear.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (router, site) = (stage.local.clone(), Arc::clone(&stage.site));
    let serving = tokio::spawn(serve_local(listener, router, site, std::future::pending()));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"GET /api/v1/incidents HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("[]"), "{answer}");
    serving.abort();
}
