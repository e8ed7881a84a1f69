//! How fast the log takes records, beside bare SQLite: the same bytes, the same library, in the same run.
//!
//! Both commit batches of 64 records of about 300 bytes with `synchronous=FULL`; rounds alternate, so that a noisy disk
//! hurts both. The store does more for each record: JSON, SHA-256, three indexes, one look at the head per batch.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "bench_support/bare_sqlite.rs"]
mod bare_sqlite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use allclear_core::{Actor, Cause, Event, IncidentId, Recorded, Seq};
use allclear_store::{Location, Store};
use allclear_testkit::{Series, bench_folder, fsync_ms};

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const BATCH: u64 = 64;
const BATCHES_PER_ROUND: u64 = 150;
const ROUNDS: u64 = 4;

#[tokio::main]
async fn main() -> Fallible<()> {
    // The first argument says where: a temporary directory may lie in memory, where an fsync costs nothing.
    let directory = match std::env::args_os().nth(1) {
        Some(path) => tempfile::tempdir_in(path)?,
        None => tempfile::tempdir_in(bench_folder())?,
    };
    let store = Store::open(&Location::DataDir(directory.path().join("data"))).await?;
    let mut bare = bare_sqlite::open(&directory.path().join("bare.db")).await?;
    let (mut ours, mut theirs, mut fsyncs) = (Duration::ZERO, Duration::ZERO, Series::new("one fsync", "ms"));
    let mut bytes = 0;
    for round in 0..ROUNDS {
        for batch in 0..BATCHES_PER_ROUND {
            let after = (round * BATCHES_PER_ROUND + batch) * BATCH;
            let records: Vec<Recorded> = (after + 1..=after + BATCH).map(record).collect();
            let bodies = records.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
            bytes += bodies.iter().map(String::len).sum::<usize>();
            let begun = Instant::now();
            store.append(after, &records).await?;
            ours += begun.elapsed();
            let begun = Instant::now();
            bare_sqlite::insert(&mut bare, i64::try_from(after)? + 1, &bodies).await?;
            theirs += begun.elapsed();
        }
        fsyncs.push(fsync_ms(directory.path()));
    }
    let count = ROUNDS * BATCHES_PER_ROUND * BATCH;
    let per_second = |time: Duration| count as f64 / time.as_secs_f64();
    println!("records                 {count} of {} bytes, {BATCH} per commit", bytes as u64 / count);
    println!("Store::append           {:>8.0} records/s", per_second(ours));
    println!("bare SQLite             {:>8.0} records/s", per_second(theirs));
    println!("ratio                   {:>8.2}  (wanted: at least 0.5)", per_second(ours) / per_second(theirs));
    println!("one fsync, median       {:>8.2} ms", fsyncs.percentile(50));
    assert_eq!(store.verify(None).await?.seq, count, "every record is in the log");
    Ok(())
}

fn record(seq: Seq) -> Recorded {
    let cause = Cause { actor: Actor::Person("ana".into()), command: "update-incident".into() };
    let incident = IncidentId(1 + seq / 50);
    let text = format!("{seq}: the payments service answers again for most customers; the queue is being worked off");
    let event = Event::IncidentUpdated { incident, text, public: true };
    let at = jiff::Timestamp::UNIX_EPOCH + Duration::from_millis(seq);
    Recorded { seq, at, cause, incident: Some(incident), run: None, event: Arc::new(event) }
}
