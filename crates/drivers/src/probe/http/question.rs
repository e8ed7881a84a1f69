//! The question of an HTTP probe, checked once before it is asked.
//!
//! Invariant: no sentence of this module repeats a header's value, a body or a URL: each may hold a secret.

use std::time::Duration;

use allclear_core::{HttpCondition, HttpProbe};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use reqwest::Url;

/// Where to ask, what, and for how long.
pub(super) struct Question<'a> {
    /// Host without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) conditions: &'a [HttpCondition],
    request: Request<Full<Bytes>>,
}

impl<'a> Question<'a> {
    /// The question of the probe, or why it cannot be asked.
    pub(super) fn of(probe: &'a HttpProbe) -> Result<Self, String> {
        let url = Url::parse(&probe.url).map_err(|error| format!("the URL of this check is not valid: {error}"))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => {
                return Err(format!("the URL of this check begins with `{other}:` where http or https was expected"));
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL of this check holds a user name or a password: give an Authorization header instead"
                .to_owned());
        }
        let host = url.host_str().unwrap_or_default();
        let timeout = Duration::from_millis(probe.timeout_ms.into());
        Ok(Self {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port_or_known_default().unwrap_or(if tls { 443 } else { 80 }),
            tls,
            connect_timeout: timeout.min(Duration::from_millis(probe.connect_timeout_ms.into())),
            timeout,
            conditions: &probe.conditions,
            request: request(probe, &url)?,
        })
    }

    /// `host:port`, as the sentences name it.
    pub(super) fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// A request of its own for every sample.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        self.request.clone()
    }

    /// Whether a condition looks into the body.
    pub(super) fn reads_body(&self) -> bool {
        self.conditions.iter().any(|condition| !matches!(condition, HttpCondition::Status(..)))
    }
}

fn request(probe: &HttpProbe, url: &Url) -> Result<Request<Full<Bytes>>, String> {
    let method = Method::from_bytes(probe.method.to_ascii_uppercase().as_bytes())
        .map_err(|_| "the method of this check is not one of HTTP".to_owned())?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let uri: Uri = target.parse().map_err(|_| "the path of this check's URL is not valid".to_owned())?;
    let mut request = Request::new(Full::new(Bytes::from(probe.body.clone().unwrap_or_default())));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let authority = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let host = HeaderValue::from_str(&authority).map_err(|_| "the host of this check's URL is not valid".to_owned())?;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(crate::USER_AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if probe.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &probe.headers {
        let invalid = || format!("the header `{}` of this check is not valid", name.escape_debug());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        headers.insert(name, HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    Ok(request)
}
