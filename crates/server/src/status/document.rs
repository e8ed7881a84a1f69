//! The document in the shape that status pages already read: `generated_at`, `uptime`, `checks`, `recent_incidents`.

use allclear_core::{IncidentId, Probe, PublicIncident, Severity, World};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::site::Site;

/// What `/status.json` says.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) generated_at: Timestamp,
    pub(crate) uptime: Uptime,
    pub(crate) checks: Vec<CheckStatus>,
    pub(crate) recent_incidents: Vec<RecentIncident>,
}

/// Per cent of the time in which a check was not failing, averaged over the checks; `null` before anything was watched.
#[derive(Debug, Serialize)]
pub(crate) struct Uptime {
    pub(crate) rolling_7d: Option<f64>,
    pub(crate) rolling_30d: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CheckStatus {
    pub(crate) name: String,
    /// 95th percentile of the latest sample; `null` before the first.
    pub(crate) p95_ms: Option<f64>,
    /// Its limit; `null` where the check has none.
    pub(crate) threshold_ms: Option<u32>,
    /// `pass` or `fail`.
    pub(crate) status: &'static str,
    #[serde(skip)]
    pub(crate) component: String,
    #[serde(skip)]
    pub(crate) is_known: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct RecentIncident {
    pub(crate) id: IncidentId,
    pub(crate) started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) severity: Severity,
    pub(crate) summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) root_cause: Option<String>,
    /// Links to the sections of the runbook that mend it.
    pub(crate) remediations: Vec<String>,
}

impl Document {
    pub(crate) fn of(site: &Site, world: &World, now: Timestamp) -> Self {
        let policy = world.policy();
        let known = world.checks.iter().filter_map(|(name, check)| Some((name, check, policy.checks.get(name)?)));
        let checks = known.map(|(name, check, watched)| {
            let Probe::Http(probe) = &watched.probe;
            CheckStatus {
                name: name.clone(),
                p95_ms: site.engine.latest_sample(name).and_then(|sample| sample.p95_ms).map(rounded),
                threshold_ms: probe.p95_limit_ms,
                status: if check.state.is_well() { "pass" } else { "fail" },
                component: watched.component.clone(),
                is_known: check.state != allclear_core::CheckState::Unknown,
            }
        });
        Self {
            generated_at: now,
            uptime: Uptime { rolling_7d: uptime(world, 7, now), rolling_30d: uptime(world, 30, now) },
            checks: checks.collect(),
            recent_incidents: world.status.incidents.values().rev().map(RecentIncident::from).collect(),
        }
    }
}

fn uptime(world: &World, days: i64, now: Timestamp) -> Option<f64> {
    let window = SignedDuration::from_hours(24 * days);
    world.status.uptime_percent(world.checks.keys(), window, now).map(rounded)
}

/// To a thousandth: more would be noise.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

impl From<&PublicIncident> for RecentIncident {
    fn from(incident: &PublicIncident) -> Self {
        Self {
            id: incident.id,
            started_at: incident.started_at,
            resolved_at: incident.resolved_at,
            severity: incident.severity,
            summary: incident.title.clone(),
            root_cause: incident.root_cause.clone(),
            remediations: incident.remediations.clone(),
        }
    }
}
