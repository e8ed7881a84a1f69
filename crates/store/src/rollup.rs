//! Rollups: what the samples of a minute, an hour or a day come to.
//!
//! Latencies are kept as histograms, which merge without loss, so that a percentile of a day is one of its requests and
//! never a mean of percentiles. Accurate to three digits.

use std::io::Cursor;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use jiff::Timestamp;

use crate::database::{reading, within};
use crate::outage::Unavailable;
use crate::store::Store;

/// How long a rollup is. Hours and days are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Resolution {
    Minute,
    Hour,
    Day,
}

impl Resolution {
    /// All of them, finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(crate) fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The beginning of the rollup that holds this moment, in microseconds since 1970.
    pub(crate) fn start(self, at: Timestamp) -> i64 {
        let at = at.as_microsecond();
        at - at.rem_euclid(self.seconds() * 1_000_000)
    }
}

/// What the samples of a span come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// When the span begins.
    pub start: Timestamp,
    /// How many samples were taken.
    pub probes: u64,
    /// How many of them failed their check.
    pub failed_probes: u64,
    /// How many requests were sent.
    pub requests: u64,
    /// How many of them ended in an error.
    pub failures: u64,
    /// Latencies of the requests that were answered, in milliseconds; `None` if none was.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// The slowest.
    pub max_ms: Option<f64>,
}

/// How long rollups are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "one span per resolution")]
pub struct RetentionPolicy {
    pub minutes: std::time::Duration,
    pub hours: std::time::Duration,
    pub days: std::time::Duration,
}

type Stored = (i64, i64, i64, i64, i64, Vec<u8>);

impl Store {
    /// The rollups of a check that begin in `from..to`, oldest first.
    pub async fn rollups(
        &self,
        check: &str,
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Rollup>, Unavailable> {
        const SELECT: &str = "SELECT start, probes, failed_probes, requests, failures, histogram FROM rollup \
            WHERE check_name = $1 AND resolution = $2 AND start >= $3 AND start < $4 ORDER BY start";
        let (from, to) = (from.as_microsecond(), to.as_microsecond());
        let rows: Result<Vec<Stored>, _> = reading!(self.measurements(), pool => {
            let query = sqlx::query_as(SELECT).bind(check).bind(resolution.seconds());
            query.bind(from).bind(to).fetch_all(pool).await
        });
        Ok(rows.map_err(Unavailable::because)?.into_iter().map(rollup).collect())
    }

    /// Forgets the rollups that are older than the policy keeps them. Blobs are evidence and stay.
    pub async fn prune_measurements(&self, now: Timestamp, policy: RetentionPolicy) -> Result<(), Unavailable> {
        for (resolution, kept) in Resolution::ALL.into_iter().zip([policy.minutes, policy.hours, policy.days]) {
            let before = now.checked_sub(kept).unwrap_or(Timestamp::MIN).as_microsecond();
            self.delete_rollups(resolution, before).await.map_err(Unavailable::because)?;
        }
        Ok(())
    }

    async fn delete_rollups(&self, resolution: Resolution, before: i64) -> Result<(), sqlx::Error> {
        const DELETE: &str = "DELETE FROM rollup WHERE resolution = $1 AND start < $2";
        let mut transaction = self.measurements().begin().await?;
        within!(&mut transaction, connection => {
            sqlx::query(DELETE).bind(resolution.seconds()).bind(before).execute(connection).await.map(drop)
        })?;
        transaction.commit().await
    }
}

fn rollup((start, probes, failed_probes, requests, failures, histogram): Stored) -> Rollup {
    let latencies = decode(&histogram).filter(|latencies| !latencies.is_empty());
    let percentile = |quantile: f64| latencies.as_ref().map(|all| milliseconds(all.value_at_quantile(quantile)));
    Rollup {
        start: Timestamp::from_microsecond(start).unwrap_or_default(),
        probes: probes.unsigned_abs(),
        failed_probes: failed_probes.unsigned_abs(),
        requests: requests.unsigned_abs(),
        failures: failures.unsigned_abs(),
        p50_ms: percentile(0.50),
        p95_ms: percentile(0.95),
        p99_ms: percentile(0.99),
        max_ms: latencies.as_ref().map(|all| milliseconds(all.max())),
    }
}

fn milliseconds(microseconds: u64) -> f64 {
    std::time::Duration::from_micros(microseconds).as_secs_f64() * 1_000.0
}

/// A histogram of microseconds that grows as it must.
pub(crate) fn empty_histogram() -> Histogram<u32> {
    Histogram::new(3).expect("three digits are within what a histogram can hold")
}

pub(crate) fn encode(histogram: &Histogram<u32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(histogram, &mut bytes).expect("memory takes every byte of a histogram");
    bytes
}

/// `None` if the bytes are no histogram: a measurement that is lost, which decides nothing.
pub(crate) fn decode(bytes: &[u8]) -> Option<Histogram<u32>> {
    let mut histogram = Deserializer::new().deserialize(&mut Cursor::new(bytes)).ok()?;
    histogram.auto(true);
    Some(histogram)
}
