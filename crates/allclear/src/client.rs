//! How a verb reaches the engine: over the socket of a running server, or by running the engine itself.
//!
//! Both ways speak the same HTTP API to the same router, so a verb cannot tell the difference.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use allclear_core::{PageState, SecretRef, World};
use anyhow::{Context as _, bail};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

use crate::Common;
use crate::exit::{Exit, Failure};
use crate::host::{self, Host};

/// Header that names who asks; trusted on the socket, which only its owner can open.
const ACTOR_HEADER: &str = "x-allclear-actor";

/// Where a person's token may wait for the verbs.
const TOKEN_VARIABLE: &str = "ALLCLEAR_TOKEN";

/// A way to the engine.
pub(crate) struct Client {
    way: Way,
    identity: Identity,
    /// Whether the end is not to wait for what is under way.
    in_hurry: AtomicBool,
}

/// As whom a verb asks.
enum Identity {
    /// As who sits at the terminal, by what the system says.
    Claimed(String),
    /// As the person whose token this is.
    Token(HeaderValue),
}

enum Way {
    /// A server is running.
    Socket(std::path::PathBuf),
    /// None is: the engine runs here, until the verb is done.
    Here { host: Box<Host>, router: Router },
}

impl Way {
    async fn to_server(common: &Common) -> Option<Self> {
        let socket = socket_path(&common.data_dir);
        UnixStream::connect(&socket).await.ok()?;
        Some(Self::Socket(socket))
    }
}

/// What the API answers when it does not do what was asked.
#[derive(Debug, serde::Deserialize)]
struct ApiError {
    code: String,
    message: String,
}

impl Client {
    /// Finds a running server on the data directory, or starts the engine here.
    pub(crate) async fn connect(common: &Common) -> anyhow::Result<Self> {
        let identity = identity(common)?;
        if let Some(way) = Way::to_server(common).await {
            return Ok(Self { way, identity, in_hurry: AtomicBool::new(false) });
        }
        let host = Host::start(common).await?;
        let router = host.local_router();
        Ok(Self { way: Way::Here { host: Box::new(host), router }, identity, in_hurry: AtomicBool::new(false) })
    }

    /// A way to the server that runs on the data directory, if one does.
    pub(crate) async fn of_server(common: &Common) -> anyhow::Result<Option<Self>> {
        let identity = identity(common)?;
        Ok(Way::to_server(common).await.map(|way| Self { way, identity, in_hurry: AtomicBool::new(false) }))
    }

    /// Lets go of the engine; one that ran here is stopped in good order, and says what it leaves undone.
    pub(crate) async fn close(self) {
        if self.in_hurry.into_inner() {
            return;
        }
        if let Way::Here { host, .. } = self.way {
            let engine = host.handle();
            tokio::select! {
                () = host.stop() => {}
                Ok(()) = host::signalled() => {
                    eprintln!("Cut short: a step that was under way is in doubt at the next start.");
                    return;
                }
            }
            // Only now: what was under way may have arrived within the grace of the stop.
            if let Some(words) = left_undone(&engine.world()) {
                eprintln!("{words}");
            }
        }
    }

    /// From now on the end waits for nothing: a step that is performed here is cut short.
    pub(crate) fn hurry(&self) {
        self.in_hurry.store(true, Ordering::Relaxed);
    }

    /// Reads.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.ask(Method::GET, path, Body::empty()).await
    }

    /// Asks for a change.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.ask(Method::POST, path, Body::from(serde_json::to_vec(body)?)).await
    }

    /// Reads a body of any size as it comes.
    pub(crate) async fn stream(&self, path: &str) -> anyhow::Result<Body> {
        let response = self.send(Method::GET, path, Body::empty()).await?;
        let status = response.status();
        if status.is_success() { Ok(response.into_body()) } else { Err(failure(status, response).await) }
    }

    /// Follows server-sent events: calls `on_event` with each `data` until it says stop or the stream ends.
    pub(crate) async fn follow(
        &self,
        path: &str,
        mut on_event: impl FnMut(&str, Value) -> anyhow::Result<std::ops::ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let mut events = self.events(path).await?;
        while let Some((name, data)) = events.next().await? {
            if on_event(&name, data)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Server-sent events, one after the other.
    pub(crate) async fn events(&self, path: &str) -> anyhow::Result<EventStream> {
        Ok(EventStream { body: self.stream(path).await?.into_data_stream(), buffer: Vec::new() })
    }

    /// Whether the engine runs in this very process, and ends with it.
    pub(crate) const fn is_here(&self) -> bool {
        matches!(self.way, Way::Here { .. })
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> anyhow::Result<T> {
        let response = self.send(method, path, body).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(failure(status, response).await);
        }
        let bytes = response.into_body().collect().await?.to_bytes();
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes).with_context(|| format!("{path} answered something unexpected"))
    }

    async fn send(&self, method: Method, path: &str, body: Body) -> anyhow::Result<Response<Body>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json");
        let request = match &self.identity {
            Identity::Claimed(actor) => request.header(ACTOR_HEADER, actor),
            Identity::Token(token) => request.header(header::AUTHORIZATION, token),
        };
        let request = request.body(body)?;
        match &self.way {
            Way::Here { router, .. } => match router.clone().oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            },
            Way::Socket(path) => over_socket(path, request).await,
        }
    }
}

