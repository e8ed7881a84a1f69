//! How many commands a second become durable with 64 clients at once, beside bare SQLite; and how long one
//! acknowledgement takes, beside one fsync of the same disk.
//!
//! The engine is the real one on a real data directory; only its drivers do nothing. Bare SQLite inserts exactly the
//! bytes that the engine has just written, in batches of 64. First argument: seconds of each round.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "bench_support/bare_sqlite.rs"]
mod bare_sqlite;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use allclear_core::{
    Actor, CaptureEffect, Command, DeliverEffect, DeliveryResult, Event, IncidentId, PerformEffect, ProbeEffect,
    Recorded, RunId, Sample, Severity, StepOutcome, Verdict,
};
use allclear_engine::{Drivers, Engine, Handle, Options, OutputSink, Performed, StateRecorder, SystemClock};
use allclear_store::{Location, Store};
use allclear_testkit::{Goal, Series, bench_folder, fsync_ms, machine};
use bytes::Bytes;
use jiff::Timestamp;

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: u32 = 9;
const ROUND_SECONDS: u64 = 1;
const CLIENTS: usize = 64;
const ACKNOWLEDGEMENTS: usize = 1_000;

fn main() -> Fallible<()> {
    allclear_engine::runtime()?.block_on(measure())
}

async fn measure() -> Fallible<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(ROUND_SECONDS), |seconds| seconds.parse())?;
    println!("{}", machine());
    println!("\nDurable commands, all about one incident");
    throughput(1, Duration::from_secs(seconds)).await?;
    println!("\nDurable commands, each client with an incident of its own");
    throughput(CLIENTS, Duration::from_secs(seconds)).await?;
    latency().await
}

async fn throughput(incidents: usize, length: Duration) -> Fallible<()> {
    let mut ours = Series::new("engine, 64 clients", "/s");
    let mut theirs = Series::new("bare SQLite, the same bytes, 64 a commit", "/s");
    let mut waits = Series::new("wait of one client of the 64", "ms");
    let mut shared = Series::new("commands that shared a commit", "");
    let mut fsyncs = Series::new("one fsync", "ms");
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(bench_folder())?;
        let engine = start(folder.path()).await?;
        let incidents = open(&engine.handle(), incidents).await?;
        let begun = Instant::now();
        let waited = update_for(&engine.handle(), incidents, length).await?;
        ours.push(waited.len() as f64 / begun.elapsed().as_secs_f64());
        waited.iter().for_each(|wait| waits.push(*wait));
        let written = updates(engine.handle().store()).await?;
        assert_eq!(written.len(), waited.len(), "every command that was answered is in the log");
        // What shares a commit was decided at the same moment.
        let moments: HashSet<Timestamp> = written.iter().map(|recorded| recorded.at).collect();
        shared.push(written.len() as f64 / moments.len() as f64);
        let bodies = written.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        engine.stop().await;
        theirs.push(insert_for(folder.path(), &bodies, length).await?);
        (0..20).for_each(|_| fsyncs.push(fsync_ms(folder.path())));
    }
    println!("{}", ours.beside(&theirs, Goal::AtLeast(0.5)));
    println!("{}\n{}\n{}", shared.line(50), waits.line(99), fsyncs.line(50));
    Ok(())
}

/// What every client waited for each of its commands, in milliseconds.
async fn update_for(engine: &Handle, incidents: Vec<IncidentId>, length: Duration) -> Fallible<Vec<f64>> {
    let end = Instant::now() + length;
    let clients = incidents.into_iter().cycle().take(CLIENTS).map(|incident| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let mut waits = Vec::new();
            while Instant::now() < end {
                let text = "The payments service answers most customers again; the queue is being worked off";
                let update = Command::UpdateIncident { incident, text: text.to_owned(), public: false };
                let begun = Instant::now();
                engine.submit(update, ana()).await.expect("the update is accepted");
                waits.push(milliseconds(begun));
            }
            waits
        })
    });
    let mut all = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        all.extend(client.await?);
    }
    Ok(all)
}

