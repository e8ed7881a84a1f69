//! How fast the output of a step flows through session, redaction and keeping, beside `cat` of the same bytes into a
//! file; and how much memory that takes.
//!
//! The engine and the shell are the real ones, on a real data directory; each secret of the target is searched for in
//! every form. First argument: megabytes of output.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "bench_support/shell_only.rs"]
mod shell_only;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use allclear_core::{Actor, Command as EngineCommand, Policy, SecretRef, Target};
use allclear_engine::Handle;
use allclear_testkit::{Goal, Series, bench_folder, machine, resident_mib};

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const MEGABYTES: usize = 200;
const ROUNDS: u32 = 7;
const GROWTH_MIB_MAX: f64 = 30.0;

fn main() -> Fallible<()> {
    allclear_engine::runtime()?.block_on(measure())
}

async fn measure() -> Fallible<()> {
    let megabytes = std::env::args().nth(1).map_or(Ok(MEGABYTES), |megabytes| megabytes.parse())?;
    println!("{}", machine());
    let folder = tempfile::tempdir_in(bench_folder())?;
    let source = folder.path().join("source");
    write_log(&source, megabytes)?;
    for secrets in [1, 100] {
        compare(folder.path(), &source, megabytes, secrets).await?;
    }
    Ok(())
}

async fn compare(folder: &Path, source: &Path, megabytes: usize, secrets: usize) -> Fallible<()> {
    let place = tempfile::tempdir_in(folder)?;
    let engine = shell_only::start(place.path()).await?;
    let names = adopt_secrets(&engine.handle(), secrets).await?;
    let warm = shell_only::plan(&engine.handle(), 1, "true", &names).await?;
    shell_only::perform(&engine.handle(), warm, 1).await?;
    let command = format!("cat {}", source.display());
    let run = shell_only::plan(&engine.handle(), ROUNDS, &command, &names).await?;
    let mut ours = Series::new(&format!("a step, {secrets} secrets in every form"), "MB/s");
    let mut theirs = Series::new("cat into a file", "MB/s");
    let before = resident_mib(std::process::id());
    let memory = Memory::watch();
    for number in 1..=ROUNDS {
        let begun = Instant::now();
        shell_only::perform(&engine.handle(), run, number).await?;
        ours.push(megabytes as f64 / begun.elapsed().as_secs_f64());
        theirs.push(megabytes as f64 / cat(source, &place.path().join("copy"))?);
    }
    let growth = memory.most_mib() - before;
    engine.stop().await;
    println!("\n{megabytes} MB of output\n{}", ours.beside(&theirs, Goal::AtLeast(0.3)));
    let verdict = if growth <= GROWTH_MIB_MAX { "met" } else { "MISSED" };
    println!(
        "  memory grew by {growth:.1} MiB                                goal: at most {GROWTH_MIB_MAX}, {verdict}"
    );
    Ok(())
}

/// Seconds that `cat` takes.
fn cat(source: &Path, copy: &Path) -> Fallible<f64> {
    let begun = Instant::now();
    let status = Command::new("cat").arg(source).stdout(File::create(copy)?).status()?;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(status.success(), "cat succeeds");
    fs::remove_file(copy)?;
    Ok(seconds)
}

/// Lines like those of a busy service, none of which holds a secret.
fn write_log(path: &Path, megabytes: usize) -> Fallible<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let (mut written, mut number) = (0, 0_u64);
    while written < megabytes * 1_000_000 {
        number += 1;
        let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let line = match number % 3 {
            0 => format!(
                "2026-11-23T14:{:02}:{:02}Z INFO order {number} was paid by customer {hash:x}\n",
                hash % 60,
                number % 60
            ),
            1 => format!(
                "{{\"level\":\"warn\",\"path\":\"/api/orders/{number}\",\"ms\":{},\"trace\":\"{hash:016x}\"}}\n",
                hash % 900
            ),
            _ => format!(
                "GET https://shop.example.test/basket/{number}?page={} HTTP/1.1 200 {}\n",
                hash % 9,
                hash % 70_000
            ),
        };
        file.write_all(line.as_bytes())?;
        written += line.len();
    }
    Ok(file.flush()?)
}

/// Gives the target so many secrets; their names.
async fn adopt_secrets(engine: &Handle, count: usize) -> Fallible<Vec<String>> {
    let value = |number: u64| {
        let word = |salt: u64| number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        SecretRef::Plain(format!("{:x}+/\"{:X}'{}", word(1), word(2), word(3)))
    };
    let env: BTreeMap<String, SecretRef> =
        (0..count as u64).map(|number| (format!("SECRET_{number}"), value(number))).collect();
    let names = env.keys().cloned().collect();
    let targets = BTreeMap::from([("local".to_owned(), Target { env, ..Target::default() })]);
    let policy = Box::new(Policy { targets, ..Policy::default() });
    engine.submit(EngineCommand::AdoptPolicy { policy }, Actor::Engine).await?;
    Ok(names)
}

/// Looks at this program's memory until it is asked for the most that it has seen.
struct Memory {
    over: Arc<AtomicBool>,
    watching: thread::JoinHandle<f64>,
}

impl Memory {
    fn watch() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let watching = thread::spawn(move || {
            let mut most: f64 = 0.0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(resident_mib(std::process::id()));
                thread::sleep(Duration::from_millis(2));
            }
            most
        });
        Self { over, watching }
    }

    fn most_mib(self) -> f64 {
        self.over.store(true, Ordering::Relaxed);
        self.watching.join().expect("it only reads a file")
    }
}
