//! The verbs: one file each, one line here.

use clap::Subcommand;

use crate::Common;
use crate::exit::Exit;

mod config;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Work with the configuration file.
    Config(config::Args),
}

/// Performs one verb.
pub(crate) async fn run(verb: Verb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        Verb::Config(args) => config::run(args, common).await,
    }
}
