//! `cargo xtask bench NAME`: runs a benchmark program in release mode.
//!
//! A benchmark is an example of the testkit, `crates/testkit/examples/bench_NAME.rs`: it prints its figures beside
//! those of a peer or a limit measured in the same run, because machines are noisy.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::repository::{cargo, root, succeed};

const FOLDER: &str = "crates/testkit/examples";
/// Benchmarks that measure the whole program: it is built first, as a user builds it.
const OF_THE_PROGRAM: &[&str] = &["start", "status"];

/// Prints the names that [`run`] accepts.
pub(crate) fn list() -> Result<()> {
    let names = names(&root()?);
    if names.is_empty() {
        println!("There is no benchmark yet: add one as {FOLDER}/bench_NAME.rs.");
        return Ok(());
    }
    println!("cargo xtask bench NAME, where NAME is one of:");
    for name in names {
        println!("  {name}");
    }
    Ok(())
}

/// Runs one benchmark and passes the remaining arguments to it.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Result<()> {
    let root = root()?;
    let names = names(&root);
    if !names.iter().any(|known| known == name) {
        bail!("there is no benchmark `{name}`; there are: {}", names.join(", "));
    }
    if OF_THE_PROGRAM.contains(&name) {
        succeed(cargo(&root).args(["build", "--release", "--package", "allclear"]))?;
    }
    let example = format!("bench_{name}");
    let mut command = cargo(&root);
    command.args(["run", "--release", "--package", "allclear-testkit", "--example", &example, "--"]);
    succeed(command.args(arguments))
}

fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten();
    // A folder without a program holds what several benchmarks share.
    let programs = entries.map(|entry| entry.path()).filter(|path| path.is_file() || path.join("main.rs").is_file());
    let mut names: Vec<String> = programs.filter_map(|path| name_of(&path.file_name()?.to_string_lossy())).collect();
    names.sort();
    names
}

/// `bench_append.rs` and the folder form `bench_append` are the benchmark `append`.
fn name_of(file: &str) -> Option<String> {
    let stem = file.strip_prefix("bench_")?;
    Some(stem.strip_suffix(".rs").unwrap_or(stem).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_named_after_its_file() {
        assert_eq!(name_of("bench_cold_start.rs").as_deref(), Some("cold_start"));
        assert_eq!(name_of("demo.rs"), None);
    }
}
