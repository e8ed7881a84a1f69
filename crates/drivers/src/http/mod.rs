//! HTTP: performing the requests of an `http` fence against the target.
//!
//! Invariants: a secret comes from the target's environment and goes into headers or a body, never into an address,
//! which servers write into their logs; with a secret a request goes to the target's own base and nowhere else.
//! Redirects are not followed: where a change ends up has to be written down. A change whose answer does not come is not
//! known to have happened or not. An answer is shown up to a limit.

use std::time::{Duration, Instant};

use allclear_core::{EffectClass, HttpRequest, http_requests};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Method, Response, Url};

use crate::perform::{Failure, Stage, Task};
use crate::redact::Redactor;

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a server may be silent.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of an answer that are shown.
const SHOWN_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an answer that are read.
const READ_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Characters of an answer that stand in the sentence about a failure.
const TOLD_CHARS_MAX: usize = 200;

/// What is wrong with the command, before anything is sent.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    prepared(task).map(drop)
}

/// A request with everything filled in.
struct Prepared {
    request: HttpRequest,
    url: Url,
}

/// Performs the requests of a command in order, up to the first that fails; a few words about them.
pub(crate) async fn perform(task: &Task<'_>, stage: &mut Stage<'_>) -> Result<String, Failure> {
    let prepared = prepared(task)?;
    let client = Client::builder()
        .tls_backend_preconfigured(stage.trust.config())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .user_agent(crate::USER_AGENT)
        .build()
        .map_err(|error| format!("was not begun: no HTTP client could be made: {}", error.without_url()))?;
    let mut told = Vec::new();
    for (index, one) in prepared.iter().enumerate() {
        if stage.cancelled.is_set() {
            return Err("was not begun: the run was cancelled".to_owned().into());
        }
        let sent = send(&client, one, index, task, stage).await;
        told.push(sent.map_err(|error| match index {
            0 => format!("failed: {error}"),
            _ => format!("failed: {error}; the {index} before it had been sent, and would be sent again"),
        })?);
    }
    Ok(told.join(", "))
}

/// The requests with their variables filled in, or what is wrong with them.
fn prepared(task: &Task<'_>) -> Result<Vec<Prepared>, String> {
    let command = task.command;
    let at = |line: u32| format!("line {}", command.line + line);
    let requests = http_requests(&command.rendered)
        .map_err(|problem| format!("cannot be sent: {} {}", at(problem.line), problem.message))?;
    let secret = |name: &String| task.environment.secrets.iter().any(|(known, _)| known == name);
    let mut found = Vec::new();
    for request in requests {
        let names = request.variables();
        if let Some(name) = names.iter().find(|name| !task.environment.variables.contains_key(*name)) {
            return Err(format!("needs the variable `{name}` ({}), which has no value", at(request.line)));
        }
        let in_address = HttpRequest { headers: Vec::new(), body: None, ..request.clone() }.variables();
        if let Some(name) = in_address.iter().find(|name| secret(name)) {
            return Err(format!(
                "has the secret `{name}` in an address ({}), where servers and proxies write it down: put it in a header",
                at(request.line)
            ));
        }
        let filled = request.with_values(|name| task.environment.variables.get(name).cloned());
        let url = url(task, &filled.address)?;
        if names.iter().any(secret) && !is_own(task, &url) {
            return Err(format!(
                "would send a secret to {} ({}), which is not the `http` of the target",
                url.host_str().unwrap_or("another host"),
                at(request.line)
            ));
        }
        found.push(Prepared { request: filled, url });
    }
    Ok(found)
}

/// The whole address: a path starts from the target's base.
fn url(task: &Task<'_>, address: &str) -> Result<Url, String> {
    let scope = task.scope;
    let whole = match (&scope.target.http, address.starts_with('/')) {
        (Some(base), true) => format!("{base}{address}"),
        (None, true) => {
            return Err(format!(
                "begins with a path, and target `{}` does not say from where: give it `http` in the configuration",
                scope.plan.target
            ));
        }
        (_, false) => address.to_owned(),
    };
    let url = Url::parse(&whole).map_err(|error| format!("has no valid address: {error}"))?;
    match url.scheme() {
        "http" | "https" if url.password().is_none() && url.username().is_empty() => Ok(url),
        "http" | "https" => Err("has credentials in its address: put them in a header".to_owned()),
        scheme => Err(format!("has an address that begins with `{scheme}:`, which is not spoken here")),
    }
}

/// Whether the address is under the base of the target.
fn is_own(task: &Task<'_>, url: &Url) -> bool {
    let base = task.scope.target.http.as_ref().and_then(|base| Url::parse(base).ok());
    base.is_some_and(|base| base.origin() == url.origin())
}

