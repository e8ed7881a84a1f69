//! The console's API as a person's browser or script speaks it: over TCP, with the admin token, in somebody's name.

use anyhow::{Context as _, bail};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

/// A person at the console.
#[derive(Debug, Clone)]
pub(super) struct Console {
    client: Client,
    url: String,
    token: String,
    person: String,
}

impl Console {
    /// The console at this address, without a trailing slash.
    pub(super) fn new(url: &str, token: &str, person: &str) -> anyhow::Result<Self> {
        // What runs on the loopback interface is not behind a proxy.
        let client = Client::builder().no_proxy().build().context("there is no HTTP client")?;
        Ok(Self { client, url: url.to_owned(), token: token.to_owned(), person: person.to_owned() })
    }

    /// Reads from the API.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let response = self.send(Method::GET, path, None).await?;
        accepted(path, response).await?.json().await.with_context(|| format!("{path} did not answer JSON"))
    }

    /// Reads from the API, as text.
    pub(super) async fn text(&self, path: &str) -> anyhow::Result<String> {
        let response = self.send(Method::GET, path, None).await?;
        accepted(path, response).await?.text().await.with_context(|| format!("{path} broke off"))
    }

    /// Asks for a change. One that is in the log already is a conflict, and as good: whoever asks reads the log.
    pub(super) async fn post(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let response = self.send(Method::POST, path, Some(body)).await?;
        if response.status() == StatusCode::CONFLICT {
            return Ok(());
        }
        accepted(path, response).await.map(drop)
    }

    /// Reads what the public may read, without a token.
    pub(super) async fn public(&self, path: &str) -> anyhow::Result<Value> {
        let url = format!("{}/{path}", self.url);
        let response = self.client.get(url).send().await.with_context(|| format!("/{path} does not answer"))?;
        accepted(path, response).await?.json().await.with_context(|| format!("/{path} did not answer JSON"))
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Response> {
        let request = self
            .client
            .request(method, format!("{}/api/v1/{path}", self.url))
            .bearer_auth(&self.token)
            .header("X-Allclear-Actor", format!("person:{}", self.person));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.with_context(|| format!("{path} does not answer"))
    }
}

async fn accepted(path: &str, response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let said = response.text().await.unwrap_or_default();
    bail!("{path} answered {status}: {said}")
}
