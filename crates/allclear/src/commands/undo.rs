//! `allclear undo`: taking a run back, which this version refuses in so many words.

use allclear_core::RunId;

use crate::client;
use crate::exit::{Exit, Failure};

/// Arguments of `allclear undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run, such as `run-40`.
    run: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    Err(refusal(client::id(&args.run)?))
}

/// Why nothing is undone, and what to do instead.
pub(crate) fn refusal(run: RunId) -> anyhow::Error {
    Failure::refused(format!(
        "this version cannot undo, and nothing was changed. `allclear runs show {run}` shows what was performed: run the \
         runbook's rollback as a procedure of its own, or undo it by hand; then settle a step in doubt with `allclear \
         resume {run} --happened` or `--again`, or end the run with `allclear runs abort {run} --reason …` [cannot-undo]"
    ))
}
