//! How punctually 10,000 HTTP checks with an interval of 60 s are probed, beside a bare loop over a timer that does
//! nothing; and what that costs.
//!
//! Engine, store and HTTP probe are the real ones. The server that answers and the bare loop are processes of their
//! own: this very program, started again. The bare loop runs alone first, then once more beside the engine. The first
//! seconds, in which every check is probed for the first time, are shown apart. Arguments: seconds, checks.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use allclear_core::{
    Actor, CaptureEffect, CheckPolicy, Command, DeliverEffect, DeliveryResult, HttpCondition, HttpProbe, PerformEffect,
    Policy, Probe, ProbeEffect, RunId, Sample, Severity, StepOutcome, Verdict,
};
use allclear_drivers::{TrustStore, probe_http};
use allclear_engine::{Drivers, Engine, Options, OutputSink, Performed, StateRecorder, SystemClock};
use allclear_store::{Location, Store};
use allclear_testkit::{Series, bench_folder, cpu_seconds, machine, resident_mib};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const SECONDS: u64 = 70;
const CHECKS: u32 = 10_000;
const INTERVAL: Duration = Duration::from_secs(60);
/// Every check is probed for the first time within five seconds, which has its own line.
const FIRST_PROBES: Duration = Duration::from_secs(6);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

fn main() -> Fallible<()> {
    allclear_engine::runtime()?.block_on(measure())
}

async fn measure() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| arguments.get(at).map_or(Ok(usual), |text| text.parse());
    match arguments.first().map(String::as_str) {
        Some("answer") => answer().await,
        Some("timer") => {
            bare_loop(Duration::from_secs(number(1, SECONDS)?), u32::try_from(number(2, CHECKS.into())?)?).await
        }
        _ => compare(number(0, SECONDS)?, u32::try_from(number(1, CHECKS.into())?)?).await,
    }
}

async fn compare(seconds: u64, checks: u32) -> Fallible<()> {
    println!("{}\n{checks} checks at intervals of {} s, for {seconds} s", machine(), INTERVAL.as_secs());
    let arguments = ["timer".to_owned(), seconds.to_string(), checks.to_string()];
    let alone = lags("bare timer loop, alone", Itself::start(&arguments)?)?;
    let beside = Itself::start(&arguments)?;
    let (first, steady) = engine(Duration::from_secs(seconds), checks).await?;
    let beside = lags("bare timer loop, beside the engine", beside)?;
    println!("\nLag of the schedule (no goal: the nearer to the bare loop, the better)");
    for percent in [99, 50] {
        println!("{}\n{}\n{}", steady.line(percent), alone.line(percent), beside.line(percent));
        println!(
            "  {:<44} {:>9.2}",
            "ratio to the bare loop alone",
            steady.percentile(percent) / alone.percentile(percent)
        );
    }
    println!("The first probe of every check\n{}\n{}", first.line(50), first.line(99));
    Ok(())
}

/// Lags of the first probes, and of those after them.
async fn engine(length: Duration, checks: u32) -> Fallible<(Series, Series)> {
    let mut server = Itself::start(&["answer".to_owned()])?;
    let mut port = String::new();
    server.output.read_line(&mut port)?;
    let port: u16 = port.trim().parse()?;
    let folder = tempfile::tempdir_in(bench_folder())?;
    let store = Store::open(&Location::DataDir(folder.path().join("data"))).await?;
    let seen: Seen = Arc::default();
    let drivers = Watching { trust: TrustStore::native(), seen: Arc::clone(&seen) };
    let options = Options { holder: "bench".to_owned(), version: "bench".to_owned(), grace: Duration::from_secs(1) };
    let engine = Engine::start(store, drivers, SystemClock, options).await?;
    let itself = std::process::id();
    let (cpu_before, begun) = (cpu_seconds(itself), Instant::now());
    let policy = Box::new(Policy { checks: policy(checks, port), ..Policy::default() });
    let adopted_at = Timestamp::now();
    engine.handle().submit(Command::AdoptPolicy { policy }, Actor::Engine).await?;
    tokio::time::sleep(FIRST_PROBES).await;
    let cpu_first = cpu_seconds(itself) - cpu_before;
    tokio::time::sleep(length.saturating_sub(FIRST_PROBES)).await;
    let cpu_all = cpu_seconds(itself) - cpu_before;
    let (resident_mib, elapsed) = (resident_mib(itself), begun.elapsed().as_secs_f64());
    engine.stop().await;
    let seen = std::mem::take(&mut *seen.lock().expect("no driver panics"));
    let failed = seen.iter().filter(|probe| !probe.passed).count();
    let probes = seen.len();
    println!("\nCost of {probes} probes ({failed} failed) in {elapsed:.0} s");
    println!(
        "  {:<44} {cpu_all:>9.2} s      ({:.2} ms a probe)",
        "time of the processors",
        cpu_all * 1e3 / probes as f64
    );
    println!("  {:<44} {cpu_first:>9.2} s", "of that in the first six seconds");
    println!("  {:<44} {resident_mib:>9.1} MiB", "resident memory");
    let mut first = Series::new("engine, first probes", "ms");
    let mut steady = Series::new("engine", "ms");
    for probe in seen {
        let began = probe.due_at.duration_since(adopted_at) < FIRST_PROBES.try_into()?;
        if began { first.push(probe.lag_ms) } else { steady.push(probe.lag_ms) }
    }
    Ok((first, steady))
}

