//! The one match from a command's language to its executor.

use super::{Failure, Stage, Task};
use crate::shell;

/// A language that steps are performed in.
#[derive(Clone, Copy)]
pub(super) enum Language {
    /// In the run's shell session.
    Bash,
}

impl Language {
    /// The language that a fence of this tag is written in.
    pub(super) fn of(tag: &str) -> Option<Self> {
        match tag {
            "bash" | "sh" | "shell" | "console" => Some(Self::Bash),
            _ => None,
        }
    }

    /// What is wrong with the command, before anything of its step is run.
    pub(super) async fn check(self, task: &Task<'_>) -> Result<(), String> {
        match self {
            Self::Bash => shell::check(task).await,
        }
    }

    /// What was before the command: the bytes that this capture of it finds.
    pub(super) async fn capture(
        self,
        capture: &str,
        task: &Task<'_>,
        stage: &mut Stage<'_>,
    ) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Bash => shell::capture(capture, task, stage).await,
        }
    }

    /// Performs the command; what it did in a few words, where there is something to say.
    pub(super) async fn perform(self, task: &Task<'_>, stage: &mut Stage<'_>) -> Result<Option<String>, Failure> {
        match self {
            Self::Bash => shell::run(&task.command.rendered, task, stage).await.map(|()| None),
        }
    }
}
