//! Processes that an attempt has left behind whose performer was killed: they had left its process group.
//!
//! Everything that a session starts inherits who performs it: the data directory, the process, and when that began. A
//! process of the same run and step whose performer is gone is left over, and is ended before the step is performed
//! once more or undone, so that the two do not act beside each other: it is asked to leave, then killed.
//!
//! Invariant: nothing is ended whose performer lives, or that another step has left running on purpose, nor whatever we
//! run in ourselves. What an attempt that told its outcome has left running was left on purpose, so nobody asks for it
//! here. A process that has cleared its environment is not recognised, nor one whose environment we may not read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use allclear_core::RunId;
use rustix::process::Signal;
use tokio::time::{sleep, timeout};

use super::offspring::{Process, processes, send};
use super::session::{GRACE, KILL_LIMIT};

/// The variable that tells who performs.
const PERFORMER: &str = "ALLCLEAR_PERFORMER";
/// How long between two looks at what is left.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How far up processes are asked for their parents.
const ANCESTORS_MAX: usize = 256;
/// How many are named.
const NAMED_MAX: usize = 5;

/// Who performs steps: this process, for one data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Performer {
    /// The same for every process that performs for that data directory.
    place: String,
}

/// A process that nobody waits for.
struct Leftover {
    id: i32,
    name: String,
}

impl Performer {
    /// This process, for that data directory; `None` where the directory is not there.
    pub(crate) fn of(data_directory: &Path) -> Option<Self> {
        let directory = fs::metadata(data_directory).ok()?;
        Some(Self { place: format!("{}-{}", directory.dev(), directory.ino()) })
    }

    /// The variable by which everything that is started for it is recognised, and its value.
    pub(crate) fn variable(&self) -> Option<(String, String)> {
        let own = i32::try_from(std::process::id()).ok().and_then(Process::of)?;
        Some((PERFORMER.to_owned(), format!("{}.{}.{}", self.place, own.id, own.began_ticks)))
    }

    /// Ends what an attempt at the step has left that was cut off; what is to be said about it.
    ///
    /// # Errors
    /// Something cannot be killed: the end of a sentence that says so.
    pub(crate) async fn end_leftovers(&self, run: RunId, step: u32) -> Result<Option<String>, String> {
        let found = self.leftovers(run, step);
        if found.is_empty() {
            return Ok(None);
        }
        let said =
            format!("[an attempt that was cut off was still running in part, and was killed: {}]\n", named(&found));
        let mut left = found;
        for (signal, limit) in [(Signal::TERM, GRACE), (Signal::KILL, KILL_LIMIT)] {
            let gone = async {
                left.iter().for_each(|process| send(process.id, signal));
                while !left.is_empty() {
                    sleep(LOOK_EVERY).await;
                    left = self.leftovers(run, step);
                    // What forks while it is killed is killed too; to leave it is asked once.
                    left.iter().filter(|_| signal == Signal::KILL).for_each(|process| send(process.id, signal));
                }
            };
            if timeout(limit, gone).await.is_ok() {
                return Ok(Some(said));
            }
        }
        Err(format!("an attempt that was cut off is still running in part and cannot be killed: {}", named(&left)))
    }

    fn leftovers(&self, run: RunId, step: u32) -> Vec<Leftover> {
        let own = own_line();
        let (run, step) = (format!("ALLCLEAR_RUN={run}"), format!("ALLCLEAR_STEP={step}"));
        let is_left = |process: &Process| {
            if own.contains(&process.id) {
                return false;
            }
            let environment = fs::read(format!("/proc/{}/environ", process.id)).unwrap_or_default();
            let variables: Vec<&[u8]> = environment.split(|&byte| byte == 0).collect();
            let has = |variable: &str| variables.contains(&variable.as_bytes());
            has(&run) && has(&step) && variables.iter().any(|variable| self.is_dead(variable))
        };
        let found = processes().filter(is_left);
        found.map(|process| Leftover { id: process.id, name: name(process.id) }).collect()
    }