fn policy(checks: u32, port: u16) -> std::collections::BTreeMap<String, CheckPolicy> {
    let check = |number| {
        let probe = Probe::Http(HttpProbe {
            method: "GET".to_owned(),
            url: format!("http://127.0.0.1:{port}/kitchen/{number}"),
            headers: Vec::new(),
            body: None,
            samples: 1,
            p95_limit_ms: None,
            connect_timeout_ms: 5_000,
            timeout_ms: 10_000,
            conditions: vec![HttpCondition::Status(200, 299)],
        });
        let check = CheckPolicy {
            probe,
            interval_ms: u64::try_from(INTERVAL.as_millis()).expect("an interval is short"),
            failures_to_fail: 3,
            passes_to_recover: 1,
            severity: Severity::P3,
            component: "kitchens".to_owned(),
            procedure: None,
        };
        (format!("kitchen-{number}"), check)
    };
    (0..checks).map(check).collect()
}

/// A bare loop that waits for as many deadlines as the checks have, and prints by how much it misses each.
async fn bare_loop(length: Duration, checks: u32) -> Fallible<()> {
    let step = INTERVAL / checks.max(1);
    let begun = tokio::time::Instant::now();
    let mut lags = Vec::new();
    let mut due = begun;
    while due < begun + length {
        due += step;
        tokio::time::sleep_until(due).await;
        lags.push(due.elapsed());
    }
    for lag in lags {
        println!("{}", lag.as_secs_f64() * 1_000.0);
    }
    Ok(())
}

fn lags(name: &str, mut program: Itself) -> Fallible<Series> {
    let mut text = String::new();
    program.output.read_to_string(&mut text)?;
    let mut series = Series::new(name, "ms");
    for line in text.lines() {
        series.push(line.parse()?);
    }
    Ok(series)
}

/// A server that says yes to everything; its first line of output is its port.
async fn answer() -> Fallible<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(say_yes(stream));
    }
}

async fn say_yes(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(ANSWER).await?;
    stream.shutdown().await
}

/// This program in another part, ended when dropped.
struct Itself {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Itself {
    fn start(arguments: &[String]) -> Fallible<Self> {
        let mut child = Process::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("its output is ours")?);
        Ok(Self { child, output })
    }
}

impl Drop for Itself {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct SeenProbe {
    due_at: Timestamp,
    lag_ms: f64,
    passed: bool,
}

type Seen = Arc<Mutex<Vec<SeenProbe>>>;

/// The real HTTP probe, and a note of when it began.
struct Watching {
    trust: TrustStore,
    seen: Seen,
}

impl Drivers for Watching {
    async fn probe(&self, effect: ProbeEffect, at: Timestamp) -> Sample {
        let lag_ms = Timestamp::now().duration_since(effect.due_at).as_secs_f64() * 1_000.0;
        let Probe::Http(http) = &effect.probe;
        let sample = probe_http(http, at, &self.trust).await;
        let passed = sample.verdict == Verdict::Pass;
        self.seen.lock().expect("no driver panics").push(SeenProbe { due_at: effect.due_at, lag_ms, passed });
        sample
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
