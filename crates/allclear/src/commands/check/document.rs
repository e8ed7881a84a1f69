//! The result of one survey as a document that status pages and pipelines read.
//!
//! Invariants: the keys of every object are sorted, which is why the fields below stand in alphabetical order; two
//! spaces of indentation; durations and statuses are those of the answers that came, in their order.

use std::collections::BTreeMap;

use allclear_core::{HttpProbe, Sample, Verdict};
use jiff::Timestamp;
use serde::Serialize;

/// One survey.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    base_url: String,
    checks: Vec<CheckResult>,
    generated_at: String,
    /// The same for all checks, otherwise `null`.
    iterations: Option<u32>,
    jurisdictions: Vec<String>,
    p95_by_check: BTreeMap<String, Option<f64>>,
    passed: bool,
    /// The same for all checks, otherwise `null`.
    threshold_ms: Option<u32>,
}

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct CheckResult {
    durations_ms: Vec<f64>,
    pub(super) extra: Extra,
    method: String,
    pub(super) name: String,
    /// `null` if no answer came.
    pub(super) p95_ms: Option<f64>,
    pub(super) passed: bool,
    status_codes: Vec<u16>,
    /// `null` if there is no limit.
    pub(super) threshold_ms: Option<u32>,
    url: String,
}

/// What else is known.
#[derive(Debug, Serialize)]
pub(super) struct Extra {
    /// What went wrong with each request that failed.
    errors: Vec<String>,
    iterations: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<String>,
    /// Why the check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

impl CheckResult {
    pub(super) fn of(name: &str, jurisdiction: Option<&str>, probe: &HttpProbe, sample: &Sample) -> Self {
        let answered = || sample.requests.iter().filter(|request| request.status.is_some());
        let reason = match &sample.verdict {
            Verdict::Pass => None,
            Verdict::Fail { reason } => Some(reason.clone()),
        };
        Self {
            durations_ms: answered().map(|request| rounded(request.total_ms)).collect(),
            extra: Extra {
                errors: sample.requests.iter().filter_map(|request| request.error.clone()).collect(),
                iterations: probe.samples,
                jurisdiction: jurisdiction.map(str::to_owned),
                reason,
            },
            method: probe.method.clone(),
            name: name.to_owned(),
            p95_ms: sample.p95_ms.map(rounded),
            passed: sample.verdict == Verdict::Pass,
            status_codes: answered().filter_map(|request| request.status).collect(),
            threshold_ms: probe.p95_limit_ms,
            url: probe.url.clone(),
        }
    }
}

/// Microseconds are as fine as it gets.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}

impl Document {
    pub(super) fn of(at: Timestamp, base_url: String, jurisdictions: Vec<String>, checks: Vec<CheckResult>) -> Self {
        Self {
            base_url,
            generated_at: at.to_string(),
            iterations: common(checks.iter().map(|check| Some(check.extra.iterations))),
            jurisdictions,
            p95_by_check: checks.iter().map(|check| (check.name.clone(), check.p95_ms)).collect(),
            passed: checks.iter().all(|check| check.passed),
            threshold_ms: common(checks.iter().map(|check| check.threshold_ms)),
            checks,
        }
    }

    pub(super) fn passed(&self) -> bool {
        self.passed
    }

    pub(super) fn checks(&self) -> &[CheckResult] {
        &self.checks
    }

    /// The document as it is written, with a line break at its end.
    pub(super) fn text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The value that all of them have.
fn common(mut values: impl Iterator<Item = Option<u32>>) -> Option<u32> {
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}
