//! Processes that an attempt has left behind whose performer was killed: they had left its process group.
//!
//! Everything that a session starts inherits who performs it: the data directory, the process, and when that began. A
//! process of the same run and step whose performer is gone is left over, and is killed before the step is performed
//! once more or undone, so that the two do not act beside each other.
//!
//! Invariant: nothing is killed whose performer lives, or that another step has left running on purpose. A process that
//! has cleared its environment is not recognised, nor one whose environment we may not read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use allclear_core::RunId;
use rustix::process::Signal;
use tokio::time::sleep;

use super::offspring::{Process, processes, send};

/// The variable that tells who performs.
const PERFORMER: &str = "ALLCLEAR_PERFORMER";
/// How often what is killed is looked for again, and how long between two looks.
const LOOKS_MAX: u32 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(20);
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

    /// Kills what an attempt at the step has left that was cut off; what is to be said about it.
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
        for _ in 0..LOOKS_MAX {
            left.iter().for_each(|process| send(process.id, Signal::KILL));
            sleep(LOOK_EVERY).await;
            left = self.leftovers(run, step);
            if left.is_empty() {
                return Ok(Some(said));
            }
        }
        Err(format!("an attempt that was cut off is still running in part and cannot be killed: {}", named(&left)))
    }

    fn leftovers(&self, run: RunId, step: u32) -> Vec<Leftover> {
        let (run, step) = (format!("ALLCLEAR_RUN={run}"), format!("ALLCLEAR_STEP={step}"));
        let is_left = |process: &Process| {
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
}
