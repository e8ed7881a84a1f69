//! A small PrepChef: the service that the demonstration watches, over real HTTP on the loopback interface.
//!
//! It answers honestly: fees and sums are computed from the tables in `city.rs`, and what is broken is broken only
//! because somebody switched a fault on. A switch is on disk before it is answered, so that a bad release stays bad over
//! a restart; charges are forgotten.

mod answer;
mod city;
mod fault;
mod payment;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::fault::{FaultName, Faults};
use self::payment::Charges;

/// The release that this PrepChef says it is.
const RELEASE: &str = "2026.11.2";

/// A running PrepChef; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct PrepChef {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// What all requests share.
#[derive(Debug, Clone)]
struct Shared {
    kept: Arc<Mutex<Kept>>,
    started: Instant,
}

/// What PrepChef remembers.
#[derive(Debug)]
struct Kept {
    faults: Faults,
    charges: Charges,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PrepChef {
    /// Answers on this listener from now on; its fault switches stand as `switches`, a file that it may create, says.
    ///
    /// # Errors
    /// The listener has no address, or the file cannot be read.
    pub(crate) fn start(listener: TcpListener, switches: PathBuf) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let kept = Kept { faults: Faults::load(switches)?, charges: Charges::default() };
        let shared = Shared { kept: Arc::new(Mutex::new(kept)), started: Instant::now() };
        let serving = tokio::spawn(async move {
            // `serve` comes back only if the listener fails for good; the checks will notice.
            let _ = axum::serve(listener, router(shared)).await;
        });
        Ok(Self { address, serving })
    }

    /// Where it is reached, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for PrepChef {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(shared: Shared) -> Router {
    let gate = |name: FaultName| from_fn_with_state((shared.clone(), name), fault::gate);
    let health = Router::new().route("/health", get(health)).route_layer(gate(FaultName::Health));
    let cities = Router::new()
        .route("/city/{slug}/requirements", get(city::requirements))
        .route("/city/{slug}/requirements/estimate", post(city::estimate))
        .route_layer(gate(FaultName::CityApi));
    let payments = Router::new()
        .route("/payments/health", get(payment::health))
        .route("/payments/charge", post(payment::charge))
        .route_layer(gate(FaultName::Payments));
    let admin = Router::new()
        .route("/admin/faults", get(fault::list))
        .route("/admin/faults/{name}", put(fault::switch_on).delete(fault::switch_off));
    Router::new().merge(health).merge(cities).merge(payments).merge(admin).with_state(shared)
}

async fn health(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "service": "prepchef",
        "release": RELEASE,
        "uptime_s": shared.started.elapsed().as_secs(),
        "cities": city::slugs(),
    }))
}

#[cfg(test)]
mod tests;
