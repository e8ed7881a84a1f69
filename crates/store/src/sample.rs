//! Samples become rollups as they come in; of each check the last one is kept whole.
//!
//! Samples are measurements, not facts: nothing here is chained, and losing some loses no incident.

use std::collections::BTreeMap;

use allclear_core::{RequestSample, Sample, Verdict};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::database::{Exclusion, Transaction, parameters, reading, within};
use crate::outage::Unavailable;
use crate::rollup::{Resolution, decode, empty_histogram, encode};
use crate::store::Store;

/// Rollups that are read and written by one statement; also bounds how many histograms are in memory.
const CHUNK: usize = 32;
/// Slower than this counts as this: it bounds the size of a histogram.
const LONGEST_US: u64 = 3_600_000_000;

/// Check, seconds of the resolution, start in microseconds.
type Key = (String, i64, i64);

/// What a call adds to one rollup.
#[derive(Debug, Default)]
struct Tally {
    probes: i64,
    failed_probes: i64,
    requests: i64,
    failures: i64,
    latencies_us: Vec<u64>,
}

/// One rollup as it is stored.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    check_name: String,
    resolution: i64,
    start: i64,
    probes: i64,
    failed_probes: i64,
    requests: i64,
    failures: i64,
    histogram: Vec<u8>,
}

impl Store {
    /// Adds samples, each with the name of its check, to the rollups of their minute, hour and day: all in one commit.
    pub async fn record_samples(&self, samples: &[(String, Sample)]) -> Result<(), Unavailable> {
        if samples.is_empty() {
            return Ok(());
        }
        self.merge_samples(samples).await.map_err(Unavailable::because)
    }

    /// The last sample of a check.
    pub async fn latest_sample(&self, check: &str) -> Result<Option<Sample>, Unavailable> {
        const SELECT: &str = "SELECT body FROM latest_sample WHERE check_name = $1";
        let body: Result<Option<String>, _> = reading!(self.measurements(), pool => {
            sqlx::query_scalar(SELECT).bind(check).fetch_optional(pool).await
        });
        // A sample of another version's shape is gone with the next probe; until then there is none.
        Ok(body.map_err(Unavailable::because)?.and_then(|body| serde_json::from_str(&body).ok()))
    }

    async fn merge_samples(&self, samples: &[(String, Sample)]) -> Result<(), sqlx::Error> {
        let tallies: Vec<_> = tally(samples).into_iter().collect();
        let mut transaction = self.measurements().begin_alone(Exclusion::Measurement).await?;
        for chunk in tallies.chunks(CHUNK) {
            let stored = transaction.rollups(chunk).await?;
            let rows: Vec<Row> = chunk.iter().map(|(key, tally)| merged(stored.get(key), key, tally)).collect();
            transaction.put_rollups(&rows).await?;
        }
        let newest: BTreeMap<&str, &Sample> = samples.iter().fold(BTreeMap::new(), |mut newest, (check, sample)| {
            let kept = newest.entry(check.as_str()).or_insert(sample);
            *kept = if sample.at >= kept.at { sample } else { *kept };
            newest
        });
        for (check, sample) in newest {
            transaction.put_latest(check, sample).await?;
        }
        transaction.commit().await
    }
}

fn tally(samples: &[(String, Sample)]) -> BTreeMap<Key, Tally> {
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for (check, sample) in samples {
        for resolution in Resolution::ALL {
            let key = (check.clone(), resolution.seconds(), resolution.start(sample.at));
            tallies.entry(key).or_default().add(sample);
        }
    }
    tallies
}

impl Tally {
    fn add(&mut self, sample: &Sample) {
        self.probes += 1;
        self.failed_probes += i64::from(sample.verdict != Verdict::Pass);
        for request in &sample.requests {
            self.requests += 1;
            self.failures += i64::from(request.error.is_some());
            self.latencies_us.extend(latency_us(request));
        }
    }
}

/// How long an answer took; a request that had none has no latency: a refusal in no time must not look fast.
fn latency_us(request: &RequestSample) -> Option<u64> {
    let answered = request.status.is_some() || request.error.is_none();
    // A cast saturates, and what is no number becomes 0.
    answered.then(|| ((request.total_ms * 1_000.0).round() as u64).min(LONGEST_US))
}

fn merged(stored: Option<&Row>, (check, resolution, start): &Key, tally: &Tally) -> Row {
    let mut histogram = stored.and_then(|row| decode(&row.histogram)).unwrap_or_else(empty_histogram);
    for latency in &tally.latencies_us {
        histogram.record(*latency).expect("the histogram grows to what it is given");
    }
    let before = |count: fn(&Row) -> i64| stored.map_or(0, count);
    Row {
        check_name: check.clone(),
        resolution: *resolution,
        start: *start,
        probes: before(|row| row.probes) + tally.probes,
        failed_probes: before(|row| row.failed_probes) + tally.failed_probes,
        requests: before(|row| row.requests) + tally.requests,
        failures: before(|row| row.failures) + tally.failures,
        histogram: encode(&histogram),
    }
}

impl Transaction {
    async fn rollups(&mut self, wanted: &[(Key, Tally)]) -> Result<BTreeMap<Key, Row>, sqlx::Error> {
        // Joined, because SQLite would search the whole table for a list of row values.
        let text = format!(
            "WITH wanted (check_name, resolution, start) AS (VALUES {}) SELECT check_name, resolution, start, \
             probes, failed_probes, requests, failures, histogram FROM wanted \
             JOIN rollup USING (check_name, resolution, start)",
            parameters(wanted.len(), 3)
        );
        let rows: Vec<Row> = within!(self, connection => {
            let mut query = sqlx::query_as(AssertSqlSafe(text));
            for ((check, resolution, start), _) in wanted {
                query = query.bind(check).bind(*resolution).bind(*start);
            }
            query.fetch_all(connection).await?
        });
        Ok(rows.into_iter().map(|row| ((row.check_name.clone(), row.resolution, row.start), row)).collect())
    }

    async fn put_rollups(&mut self, rows: &[Row]) -> Result<(), sqlx::Error> {
        let text = format!(
            "INSERT INTO rollup (check_name, resolution, start, probes, failed_probes, requests, failures, histogram) \
             VALUES {} ON CONFLICT (check_name, resolution, start) DO UPDATE SET probes = excluded.probes, \
             failed_probes = excluded.failed_probes, requests = excluded.requests, failures = excluded.failures, \
             histogram = excluded.histogram",
            parameters(rows.len(), 8)
        );
        within!(self, connection => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for row in rows {
                query = query.bind(&row.check_name).bind(row.resolution).bind(row.start).bind(row.probes);
                query = query.bind(row.failed_probes).bind(row.requests).bind(row.failures).bind(&row.histogram);
            }
            query.execute(connection).await.map(drop)
        })
    }

    async fn put_latest(&mut self, check: &str, sample: &Sample) -> Result<(), sqlx::Error> {
        const UPSERT: &str = "INSERT INTO latest_sample (check_name, at, body) VALUES ($1, $2, $3) \
            ON CONFLICT (check_name) DO UPDATE SET at = excluded.at, body = excluded.body \
            WHERE excluded.at >= latest_sample.at";
        let body = serde_json::to_string(sample).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let at = Timestamp::as_microsecond(sample.at);
        within!(self, connection => {
            sqlx::query(UPSERT).bind(check).bind(at).bind(&body).execute(connection).await.map(drop)
        })
    }
}
