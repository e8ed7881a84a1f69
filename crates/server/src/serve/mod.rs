//! Accepts connections and serves them until told to stop.
//!
//! Invariants: a header of any length or slowness costs a bounded amount of memory and time; after the signal every
//! request under way is answered, within a grace.

mod lingering;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::site::Site;
use lingering::Lingering;

const HEADER_BYTES_MAX: usize = 64 * 1024;
const HEADER_WITHIN: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(5);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves `router` on TCP until `shutdown` ends; then closes the site's streams and answers what is under way.
pub async fn serve(listener: TcpListener, router: Router, site: Arc<Site>, shutdown: impl Future<Output = ()>) {
    let listener = Arc::new(listener);
    let accept = move || {
        let listener = Arc::clone(&listener);
        async move {
            let (stream, _) = listener.accept().await?;
            // An answer is written whole, so waiting for more to send only delays it.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
    };
    accept_until(accept, router, site, shutdown).await;
}

/// Serves `router`, usually [`crate::local_router`], on a unix socket. Guarding the socket's file is the caller's.
pub async fn serve_local(listener: UnixListener, router: Router, site: Arc<Site>, shutdown: impl Future<Output = ()>) {
    let listener = Arc::new(listener);
    let accept = move || {
        let listener = Arc::clone(&listener);
        async move { listener.accept().await.map(|(stream, _)| stream) }
    };
    accept_until(accept, router, site, shutdown).await;
}

async fn accept_until<S: AsyncRead + AsyncWrite + Unpin + Send + 'static, F: Future<Output = io::Result<S>>>(
    accept: impl Fn() -> F,
    router: Router,
    site: Arc<Site>,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept() => match accepted {
                Ok(stream) => drop(connections.spawn(converse(stream, router.clone(), stopping.clone()))),
                Err(error) => {
                    // Mostly too many open files: it passes when somebody hangs up.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            },
        }
    }
    site.close();
    stop.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // What has not ended by then is cut off when the set is dropped.
    let _ = tokio::time::timeout(GRACE, all).await;
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router.map_request(|request: Request<Incoming>| request.map(Body::new)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WITHIN)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = async { stopping.wait_for(|stop| *stop).await.is_ok() } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
