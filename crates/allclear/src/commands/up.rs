//! `allclear up`: the server.

use std::net::SocketAddr;

use anyhow::Context as _;

use crate::Common;
use crate::config;
use crate::exit::Exit;
use crate::host::{self, Host};

/// Arguments of `allclear up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Listens here instead of where the configuration says.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let config::Loaded { config, warnings } = host::load(&common.config)?;
    eprint!("{warnings}");
    host::check_socket(&common.data_dir)?;
    // The port is taken before anything else happens, so that a wrong one changes nothing.
    let listener = host::listen(args.listen.unwrap_or(config.server.listen)).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    let watch = config::Watch::new(&common.config, &config);
    let host = Host::start_on(&host::location(common)?, common, config.policy).await?;
    if let Some(token) = host.new_admin_token() {
        eprintln!("The admin token, shown this once: {token}");
    }
    eprintln!("allclear {} is up.", env!("CARGO_PKG_VERSION"));
    eprintln!("  console      http://{address}/\n  status page  http://{address}/status");
    host.serve(listener, &common.data_dir, watch).await?;
    eprintln!("Stopped; everything that happened is in the log.");
    Ok(Exit::Ok)
}