    /// Whether a variable names a process that performed for our data directory and is gone.
    fn is_dead(&self, variable: &[u8]) -> bool {
        let text = std::str::from_utf8(variable).unwrap_or_default();
        let performer = text.strip_prefix(PERFORMER).and_then(|rest| rest.strip_prefix('='));
        let Some((place, rest)) = performer.and_then(|value| value.split_once('.')) else { return false };
        let Some((id, began)) = rest.split_once('.') else { return false };
        let (Ok(id), Ok(began)) = (id.parse::<i32>(), began.parse::<u64>()) else { return false };
        place == self.place && Process::of(id).is_none_or(|process| process.began_ticks != began)
    }
}

/// This process and everything that it was started from.
fn own_line() -> Vec<i32> {
    let own = i32::try_from(std::process::id()).ok().and_then(Process::of);
    let line = std::iter::successors(own, |process| Process::of(process.parent));
    // A number that was used again while we looked could make a circle of it.
    line.map(|process| process.id).take(ANCESTORS_MAX).collect()
}

fn name(process: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    name.trim_end().escape_debug().to_string()
}

/// `sleep (4711), sh (4712)`
fn named(processes: &[Leftover]) -> String {
    let first: Vec<String> = processes.iter().take(NAMED_MAX).map(|it| format!("{} ({})", it.name, it.id)).collect();
    let more = processes.len().saturating_sub(NAMED_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;

    use super::*;

    #[test]
    fn what_a_living_performer_has_started_is_not_left_over() {
        let folder = tempfile::tempdir().expect("a directory");
        let performer = Performer::of(folder.path()).expect("it is there");
        let (name, value) = performer.variable().expect("this process is listed");
        let variable = format!("{name}={value}");
        assert!(!performer.is_dead(variable.as_bytes()), "{variable}");
        let (head, _) = variable.rsplit_once('.').expect("three parts");
        assert!(performer.is_dead(format!("{head}.1").as_bytes()), "another process of that number");
        let other = tempfile::tempdir().expect("a directory");
        let elsewhere = Performer::of(other.path()).expect("it is there");
        assert!(!elsewhere.is_dead(format!("{head}.1").as_bytes()), "of another data directory");
        assert!(!performer.is_dead(b"ALLCLEAR_PERFORMER=x") && !performer.is_dead(b"\xff"));
    }

    /// A process that asks like one that is left over, and which is told to leave by what it is started with.
    fn left_over(performer: &Performer, script: &str) -> std::process::Child {
        let mut command = std::process::Command::new("bash");
        command.args(["-c", script]).stdout(std::process::Stdio::piped());
        command.env(PERFORMER, format!("{}.{}.1", performer.place, std::process::id()));
        command.env("ALLCLEAR_RUN", RunId(7).to_string()).env("ALLCLEAR_STEP", "2");
        command.spawn().expect("bash is there")
    }

    #[tokio::test]
    async fn what_is_left_over_may_clean_up_before_it_leaves() {
        let folder = tempfile::tempdir().expect("a directory");
        let performer = Performer::of(folder.path()).expect("it is there");
        let mut child =
            left_over(&performer, "trap 'echo cleaned; exit' TERM; echo ready; while :; do sleep 0.02; done");
        let mut lines = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("it begins");
        assert!(performer.leftovers(RunId(7), 3).is_empty(), "another step's");
        let said = performer.end_leftovers(RunId(7), 2).await.expect("it leaves").unwrap_or_default();
        assert!(said.contains(&format!("bash ({})", child.id())), "{said}");
        lines.read_line(&mut line).expect("it ends");
        assert_eq!(line, "ready\ncleaned\n");
        child.wait().expect("it was started here");
    }

    #[test]
    fn what_we_were_started_from_is_ours() {
        let own = own_line();
        assert_eq!(own.first().copied(), i32::try_from(std::process::id()).ok());
        assert_eq!(own.get(1).copied(), i32::try_from(std::os::unix::process::parent_id()).ok());
    }
}
