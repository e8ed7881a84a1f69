//! Hot reload: notices that the configuration or its runbook was changed, however the editor writes files.
//!
//! It compares contents, not times, and a change counts once it has been seen twice in a row: so a file that is just
//! being written is left alone, and an error is reported once. The last good configuration stays with the caller, who
//! only replaces it by another good one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use allclear_core::Digest;

use super::load::{Loaded, files, load};
use super::{Config, Report};

/// What the files held at one look; `None` for a file that is not there.
type Look = Vec<Option<Digest>>;

/// Watches a configuration file and the runbook that it names.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    files: Vec<PathBuf>,
    changes: Changes<Look>,
}

impl Watch {
    /// Starts from a configuration that was loaded just now.
    pub(crate) fn new(path: &Path, config: &Config) -> Self {
        let files = files(path, Some(config));
        let changes = Changes::from(look(&files));
        Self { path: path.to_owned(), files, changes }
    }

    /// Waits for the next change, looking every so often, and says what came of it. Cancelling loses nothing.
    pub(crate) async fn next(&mut self, every: Duration) -> Result<Loaded, Report> {
        loop {
            tokio::time::sleep(every).await;
            if let Some(result) = self.look() {
                return result;
            }
        }
    }

    /// Looks once.
    fn look(&mut self) -> Option<Result<Loaded, Report>> {
        if !self.changes.see(look(&self.files)) {
            return None;
        }
        let result = load(&self.path);
        if let Ok(loaded) = &result {
            let files = files(&self.path, Some(&loaded.config));
            if files != self.files {
                self.changes = Changes::from(look(&files));
                self.files = files;
            }
        }
        Some(result)
    }
}

fn look(files: &[PathBuf]) -> Look {
    files.iter().map(|file| std::fs::read(file).ok().map(|content| Digest::of(&content))).collect()
}

/// What was last taken for settled, and what was seen last.
#[derive(Debug)]
struct Changes<T> {
    settled: T,
    seen: T,
}

impl<T: Clone + PartialEq> Changes<T> {
    fn from(first: T) -> Self {
        Self { settled: first.clone(), seen: first }
    }

    /// Whether something new has now been seen twice in a row.
    fn see(&mut self, now: T) -> bool {
        let is_settled = now == self.seen;
        let is_new = now != self.settled;
        self.seen = now;
        if is_settled && is_new {
            self.settled = self.seen.clone();
        }
        is_settled && is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[channel.console]\nkind = \"console\"\n[escalation]\nlevels = [{ channels = [\"console\"] }]\n";

    #[test]
    fn a_change_counts_once_it_was_seen_twice() {
        let mut changes = Changes::from("a");
        let seen: Vec<bool> = ["a", "b", "bc", "bc", "bc", "a", "d", "a", "a"].map(|now| changes.see(now)).to_vec();
        assert_eq!(seen, [false, false, false, true, false, false, false, false, true]);
    }

    #[test]
    fn a_good_file_is_loaded_and_a_bad_one_reported_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("allclear.toml");
        let write = |text: &str| std::fs::write(&path, text).expect("the file is written");
        write(GOOD);
        let first = load(&path).expect("it is good");
        let mut watch = Watch::new(&path, &first.config);
        assert!(watch.look().is_none());

        write(&format!("{GOOD}repeats = 7\n"));
        assert!(watch.look().is_none());
        let second = watch.look().expect("it changed").expect("it is good");
        assert_eq!(second.config.policy.escalation_repeats, 7);

        write("this is not TOML");
        assert!(watch.look().is_none());
        assert!(watch.look().expect("it changed").expect_err("it is bad").has_errors());
        assert!(watch.look().is_none());

        std::fs::remove_file(&path).expect("the file is removed");
        assert!(watch.look().is_none());
        write(GOOD);
        assert!(watch.look().is_none());
        assert!(watch.look().expect("it is back").is_ok());
    }

    fn runbook_about(title: &str) -> String {
        format!("# Runbook\n\n## {title}\n\n**When**: it hangs\n\n1. Now:\n```bash\nkubectl get pods\n```\n")
    }

    #[test]
    fn a_changed_runbook_is_a_change() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("allclear.toml");
        let runbook = folder.path().join("runbook.md");
        std::fs::write(&path, format!("{GOOD}[runbook]\npath = \"runbook.md\"\n")).expect("the file is written");
        std::fs::write(&runbook, runbook_about("Restart it")).expect("the runbook is written");
        let first = load(&path).expect("it is good");
        let mut watch = Watch::new(&path, &first.config);
        std::fs::write(&runbook, runbook_about("Replace it")).expect("the runbook is written");
        assert!(watch.look().is_none());
        let second = watch.look().expect("it changed").expect("it is good");
        assert!(second.config.policy.procedure("replace-it").is_some(), "{:?}", second.config.policy.runbook);
    }
}
