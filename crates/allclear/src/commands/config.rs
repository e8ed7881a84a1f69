//! `allclear config`: checks the configuration file.

use crate::Common;
use crate::exit::Exit;

/// Arguments of `allclear config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: Args, _common: &Common) -> anyhow::Result<Exit> {
    Ok(Exit::Ok)
}