/// Server-sent events as they come.
pub(crate) struct EventStream {
    body: BodyDataStream,
    buffer: Vec<u8>,
}

impl EventStream {
    /// Name and data of the next event; `None` at the end. Nothing is lost where the wait is given up.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<(String, Value)>> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = event_of(&String::from_utf8_lossy(&frame)) {
                    return Ok(Some(event));
                }
            }
            match self.body.next().await {
                Some(chunk) => self.buffer.extend_from_slice(&chunk.context("the server ended the stream")?),
                None => return Ok(None),
            }
        }
    }
}

/// What waits for a server that is not there; `None` where nothing does.
fn left_undone(world: &World) -> Option<String> {
    let messages = world.deliveries.len();
    let pages = world.pages.values().filter(|page| page.state == PageState::Paging).count();
    let mut waiting = Vec::new();
    if messages > 0 {
        waiting.push(
            if messages == 1 { "1 message has".to_owned() } else { format!("{messages} messages have") } + " not left",
        );
    }
    if pages > 0 {
        waiting.push(if pages == 1 { "1 page is".to_owned() } else { format!("{pages} pages are") } + " unanswered");
    }
    (!waiting.is_empty()).then(|| {
        let waiting = waiting.join(" and ");
        format!("{waiting}; while no server runs, nothing is retried and nobody else is paged: start `allclear up`.")
    })
}

async fn over_socket(path: &Path, request: Request<Body>) -> anyhow::Result<Response<Body>> {
    let gone = || format!("the server at {} does not answer; is `allclear up` still running?", path.display());
    let stream = UnixStream::connect(path).await.with_context(gone)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.with_context(gone)?;
    Ok(response.map(Body::new))
}

async fn failure(status: StatusCode, response: Response<Body>) -> anyhow::Error {
    let bytes = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Ok(error) = serde_json::from_slice::<ApiError>(&bytes) else {
        return anyhow::anyhow!("the server answered {status}");
    };
    let exit = match status {
        StatusCode::CONFLICT | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Exit::Refused
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Exit::Usage,
        _ => Exit::Problems,
    };
    Failure { exit, message: format!("{} [{}]", error.message, error.code) }.into()
}

/// Name and data of one server-sent event; comments and heartbeats have none.
fn event_of(frame: &str) -> Option<(String, Value)> {
    let mut name = "message".to_owned();
    let mut data = String::new();
    for line in frame.lines() {
        if let Some(value) = line.strip_prefix("event:") {
            value.trim().clone_into(&mut name);
        } else if let Some(value) = line.strip_prefix("data:") {
            data.push_str(value.trim_start());
        }
    }
    serde_json::from_str(&data).ok().map(|data| (name, data))
}

/// Where the server of a data directory listens for verbs.
pub(crate) fn socket_path(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("allclear.sock")
}

/// The token that was named, the one in the environment, or nothing but a name.
fn identity(common: &Common) -> anyhow::Result<Identity> {
    let place = match common.token.as_deref().map(|place| place.split_once(':')) {
        Some(Some(("env", name))) => Some(SecretRef::Env(name.to_owned())),
        Some(Some(("file", path))) => Some(SecretRef::File(path.to_owned())),
        Some(_) => {
            // What stands there may be the token itself: it is not repeated.
            let message = "`--token` takes the place of a token, `env:NAME` or `file:PATH`, not the token: everybody \
                           on this machine can read a command line";
            return Err(Failure::usage(message));
        }
        None => std::env::var_os(TOKEN_VARIABLE)
            .filter(|value| !value.is_empty())
            .map(|_| SecretRef::Env(TOKEN_VARIABLE.to_owned())),
    };
    let Some(place) = place else { return Ok(Identity::Claimed(actor())) };
    let token =
        allclear_drivers::resolve_secret(&place).map_err(|error| Failure::usage(format!("no token: {error}")))?;
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose().trim()))
        .map_err(|_| Failure::usage("that is no token: a token begins with alc_ and is one word"))?;
    header.set_sensitive(true);
    Ok(Identity::Token(header))
}

/// Who sits at the terminal.
fn actor() -> String {
    let named = ["ALLCLEAR_PERSON", "SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = named.filter(|name| !name.is_empty()).unwrap_or_else(|| "operator".to_owned());
    format!("person:{name}")
}

/// Reads an id as people type it.
pub(crate) fn id<T: std::str::FromStr<Err = allclear_core::BadId>>(text: &str) -> anyhow::Result<T> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(error) => bail!(Failure::usage(error.to_string())),
    }
}
