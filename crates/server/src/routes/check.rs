//! `/api/v1/checks`.

use std::sync::Arc;

use allclear_core::{Probe, Sample, Severity};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::site::Site;

/// A check as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckSummary {
    pub(crate) name: String,
    pub(crate) component: String,
    /// `unknown`, `passing`, `faltering`, `failing` or `recovering`.
    pub(crate) state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Timestamp,
    /// Why it falters or fails.
    pub(crate) reason: Option<String>,
    /// How bad it is when it fails.
    #[schema(value_type = String)]
    pub(crate) severity: Severity,
    /// What is asked.
    pub(crate) target: String,
    pub(crate) interval_ms: u64,
    /// Limit of the 95th percentile.
    pub(crate) p95_limit_ms: Option<u32>,
    /// 95th percentile of the latest sample.
    pub(crate) p95_ms: Option<f64>,
    /// Id of the procedure to follow when it fails.
    pub(crate) procedure: Option<String>,
    /// The latest sample, with the phases of each request.
    #[schema(value_type = Option<Object>)]
    pub(crate) latest_sample: Option<Sample>,
}

/// Lists the checks by name.
#[utoipa::path(get, path = "/checks", tag = "checks", responses((status = 200, body = [CheckSummary])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Json<Vec<CheckSummary>> {
    Json(all(&site))
}

pub(crate) fn all(site: &Site) -> Vec<CheckSummary> {
    let world = site.world();
    let policy = world.policy();
    let known = world.checks.iter().filter_map(|(name, check)| Some((name, check, policy.checks.get(name)?)));
    known
        .map(|(name, check, watched)| {
            let Probe::Http(probe) = &watched.probe;
            let latest_sample = site.engine.latest_sample(name);
            CheckSummary {
                name: name.clone(),
                component: watched.component.clone(),
                state: check.state.word(),
                since: check.since,
                reason: check.reason.clone(),
                severity: watched.severity,
                target: public_part(&probe.url),
                interval_ms: watched.interval_ms,
                p95_limit_ms: probe.p95_limit_ms,
                p95_ms: latest_sample.as_ref().and_then(|sample| sample.p95_ms),
                procedure: watched.procedure.clone(),
                latest_sample,
            }
        })
        .collect()
}

/// The address without what may be secret: nothing of a user, nothing after the question mark.
pub(crate) fn public_part(url: &str) -> String {
    let place = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = place.split_once("://") else { return place.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        assert_eq!(public_part("https://ana:w0rd@api.example:8443/a/@b?key=w0rd#x"), "https://api.example:8443/a/@b");
        assert_eq!(public_part("http://127.0.0.1:80"), "http://127.0.0.1:80");
        assert_eq!(public_part("odd"), "odd");
    }
}
