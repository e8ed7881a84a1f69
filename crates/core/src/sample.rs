//! Samples: what probes measured. Measurements, not facts; they never decide anything by themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::Verdict;

/// What one probe measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When the probe began.
    pub at: Timestamp,
    /// What it says of its check.
    pub verdict: Verdict,
    /// Every request, in order.
    pub requests: Vec<RequestSample>,
    /// Nearest-rank 95th percentile of the requests that were answered, in milliseconds.
    pub p95_ms: Option<f64>,
    /// When the served certificate expires, for TLS.
    pub certificate_expires_at: Option<Timestamp>,
}

/// What one request measured. Durations are milliseconds; a phase that was not reached is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RequestSample {
    /// Status of the answer, if one came.
    pub status: Option<u16>,
    /// Resolving the name.
    pub dns_ms: Option<f64>,
    /// Connecting.
    pub connect_ms: Option<f64>,
    /// The TLS handshake.
    pub tls_ms: Option<f64>,
    /// From the request to the first byte of the answer.
    pub first_byte_ms: Option<f64>,
    /// From the first byte to the last.
    pub body_ms: Option<f64>,
    /// The whole of it.
    pub total_ms: f64,
    /// What went wrong, in one sentence.
    pub error: Option<String>,
}

/// The nearest-rank percentile: the smallest value such that at least `percent` per cent are not above it.
pub fn nearest_rank(values: &[f64], percent: u8) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * usize::from(percent)).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_of_few_values_is_one_of_them() {
        assert_eq!(nearest_rank(&[], 95), None);
        assert_eq!(nearest_rank(&[7.0], 95), Some(7.0));
        assert_eq!(nearest_rank(&[3.0, 1.0, 2.0, 5.0, 4.0], 95), Some(5.0));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(nearest_rank(&hundred, 95), Some(95.0));
        assert_eq!(nearest_rank(&hundred, 0), Some(1.0));
    }
}
