//! What it costs to perform a step through Allclear (approved, recorded, performed, recorded) beyond `bash -c` of the
//! same command, beside the fsyncs of the same disk.
//!
//! The engine and the shell are the real ones, on a real data directory. First argument: how many steps.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "bench_support/shell_only.rs"]
mod shell_only;

use std::process::Stdio;
use std::time::Instant;

use allclear_testkit::{Goal, Series, bench_folder, fsync_ms, machine};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const STEPS: u32 = 200;
const COMMAND: &str = "/bin/true";

fn main() -> Fallible<()> {
    // On the threads of the runtime, as whoever asks the program is answered there.
    allclear_engine::runtime()?.block_on(async { tokio::spawn(measure()).await? })
}

async fn measure() -> Fallible<()> {
    let steps = std::env::args().nth(1).map_or(Ok(STEPS), |steps| steps.parse())?;
    println!("{}", machine());
    let folder = tempfile::tempdir_in(bench_folder())?;
    let engine = shell_only::start(folder.path()).await?;
    let mut ours = Series::new("approve, start, perform, finish", "ms");
    let mut bash = Series::new("bash -c of the same command", "ms");
    let mut overhead = Series::new("a step beyond bash -c", "ms");
    let mut fsyncs = Series::new("one fsync of the same disk", "ms");
    let run = shell_only::plan(&engine.handle(), steps, COMMAND, &[]).await?;
    for number in 1..=steps {
        let begun = Instant::now();
        shell_only::perform(&engine.handle(), run, number).await?;
        let step = milliseconds(begun);
        // The first one still shares the machine with what the session tells behind the step.
        bare().await?;
        let bare = bare().await?;
        ours.push(step);
        bash.push(bare);
        overhead.push(step - bare);
        fsyncs.push(fsync_ms(folder.path()));
    }
    engine.stop().await;
    println!("\nA step of `{COMMAND}`, median\n{}\n{}", ours.line(50), bash.line(50));
    println!("{}", overhead.beside(&fsyncs, Goal::AtMost(4.0)));
    Ok(())
}

async fn bare() -> Fallible<f64> {
    let begun = Instant::now();
    let mut command = tokio::process::Command::new("bash");
    let status = command.args(["-c", COMMAND]).stdin(Stdio::null()).stdout(Stdio::null()).status().await?;
    assert!(status.success(), "`{COMMAND}` succeeds");
    Ok(milliseconds(begun))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
