//! `cargo xtask test`: the whole CI in one command, the same at home.
//!
//! Stages run from cheap to dear and stop at the first that fails, with a word on what to do. The tests run with
//! `ALLCLEAR_REQUIRE_COMPONENTS=1`: one that finds its server missing then fails, where it would otherwise say
//! that it skipped. Every stage's own output is passed through.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::repository::{cargo, root, succeed};
use crate::{deny, generate, setup, tidy};

struct Stage {
    name: &'static str,
    /// What to do when the stage fails.
    advice: &'static str,
    run: fn(&Path) -> Result<()>,
}

const STAGES: &[Stage] = &[
    Stage { name: "setup", advice: "install what is missing, see above", run: components },
    Stage { name: "format", advice: "run `cargo fmt --all`", run: format },
    Stage { name: "clippy", advice: "mend the code; a lint is switched off only with a reason", run: clippy },
    Stage { name: "tidy", advice: "each line above says what to do; STYLE.md says why", run: |_| tidy::run() },
    Stage { name: "deny", advice: "choose another crate, or argue for it in deny.toml", run: |_| deny::run() },
    Stage {
        name: "generate",
        advice: "a committed file no longer says what the code does",
        run: |_| generate::check(),
    },
    Stage { name: "tests", advice: "a test that fails now and then is a failing test", run: tests },
];

/// Runs every stage; an error names the stage that failed.
pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let started = Instant::now();
    for (index, stage) in STAGES.iter().enumerate() {
        println!("\n=== {}/{} {} ===", index + 1, STAGES.len(), stage.name);
        let stage_started = Instant::now();
        (stage.run)(&root).with_context(|| format!("stage `{}`: {}", stage.name, stage.advice))?;
        println!("--- {}: {:.1} s", stage.name, stage_started.elapsed().as_secs_f64());
    }
    println!("\nEverything passed in {:.0} s.", started.elapsed().as_secs_f64());
    Ok(())
}

fn components(_root: &Path) -> Result<()> {
    if setup::incomplete() {
        setup::install()?;
    }
    if !setup::kubernetes::is_there() {
        setup::kubernetes::install()?;
    }
    setup::check()
}

fn format(root: &Path) -> Result<()> {
    succeed(cargo(root).args(["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> Result<()> {
    succeed(cargo(root).args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn tests(root: &Path) -> Result<()> {
    succeed(cargo(root).args(["test", "--workspace", "--locked"]).env("ALLCLEAR_REQUIRE_COMPONENTS", "1"))
}
