//! `cargo xtask crash [RUNS] [--seed N]`: performs a procedure many times, kills the program at seeded moments, goes on
//! with the run, and prints what the servers received.
//!
//! It is a test of the program with more runs than the suite has time for: `crates/allclear/tests/crash_runs`.

use anyhow::{Result, bail};

use crate::repository::{cargo, root, succeed};

const RUNS: &str = "1000";

/// Performs the runs; an error where anything was performed twice, lost or stuck.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (runs, seed) = match arguments {
        [] => (RUNS, "0"),
        ["--seed", seed] => (RUNS, *seed),
        [runs] => (*runs, "0"),
        [runs, "--seed", seed] => (*runs, *seed),
        _ => bail!("cargo xtask crash [RUNS] [--seed N]"),
    };
    for number in [runs, seed] {
        if number.parse::<u32>().is_err() {
            bail!("`{number}` is not a number");
        }
    }
    let mut test = cargo(&root()?);
    test.args(["test", "--package", "allclear", "--test", "crash_runs", "--", "--nocapture", "nothing_is_performed"]);
    succeed(test.env("ALLCLEAR_CRASH_RUNS", runs).env("ALLCLEAR_CRASH_SEED", seed))
}
