//! `allclear lsp`: findings, fixes, effects and outline of a runbook in the editor, while it is written.

use crate::Common;
use crate::commands::lint;
use crate::exit::Exit;
use crate::lsp;

/// Arguments of `allclear lsp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Accepted because some editors pass it; there is no other way to talk.
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(crate) fn run(_: &Args, common: &Common) -> anyhow::Result<Exit> {
    let config = lint::config(&common.config)?;
    let (connection, threads) = lsp_server::Connection::stdio();
    lsp::serve(connection, &config)?;
    threads.join()?;
    Ok(Exit::Ok)
}