/// Sends one request and shows its answer; a few words about it, or why it failed.
async fn send(
    client: &Client,
    prepared: &Prepared,
    index: usize,
    task: &Task<'_>,
    stage: &mut Stage<'_>,
) -> Result<String, String> {
    let Prepared { request, url } = prepared;
    let observes = request.effect() == EffectClass::Observe;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| "its method is not valid".to_owned())?;
    let mut building = client.request(method, url.clone());
    for (name, value) in &request.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let (key, mut value) = header.ok_or_else(|| format!("the header `{name}` has a value that cannot be sent"))?;
        value.set_sensitive(true);
        building = building.header(key, value);
    }
    let has = |wanted: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    if !observes && !has("Idempotency-Key") {
        // The same for every attempt at this step: a server that knows the header does it once.
        let scope = task.scope;
        building =
            building.header("Idempotency-Key", format!("{}:{}:{}:{index}", scope.run, scope.step, task.command.line));
    }
    if let Some(body) = &request.body {
        if !has("Content-Type") && body.starts_with(['{', '[']) {
            building = building.header(CONTENT_TYPE, "application/json");
        }
        building = building.body(body.clone());
    }
    let began = Instant::now();
    let exchange = async {
        let response = building.send().await?;
        Answer::read(response).await
    };
    let answer = tokio::select! {
        biased;
        answer = exchange => answer.map_err(|error| unanswered(error, observes))?,
        () = stage.cancelled.wait() => return Err(format!("the run was cancelled{}", unknown(observes))),
    };
    let place = format!("{} {}", request.method, url.path());
    let elapsed = began.elapsed().as_millis();
    stage.sink.send(answer.shown(&place, elapsed).as_bytes()).await;
    let redactor = Redactor::new(task.environment.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())));
    answer.judged(&place, observes, &redactor)
}

/// An answer, as much of it as is kept.
struct Answer {
    status: reqwest::StatusCode,
    kind: String,
    location: Option<String>,
    body: Vec<u8>,
    length: usize,
    whole: bool,
}

impl Answer {
    async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let mut answer = Self {
            status: response.status(),
            kind: header(CONTENT_TYPE).unwrap_or_default().to_owned(),
            location: header(LOCATION).map(str::to_owned),
            body: Vec::new(),
            length: 0,
            whole: true,
        };
        while let Some(chunk) = response.chunk().await? {
            answer.length += chunk.len();
            let room = SHOWN_BYTES_MAX.saturating_sub(answer.body.len()).min(chunk.len());
            answer.body.extend_from_slice(&chunk[..room]);
            if answer.length > READ_BYTES_MAX {
                answer.whole = false;
                break;
            }
        }
        Ok(answer)
    }

    /// What the output says.
    fn shown(&self, place: &str, elapsed_ms: u128) -> String {
        let mut out = format!("{place}: {} ({elapsed_ms} ms)\n", self.status);
        if let Some(location) = &self.location {
            out.push_str(&format!("Location: {location}\n"));
        }
        match std::str::from_utf8(&self.body) {
            Ok(text) => out.push_str(text),
            Err(error) if error.error_len().is_none() => {
                out.push_str(&String::from_utf8_lossy(&self.body[..error.valid_up_to()]));
            }
            Err(_) => out.push_str(&format!("[{} bytes of {}]", self.length, self.kind)),
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
        if self.length > self.body.len() {
            let more = if self.whole { "" } else { "more than " };
            out.push_str(&format!("[the first {} bytes of {more}{} are shown]\n", self.body.len(), self.length));
        }
        out
    }

    /// Whether the server did what it was asked for.
    fn judged(&self, place: &str, observes: bool, redactor: &Redactor) -> Result<String, String> {
        let status = self.status;
        if status.is_success() || observes && status.is_redirection() {
            return Ok(format!("{place}: {status}"));
        }
        if status.is_redirection() {
            return Err(format!("{place} was answered with {status}, and redirects are not followed"));
        }
        // Cleaned before it is cut, so that no half of a secret stays.
        let said = redactor.text(&String::from_utf8_lossy(&self.body));
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TOLD_CHARS_MAX).collect();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let doubt = if status.is_server_error() { unknown(observes) } else { "" };
        Err(format!("{place} was answered with {status}{said}{doubt}"))
    }
}

const fn unknown(observes: bool) -> &'static str {
    if observes { "" } else { "; it is not known whether it happened: look before it is sent again" }
}

/// Why there is no answer; the address may hold what is nobody's business.
fn unanswered(error: reqwest::Error, observes: bool) -> String {
    let error = error.without_url();
    let host = if error.is_connect() { "there is no connection" } else { "there is no answer" };
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let sent = if error.is_connect() || error.is_builder() { "; nothing was sent" } else { unknown(observes) };
    format!("{host} ({}){sent}", causes.join(": "))
}
