//! Payments: one charge for each idempotency key, however often it is asked for.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{No, body};

const AMOUNT_MOST_CENTS: u64 = 100_000_000;

/// Every charge, by idempotency key.
pub(super) type Charges = BTreeMap<String, Charge>;

/// A charge that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Charge {
    id: String,
    amount_cents: u64,
    currency: String,
    status: &'static str,
}

/// What is to be charged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    amount_cents: u64,
    currency: String,
}

/// `GET /payments/health`
pub(super) async fn health(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "status": "ok", "service": "payments", "charges": shared.lock().charges.len() }))
}

/// `POST /payments/charge`
pub(super) async fn charge(
    State(shared): State<Shared>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Charge>), No> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| refused("the header Idempotency-Key is missing: a charge must be repeatable"))?;
    let wanted: Wanted = body(&bytes)?;
    validate(&wanted)?;
    let mut kept = shared.lock();
    let id = format!("ch_{}", kept.charges.len() + 1);
    if let Some(made) = kept.charges.get(key) {
        let same = made.amount_cents == wanted.amount_cents && made.currency == wanted.currency;
        let conflict = || No(StatusCode::CONFLICT, format!("the key `{key}` was used for another charge"));
        return same.then(|| (StatusCode::OK, Json(made.clone()))).ok_or_else(conflict);
    }
    let made = Charge { id, amount_cents: wanted.amount_cents, currency: wanted.currency, status: "succeeded" };
    kept.charges.insert(key.to_owned(), made.clone());
    Ok((StatusCode::CREATED, Json(made)))
}

fn validate(wanted: &Wanted) -> Result<(), No> {
    if !(1..=AMOUNT_MOST_CENTS).contains(&wanted.amount_cents) {
        return Err(refused(&format!("amount_cents must lie between 1 and {AMOUNT_MOST_CENTS}")));
    }
    if wanted.currency != "USD" {
        return Err(refused("currency must be USD"));
    }
    Ok(())
}

fn refused(sentence: &str) -> No {
    No(StatusCode::UNPROCESSABLE_ENTITY, sentence.to_owned())
}
