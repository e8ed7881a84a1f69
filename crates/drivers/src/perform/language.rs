//! The one match from a command's language to its executor.

use super::{Failure, Stage, Task};
use crate::{http, kubernetes, shell, sql};

/// A language that steps are performed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// In the run's shell session.
    Bash,
    /// In the run's session with the target's database; statements that follow each other share a transaction.
    Sql,
    /// To the target's HTTP base.
    Http,
    /// A Kubernetes manifest, applied in the run's shell session.
    Manifest,
}

impl Language {
    /// The language that a fence of this tag is written in.
    pub(super) fn of(tag: &str) -> Option<Self> {
        match tag {
            "bash" | "sh" | "shell" | "console" => Some(Self::Bash),
            "sql" => Some(Self::Sql),
            "http" => Some(Self::Http),
            "yaml" | "yml" => Some(Self::Manifest),
            _ => None,
        }
    }

    /// What is wrong with the command, before anything of its step is run. The first command of a step may leave that to
    /// its own beginning.
    pub(super) async fn check(self, task: &Task<'_>, is_first: bool) -> Result<(), String> {
        match self {
            Self::Bash => shell::check(task, is_first).await,
            Self::Sql => sql::check(task),
            Self::Http => http::check(task),
            Self::Manifest => kubernetes::check(task),
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
            Self::Bash | Self::Manifest => shell::capture(capture, task, stage).await,
            Self::Sql => sql::capture(capture, task, stage).await.map(String::into_bytes).map_err(Failure::from),
            Self::Http => Err("failed: nothing is captured over HTTP".to_owned().into()),
        }
    }

    /// Whether commands that follow each other are performed as one.
    pub(super) const fn is_grouped(self) -> bool {
        matches!(self, Self::Sql)
    }

    /// The places of commands, among those that follow each other, before which everything is settled that came before.
    pub(super) fn boundaries(self, tasks: &[Task<'_>]) -> Vec<usize> {
        match self {
            Self::Sql => sql::boundaries(tasks),
            Self::Bash | Self::Http | Self::Manifest => (0..tasks.len()).collect(),
        }
    }

    /// Performs commands that follow each other, one unless they are grouped; what they did in a few words, where there
    /// is something to say, or which of them failed.
    pub(super) async fn perform(
        self,
        tasks: &[Task<'_>],
        stage: &mut Stage<'_>,
    ) -> Result<Option<String>, (usize, Failure)> {
        let Some(task) = tasks.first() else { return Ok(None) };
        match self {
            Self::Bash => {
                shell::run(&task.command.rendered, task, stage).await.map(|()| None).map_err(|failure| (0, failure))
            }
            Self::Sql => sql::perform(tasks, stage).await,
            Self::Http => http::perform(task, stage).await.map(Some).map_err(|failure| (0, failure)),
            Self::Manifest => kubernetes::apply(task, stage).await.map(|()| None).map_err(|failure| (0, failure)),
        }
    }
}
