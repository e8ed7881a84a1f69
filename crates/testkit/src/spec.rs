//! Specifications: Markdown whose fenced blocks are executed in virtual time.
//!
//! A ```` ```policy ```` block under the title holds for the whole file. Each section with a ```` ```timeline ````
//! block is one scenario; the blocks after it say what must come of it (`events`, `deliveries`, `incidents`, `runs`,
//! `status`, `reviews`), and are rewritten when `ALLCLEAR_BLESS` is set. Words after `events` keep only the events whose
//! names begin so.

mod act;
mod plan;
mod policy;
mod show;
mod words;

use std::fmt::Write as _;
use std::path::Path;

use crate::simulator::{Faults, Simulation};

/// A scenario begins on a Monday, at midnight.
const BEGIN: &str = "2026-01-05T00:00:00Z";

/// Where in a file something is wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Executes a specification and returns the text as it ought to be.
///
/// # Errors
/// A line of a policy or a timeline that is not understood.
pub fn executed(text: &str) -> Result<String, SpecError> {
    let mut script = Script { policy: Vec::new(), simulation: None };
    let mut result = String::new();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        let _ = writeln!(result, "{line}");
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| *line != "```").collect();
        let body = script.block(number, info, &block)?;
        let _ = writeln!(result, "{body}```");
    }
    Ok(result)
}

/// Checks every specification under `root`, or rewrites it when `bless`.
///
/// # Panics
/// If one is not understood, or does not say what happens.
pub fn check(root: &Path, bless: bool) {
    let mut files = Vec::new();
    find(root, &mut files);
    assert!(!files.is_empty(), "there are no specifications under {}", root.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file that was just listed is read");
        match executed(&text) {
            Ok(expected) if expected == text => {}
            Ok(expected) if bless => std::fs::write(&file, expected).expect("a specification is rewritten"),
            Ok(expected) => wrong.push(format!("{}:\n{}", file.display(), difference(&text, &expected))),
            Err(error) => wrong.push(format!("{}:{}: {}", file.display(), error.line, error.message)),
        }
    }
    assert!(wrong.is_empty(), "specifications that do not hold:\n{}", wrong.join("\n"));
}

struct Script<'a> {
    policy: Vec<(usize, &'a str)>,
    simulation: Option<Simulation>,
}

impl<'a> Script<'a> {
    /// The body that a block should have.
    fn block(&mut self, line: usize, info: &str, block: &[(usize, &'a str)]) -> Result<String, SpecError> {
        let mut info = info.split_whitespace();
        let kind = info.next().unwrap_or_default();
        let unchanged = || block.iter().fold(String::new(), |body, (_, line)| body + line + "\n");
        match kind {
            "policy" => {
                policy::read(block)?;
                self.policy = block.to_vec();
                Ok(unchanged())
            }
            "timeline" => {
                self.simulation = Some(run(&self.policy, block)?);
                Ok(unchanged())
            }
            _ => {
                let missing = SpecError { line, message: format!("`{kind}` stands before any timeline") };
                let simulation = self.simulation.as_ref().ok_or(missing)?;
                let filter: Vec<&str> = info.collect();
                let unknown = SpecError { line, message: format!("`{kind}` is not a kind of block") };
                show::show(simulation, kind, &filter).ok_or(unknown)
            }
        }
    }
}

fn run(policy: &[(usize, &str)], timeline: &[(usize, &str)]) -> Result<Simulation, SpecError> {
    let begin = BEGIN.parse().expect("a time");
    let mut read = policy::read(policy)?;
    let mut simulation = Simulation::begin(begin, read.policy.clone(), Faults::none());
    for (line, text) in timeline {
        let words = words::words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let understood = act::act(&mut simulation, &mut read, begin, &words);
        understood.map_err(|message| SpecError { line: *line, message: format!("{message}: `{text}`") })?;
    }
    Ok(simulation)
}

fn find(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
}

/// The first line that differs, and what it should be.
fn difference(found: &str, expected: &str) -> String {
    let mut found = found.lines();
    for (index, expected) in expected.lines().enumerate() {
        let found = found.next().unwrap_or("(nothing)");
        if found != expected {
            return format!("  line {}\n    says     {found}\n    happened {expected}", index + 1);
        }
    }
    "  says more than happened".to_owned()
}
