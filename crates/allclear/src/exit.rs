//! Exit codes, the same for every verb.

use std::process::ExitCode;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything is as it should be.
    Ok,
    /// 1: it worked and found problems, or it failed.
    Problems,
    /// 2: it was called wrongly.
    Usage,
    /// 3: it was refused; nothing was changed.
    Refused,
    /// 4: a step is in doubt and waits for a person.
    InDoubt,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Problems => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::InDoubt => 4,
        })
    }
}

/// An error that knows its exit code: attach it with `anyhow::Error::new(Failure { .. })`.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The code.
    pub(crate) exit: Exit,
    /// What happened and what to do next.
    pub(crate) message: String,
}

impl Failure {
    /// The command line was wrong.
    pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Usage, message: message.into() }.into()
    }

    /// It failed, and says what to do about it.
    pub(crate) fn problems(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Problems, message: message.into() }.into()
    }

    /// The engine said no.
    pub(crate) fn refused(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Refused, message: message.into() }.into()
    }
}

/// The code of an error: its own if it has one, otherwise 1.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Failure>().map_or(Exit::Problems, |failure| failure.exit)
}
