//! `allclear undo`: a run whose steps put back those of another, latest first.

use allclear_core::RunId;

use crate::attach;
use crate::client::{self, Client};
use crate::exit::Exit;
use crate::undoing;
use crate::{Common, print};

/// Arguments of `allclear undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run, such as `run-40`.
    run: String,
    /// Puts back the latest steps, down to this one; without it, the whole run.
    #[arg(long, value_name = "STEP")]
    to: Option<u32>,
    /// Shows what would be put back and what would not, and starts nothing.
    #[arg(long)]
    plan: bool,
    /// Approves beforehand what has this digest: the plan of the undo, a step or a command of it.
    #[arg(long, value_name = "DIGEST")]
    approve: Vec<String>,
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let id: RunId = client::id(&args.run)?;
    let client = Client::connect(common).await?;
    let result = undo(&client, id, &args, common).await;
    client.close().await;
    result
}

async fn undo(client: &Client, id: RunId, args: &Args, common: &Common) -> anyhow::Result<Exit> {
    if !args.plan {
        return begin(client, id, args.to, &args.approve, common).await;
    }
    let plan = undoing::preview(client, &id.to_string(), args.to).await?;
    if common.format == crate::Format::Json {
        return print::json(&plan);
    }
    undoing::print_plan(&plan);
    Ok(Exit::Ok)
}

/// Starts the undo and follows it.
pub(crate) async fn begin(
    client: &Client,
    id: RunId,
    to: Option<u32>,
    approve: &[String],
    common: &Common,
) -> anyhow::Result<Exit> {
    let id = id.to_string();
    let plan = undoing::preview(client, &id, to).await?;
    undoing::print_plan(&plan);
    let started = undoing::start(client, &id, to, &plan, approve).await?;
    print::words(format!("\n{started} undoes {id}."));
    attach::attach_with(client, &started, common, approve).await
}