/// Every update in the log.
async fn updates(store: &Store) -> Fallible<Vec<Recorded>> {
    let mut updates = Vec::new();
    let mut after = 0;
    loop {
        let page = store.read(after, 10_000).await?;
        let Some(last) = page.last() else { return Ok(updates) };
        after = last.seq;
        let is_update = |recorded: &Recorded| matches!(recorded.event.as_ref(), Event::IncidentUpdated { .. });
        updates.extend(page.into_iter().filter(is_update));
    }
}

/// Records a second, over and over for as long as the engine had, so that a noisy disk hurts both.
async fn insert_for(folder: &Path, bodies: &[String], length: Duration) -> Fallible<f64> {
    let mut bare = bare_sqlite::open(&folder.join("bare.db")).await?;
    let begun = Instant::now();
    let mut inserted = 0;
    for batch in bodies.chunks(CLIENTS).cycle().take_while(|_| begun.elapsed() < length) {
        bare_sqlite::insert(&mut bare, inserted + 1, batch).await?;
        inserted += i64::try_from(batch.len())?;
    }
    Ok(inserted as f64 / begun.elapsed().as_secs_f64())
}

async fn latency() -> Fallible<()> {
    let folder = tempfile::tempdir_in(bench_folder())?;
    let engine = start(folder.path()).await?;
    let mut ours = Series::new("acknowledge, one client", "ms");
    let mut theirs = Series::new("one fsync of the same disk", "ms");
    for incident in open(&engine.handle(), ACKNOWLEDGEMENTS).await? {
        let begun = Instant::now();
        engine.handle().submit(Command::AcknowledgeIncident { incident }, ana()).await?;
        ours.push(milliseconds(begun));
        theirs.push(fsync_ms(folder.path()));
    }
    engine.stop().await;
    println!("\nOne acknowledgement, median\n{}\n{}", ours.line(50), theirs.line(50));
    println!("One acknowledgement, 99th percentile\n{}", ours.beside_at(99, &theirs, Goal::AtMost(6.0)));
    Ok(())
}

async fn open(engine: &Handle, count: usize) -> Fallible<Vec<IncidentId>> {
    let mut incidents = Vec::new();
    for number in 0..count {
        let title = format!("Kitchen {number} takes no orders");
        let command = Command::OpenIncident { severity: Severity::P3, title, component: None, procedure: None };
        let accepted = engine.submit(command, ana()).await?;
        incidents.extend(accepted.events.iter().find_map(opened));
    }
    Ok(incidents)
}

fn opened(recorded: &Recorded) -> Option<IncidentId> {
    match recorded.event.as_ref() {
        Event::IncidentOpened { incident, .. } => Some(*incident),
        _ => None,
    }
}

async fn start(folder: &Path) -> Fallible<Engine> {
    let store = Store::open(&Location::DataDir(folder.join("data"))).await?;
    let options = Options { holder: "bench".to_owned(), version: "bench".to_owned(), grace: Duration::from_secs(1) };
    Ok(Engine::start(store, Idle, SystemClock, options).await?)
}

fn ana() -> Actor {
    Actor::Person("ana".into())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// Drivers for a world that asks for nothing.
struct Idle;

impl Drivers for Idle {
    async fn probe(&self, _: ProbeEffect, at: Timestamp) -> Sample {
        Sample { at, verdict: Verdict::Pass, requests: Vec::new(), p95_ms: None, certificate_expires_at: None }
    }

    async fn deliver(&self, _: DeliverEffect, _: Timestamp) -> DeliveryResult {
        DeliveryResult::Accepted { answer: String::new() }
    }

    async fn perform(&self, _: PerformEffect, _: OutputSink, _: StateRecorder) -> Performed {
        let outcome = StepOutcome::default();
        Performed { succeeded: true, outcome }
    }

    async fn capture(&self, _: CaptureEffect) -> Result<BTreeMap<String, Bytes>, String> {
        Ok(BTreeMap::new())
    }

    async fn release(&self, _: RunId) {}

    async fn close(&self, _: RunId) {}
}
