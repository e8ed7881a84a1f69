//! Fault switches: what somebody broke on purpose, and the gate that makes it felt.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{No, body};
use super::{RELEASE, Shared};

/// The switches, as they are written in URLs.
const FAULT_NAMES: [&str; 3] = ["city-api", "health", "payments"];

const RETRY_PAYMENTS_AFTER_S: &str = "30";

/// Every fault that is on, and the file that says so.
#[derive(Debug)]
pub(super) struct Faults {
    on: BTreeMap<FaultName, Fault>,
    file: PathBuf,
}

/// A part of PrepChef that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FaultName {
    /// The city endpoints, as after a bad release.
    CityApi,
    /// The health endpoint.
    Health,
    /// The payments endpoints.
    Payments,
}

/// How it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    mode: Mode,
    /// How much later a slow answer comes.
    #[serde(default)]
    delay_ms: u64,
}

/// What a broken part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    /// It answers with an error.
    Error,
    /// It answers rightly, `delay_ms` later.
    Slow,
    /// It accepts the request and never answers.
    Hang,
}

impl FromStr for FaultName {
    type Err = No;

    fn from_str(name: &str) -> Result<Self, No> {
        match name {
            "city-api" => Ok(Self::CityApi),
            "health" => Ok(Self::Health),
            "payments" => Ok(Self::Payments),
            _ => {
                let known = FAULT_NAMES.join(", ");
                Err(No(StatusCode::NOT_FOUND, format!("there is no fault `{name}`: the switches are {known}")))
            }
        }
    }
}

impl Faults {
    pub(super) fn load(file: PathBuf) -> std::io::Result<Self> {
        let on = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { on, file })
    }

    /// Sets or clears one switch; nothing changes unless the file does.
    fn set(&mut self, name: FaultName, fault: Option<Fault>) -> Result<Json<Value>, No> {
        let mut on = self.on.clone();
        match fault {
            Some(fault) => drop(on.insert(name, fault)),
            None => drop(on.remove(&name)),
        }
        self.save(&on).map_err(|error| {
            No(StatusCode::INTERNAL_SERVER_ERROR, format!("{} cannot be written: {error}", self.file.display()))
        })?;
        self.on = on;
        Ok(self.answer())
    }

    fn save(&self, on: &BTreeMap<FaultName, Fault>) -> std::io::Result<()> {
        let new = self.file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(on)?)?;
        std::fs::rename(new, &self.file)
    }

    fn answer(&self) -> Json<Value> {
        Json(json!({ "faults": self.on }))
    }
}

/// `GET /admin/faults`
pub(super) async fn list(State(shared): State<Shared>) -> Json<Value> {
    shared.lock().faults.answer()
}

/// `PUT /admin/faults/{name}`
pub(super) async fn switch_on(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, No> {
    shared.lock().faults.set(name.parse()?, Some(body(&bytes)?))
}

/// `DELETE /admin/faults/{name}`; switching off what is off is fine.
pub(super) async fn switch_off(State(shared): State<Shared>, Path(name): Path<String>) -> Result<Json<Value>, No> {
    shared.lock().faults.set(name.parse()?, None)
}

/// Lets a request through, or does to it what the fault of its part says.
pub(super) async fn gate(State((shared, name)): State<(Shared, FaultName)>, request: Request, next: Next) -> Response {
    let fault = shared.lock().faults.on.get(&name).copied();
    match fault.map(|fault| (fault.mode, fault.delay_ms)) {
        None => next.run(request).await,
        Some((Mode::Error, _)) => broken(name),
        Some((Mode::Slow, delay_ms)) => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            next.run(request).await
        }
        Some((Mode::Hang, _)) => std::future::pending().await,
    }
}

fn broken(name: FaultName) -> Response {
    match name {
        FaultName::CityApi => {
            let said = format!("release {RELEASE} asks for a column `fee_basis` that the database does not have");
            No(StatusCode::INTERNAL_SERVER_ERROR, said).into_response()
        }
        FaultName::Health => {
            let said = json!({ "status": "failing", "service": "prepchef", "release": RELEASE });
            (StatusCode::SERVICE_UNAVAILABLE, Json(said)).into_response()
        }
        FaultName::Payments => {
            let said = No(StatusCode::SERVICE_UNAVAILABLE, "payments are switched off; nothing was charged".to_owned());
            ([(header::RETRY_AFTER, RETRY_PAYMENTS_AFTER_S)], said).into_response()
        }
    }
}
