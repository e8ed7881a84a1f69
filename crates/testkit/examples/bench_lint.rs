//! How long `allclear lint` takes for a folder of runbooks, beside markdownlint-cli2 on the same files and ShellCheck on
//! their shell fences; and for one file, beside `ruff check` on a Python file of the same size.
//!
//! Wall time of whole commands, in turns. First argument: the folder. ShellCheck is Debian's; the other two are
//! installed into the build's target folder from npm and PyPI the first time, and left out where that is not possible.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use allclear_testkit::{
    Component, Goal, Series, allclear_program, bench_folder, component, machine, peak_resident_mib,
};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 3;
const ROUNDS_OF_ONE_FILE: usize = 20;
/// Fences per process of ShellCheck where it reads many at once.
const BATCH: &str = "100";

fn main() -> Fallible<()> {
    let Some(folder) = folder() else {
        println!("name a folder of runbooks: cargo xtask bench lint FOLDER");
        return Ok(());
    };
    println!("{}", machine());
    let files = markdown(&folder)?;
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|it| it.len()).sum();
    println!("\n{} Markdown files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    many(&folder, &files)?;
    one(&files)
}

fn folder() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::args().nth(1).map(PathBuf::from).or_else(|| shared.is_dir().then_some(shared))?;
    folder.canonicalize().ok()
}

fn many(folder: &Path, files: &[PathBuf]) -> Fallible<()> {
    let scripts = tempfile::tempdir_in(bench_folder())?;
    let fences = extract_fences(files, scripts.path())?;
    let (markdownlint, shellcheck) = (markdownlint(), component(Component::ShellCheck));
    let mut ours = Series::new("allclear lint", "s");
    let mut theirs = Series::new("markdownlint-cli2, the same files", "s");
    let mut shells = Series::new("shellcheck, a process for each fence", "s");
    let mut batches = Series::new("shellcheck, a process for 100 fences", "s");
    let mut memory = Series::new("allclear lint, most memory", "MiB");
    for _ in 0..ROUNDS {
        let mut command = lint();
        let (seconds, most) = peak_resident_mib(command.arg(folder));
        ours.push(seconds);
        memory.push(most);
        if let Some(program) = &markdownlint {
            theirs.push(timed(Command::new(program).arg("**/*.md").current_dir(folder))?);
        }
        if let Some(program) = &shellcheck {
            shells.push(shellcheck_all(program, scripts.path(), "1")?);
            batches.push(shellcheck_all(program, scripts.path(), BATCH)?);
        }
    }
    println!("{}", memory.line(100));
    if markdownlint.is_some() {
        println!("\nAll files\n{}", ours.beside(&theirs, Goal::AtMost(0.2)));
    }
    if shellcheck.is_some() {
        println!("\n{fences} shell fences\n{}", ours.beside(&shells, Goal::AtMost(0.05)));
        println!("{}", batches.line(50));
    }
    Ok(())
}

/// Seconds that ShellCheck takes for all fences on all cores, this many to a process.
fn shellcheck_all(program: &Path, scripts: &Path, batch: &str) -> Fallible<f64> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let list = fs::File::open(scripts.join("list"))?;
    let mut command = Command::new("xargs");
    command.args(["-P", &cores, "-n", batch]).arg(program).args(["-s", "bash", "-f", "gcc"]).stdin(list);
    timed(command.current_dir(scripts))
}

/// The file of median size, and a Python file of as many bytes.
fn one(files: &[PathBuf]) -> Fallible<()> {
    let Some(ruff) = ruff() else { return Ok(()) };
    let size = |file: &PathBuf| file.metadata().map_or(0, |it| it.len());
    let mut files = files.to_vec();
    files.sort_by_key(size);
    let Some(file) = files.get(files.len() / 2) else { return Ok(()) };
    let scripts = tempfile::tempdir_in(bench_folder())?;
    let python = scripts.path().join("same_size.py");
    let line = "total = sum(price * count for price, count in basket.items() if count > 0)\n";
    let mut text = line.repeat(usize::try_from(size(file))? / line.len() + 1);
    text.truncate(usize::try_from(size(file))? / line.len() * line.len());
    fs::write(&python, text)?;
    let mut ours = Series::new("allclear lint, one file", "ms");
    let mut theirs = Series::new("ruff check, one file of that size", "ms");
    for _ in 0..ROUNDS_OF_ONE_FILE {
        ours.push(timed(lint().arg(file))? * 1_000.0);
        theirs.push(timed(Command::new(&ruff).args(["check", "--no-cache", "--isolated"]).arg(&python))? * 1_000.0);
    }
    println!("\nOne file of {} bytes\n{}", size(file), ours.beside(&theirs, Goal::AtMost(1.0)));
    Ok(())
}

fn lint() -> Command {
    let mut command = Command::new(allclear_program());
    command.args(["--format", "json", "lint", "--deny", "never"]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Seconds that a command took. Linters exit with an error when they find something, so the code says nothing.
fn timed(command: &mut Command) -> Fallible<f64> {
    let begun = Instant::now();
    command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(begun.elapsed().as_secs_f64())
}

fn markdown(folder: &Path) -> Fallible<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(markdown(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Writes every fence that is tagged as shell to a file of its own, and their names to `list`; how many there are.
fn extract_fences(files: &[PathBuf], folder: &Path) -> Fallible<usize> {
    let mut list = String::new();
    let mut count = 0;
    for file in files {
        let bytes = fs::read(file)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut fence: Option<String> = None;
        for line in text.lines() {
            match (&mut fence, line.trim_start().strip_prefix("```")) {
                (None, Some(tag)) if matches!(tag.trim(), "bash" | "sh" | "shell") => fence = Some(String::new()),
                (Some(body), Some(_)) => {
                    count += 1;
                    fs::write(folder.join(format!("{count}.sh")), &*body)?;
                    list.push_str(&format!("{count}.sh\n"));
                    fence = None;
                }
                (Some(body), None) => {
                    body.push_str(line);
                    body.push('\n');
                }
                (None, _) => {}
            }
        }
    }
    fs::write(folder.join("list"), list)?;
    Ok(count)
}

fn markdownlint() -> Option<PathBuf> {
    let folder = bench_folder().join("peers/npm");
    let program = folder.join("node_modules/.bin/markdownlint-cli2");
    installed(
        program,
        &[&["npm", "install", "--silent", "--prefix", &folder.display().to_string(), "markdownlint-cli2"]],
    )
}

fn ruff() -> Option<PathBuf> {
    let folder = bench_folder().join("peers/python");
    let pip = folder.join("bin/pip").display().to_string();
    installed(
        folder.join("bin/ruff"),
        &[&["python3", "-m", "venv", &folder.display().to_string()], &[&pip, "install", "--quiet", "ruff"]],
    )
}

/// The program, installed by these commands if it is not there yet.
fn installed(program: PathBuf, commands: &[&[&str]]) -> Option<PathBuf> {
    for command in commands.iter().filter(|_| !program.exists()) {
        let done = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status();
        if !done.is_ok_and(|status| status.success()) {
            println!("left out, since `{}` fails: {}", command.join(" "), program.display());
            return None;
        }
    }
    program.exists().then_some(program)
}
