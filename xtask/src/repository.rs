//! Where the repository is, which files belong to it, and how to run a program in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The root of the repository: the nearest folder above the current one that holds `xtask/Cargo.toml`.
pub(crate) fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    here.ancestors()
        .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        .map(Path::to_path_buf)
        .context("not inside the repository: no folder above this one holds xtask/Cargo.toml")
}

/// Every file that git tracks or would track, relative to the root, with `/` between the parts, sorted.
///
/// Files not added yet are included, so that a finding shows before the commit and not after it. Where git cannot
/// say (an unpacked archive, another user's checkout), every file counts that is not under `.git` or `target`.
pub(crate) fn files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let mut files = match output {
        Ok(output) if output.status.success() => {
            let listing = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
            listing.split('\0').filter(|path| root.join(path).is_file()).map(str::to_owned).collect()
        }
        _ => {
            println!("note: git cannot list the files here, so all of them are looked at");
            let mut found = Vec::new();
            walk(root, "", &mut found).context("the files of the repository cannot be listed")?;
            found
        }
    };
    files.sort();
    files.dedup();
    Ok(files)
}

fn walk(root: &Path, folder: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_dir() {
            if name != ".git" && name != "target" {
                walk(root, &path, found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// A cargo command in the repository: the same cargo that started this program.
///
/// In CI nothing is built twice, so what incremental compilation writes would only be weight. It is switched here
/// for every command alike, because builds that differ in it share nothing.
pub(crate) fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root);
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Runs a command with its output passed through; a failure names the command line.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("cannot start: {line}"))?;
    if !status.success() {
        bail!("failed ({status}): {line}");
    }
    Ok(())
}

/// The command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// What `cargo metadata` says about the crates of the workspace only; needs neither network nor lock file.
pub(crate) fn workspace_metadata(root: &Path) -> Result<serde_json::Value> {
    read_metadata(cargo(root).args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))
}

/// What `cargo metadata` says about the locked dependency graph on the given platforms.
pub(crate) fn metadata(root: &Path, platforms: &[String]) -> Result<serde_json::Value> {
    let mut command = cargo(root);
    command.args(["metadata", "--format-version", "1", "--locked"]);
    for platform in platforms {
        command.args(["--filter-platform", platform]);
    }
    read_metadata(&mut command)
}

fn read_metadata(command: &mut Command) -> Result<serde_json::Value> {
    let output = command.output().context("cargo metadata cannot be started")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata did not print JSON")
}
