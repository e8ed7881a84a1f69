//! A visitor of PrepChef: sees what users see, and can reach the fault switches.

use anyhow::Context as _;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Name of the switch that simulates a bad release.
pub(super) const FAULT: &str = "city-api";

/// Somebody who looks at PrepChef from outside.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    client: Client,
    url: String,
}

impl Visitor {
    /// A visitor of the PrepChef at this address.
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        // What runs on the loopback interface is not behind a proxy.
        let client = Client::builder().no_proxy().build().context("there is no HTTP client")?;
        Ok(Self { client, url: url.to_owned() })
    }

    /// What `/health` says.
    pub(super) async fn health(&self) -> anyhow::Result<Value> {
        self.read("/health").await
    }

    /// The status of the page that users miss while the fault is on.
    pub(super) async fn requirements(&self) -> anyhow::Result<StatusCode> {
        let url = format!("{}/city/san_francisco/requirements", self.url);
        Ok(self.client.get(url).send().await.context("PrepChef does not answer")?.status())
    }

    /// Rolls out the bad release.
    pub(super) async fn inject(&self) -> anyhow::Result<()> {
        let url = format!("{}/admin/faults/{FAULT}", self.url);
        let answer = self.client.put(url).json(&json!({ "mode": "error" })).send().await;
        answer.and_then(reqwest::Response::error_for_status).context("PrepChef took no fault").map(drop)
    }

    /// Whether the bad release is still out.
    pub(super) async fn is_broken(&self) -> anyhow::Result<bool> {
        Ok(!self.read("/admin/faults").await?["faults"][FAULT].is_null())
    }

    async fn read(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.context("PrepChef does not answer")?;
        answer.json().await.with_context(|| format!("PrepChef's {path} did not answer JSON"))
    }
}
