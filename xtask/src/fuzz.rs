//! `cargo xtask fuzz TARGET [SECONDS]`: libFuzzer looks for a text that breaks a parser, takes too long or too much.
//!
//! It needs a nightly compiler and nothing else. What it finds lies in `fuzz/artifacts/TARGET`; an input that is kept
//! in `fuzz/crashes/TARGET` is replayed by the ordinary tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repository::{root, succeed};

/// What cargo-fuzz would give: counters at every edge, comparisons seen, and the `cfg` that opens the entries.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
/// The stack of a thread, which is smaller than that of a program.
const STACK_KIB: u32 = 2048;
const LIMITS: &[&str] = &["-max_len=4096", "-timeout=5", "-rss_limit_mb=3000", "-fork=1"];
/// So that one finding does not end the search for others.
const GOES_ON: &[&str] = &["-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"];

/// Fuzzes a target for so many seconds.
pub(crate) fn run(target: &str, seconds: &str) -> Result<()> {
    let root = root()?;
    let fuzz = root.join("fuzz");
    let targets = targets(&fuzz)?;
    if !targets.iter().any(|known| known == target) {
        bail!("there is no fuzz target `{target}`; there are: {}", targets.join(", "));
    }
    let seconds: u32 = seconds.parse().context("SECONDS is a whole number")?;
    let program = build(&root, &fuzz)?.join(target);
    let found = fuzz.join("artifacts").join(target);
    fs::create_dir_all(&found).context("fuzz/artifacts cannot be made")?;
    let corpus = seed(&root, &fuzz, target)?;
    // Where nothing was ever found there is no such folder, and libFuzzer would end at once.
    let kept = fuzz.join("crashes").join(target);
    fs::create_dir_all(&kept).context("fuzz/crashes cannot be made")?;
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -s {STACK_KIB} -c 0; exec nice -n 19 \"$0\" \"$@\"")]);
    command.arg(program).arg(corpus).arg(kept).args(LIMITS).args(GOES_ON);
    command.arg(format!("-dict={}", fuzz.join("dictionaries").join(target).display()));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", found.display()));
    succeed(command.current_dir(&fuzz))?;
    let count = fs::read_dir(&found).map_or(0, Iterator::count);
    if count > 0 {
        bail!(
            "{count} inputs in {}: mend what they break, keep the smallest in fuzz/crashes/{target}",
            found.display()
        );
    }
    println!("nothing found in {seconds} seconds");
    Ok(())
}

/// The targets by name.
fn targets(fuzz: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(fuzz.join("fuzz_targets")).context("fuzz/fuzz_targets cannot be read")?;
    let stems = entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
    let mut targets: Vec<String> = stems.collect();
    targets.sort();
    Ok(targets)
}

/// Builds all targets with the workspace's versions; the folder of the programs.
fn build(root: &Path, fuzz: &Path) -> Result<PathBuf> {
    fs::copy(root.join("Cargo.lock"), fuzz.join("Cargo.lock")).context("Cargo.lock cannot be copied")?;
    let built = fuzz.join("target");
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "build", "--release", "--target", TRIPLE]);
    command.current_dir(fuzz).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &built).env_remove("RUSTUP_TOOLCHAIN");
    succeed(&mut command).context("a nightly compiler is needed: rustup toolchain install nightly")?;
    Ok(built.join(TRIPLE).join("release"))
}

/// Fills the corpus with the specs of the rules: whole for what reads runbooks, their fences for the others.
fn seed(root: &Path, fuzz: &Path, target: &str) -> Result<PathBuf> {
    let corpus = fuzz.join("corpus").join(target);
    fs::create_dir_all(&corpus).context("fuzz/corpus cannot be made")?;
    for entry in fs::read_dir(root.join("specs/lint")).context("specs/lint cannot be read")?.flatten() {
        let spec = fs::read_to_string(entry.path()).context("a spec cannot be read")?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let seeds = if matches!(target, "parse" | "lint") { vec![spec] } else { fences(&spec, target) };
        for (at, seed) in seeds.iter().enumerate() {
            fs::write(corpus.join(format!("{name}-{at}")), seed).context("a seed cannot be written")?;
        }
    }
    Ok(corpus)
}

/// The insides of the fences of one language.
fn fences(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) if info == language => open = Some(String::new()),
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(inside), None) => {
                inside.push_str(line);
                inside.push('\n');
            }
            _ => {}
        }
    }
    found
}
