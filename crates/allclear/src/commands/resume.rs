//! `allclear resume`: goes on with a run that waits, failed, or has a step in doubt.

use allclear_core::RunId;
use serde_json::{Value, json};

use crate::Common;
use crate::attach;
use crate::client::{self, Client};
use crate::commands::undo;
use crate::exit::{Exit, Failure};
use crate::print;

/// Arguments of `allclear resume`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run, such as `run-40`.
    run: String,
    /// Settles the step in doubt, or the step that failed: it happened.
    #[arg(long, conflicts_with = "again")]
    happened: bool,
    /// Performs the step in doubt, or the step that failed, once more.
    #[arg(long)]
    again: bool,
    /// Puts back what the run did, the step in doubt first; as `allclear undo` does.
    #[arg(long, conflicts_with_all = ["happened", "again"])]
    undo: bool,
    /// Performs the step although what is before it could not be recorded: no command will put it back.
    #[arg(long, requires = "reason", conflicts_with_all = ["happened", "again", "undo"])]
    without_undo: bool,
    /// Why its undo is given up, for `--without-undo`.
    #[arg(long, value_name = "TEXT", requires = "without_undo")]
    reason: Option<String>,
    /// What you saw, for `--happened`.
    #[arg(long, value_name = "TEXT", requires = "happened")]
    note: Option<String>,
    /// Approves what has this digest: the plan, or the step that waits.
    #[arg(long, value_name = "DIGEST")]
    approve: Vec<String>,
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let id: RunId = client::id(&args.run)?;
    let client = Client::connect(common).await?;
    let result = resume(&args, id, &client, common).await;
    client.close().await;
    result
}

async fn resume(args: &Args, id: RunId, client: &Client, common: &Common) -> anyhow::Result<Exit> {
    if args.undo {
        return undo::begin(client, id, None, &args.approve, common).await;
    }
    let run: Value = client.get(&format!("runs/{id}")).await?;
    if run["paused"] == true && !matches!(run["state"].as_str(), Some("finished" | "aborted" | "undone")) {
        let _: Value = client.post(&format!("runs/{id}/resume"), &json!({})).await?;
    }
    if args.happened || args.again || args.without_undo {
        settle(args, id, client, &run).await?;
    }
    attach::attach_with(client, &id.to_string(), common, &args.approve).await
}

async fn settle(args: &Args, id: RunId, client: &Client, run: &Value) -> anyhow::Result<()> {
    let Some(step) = attach::current(run) else {
        return Err(Failure::refused(format!("{id} is {}: no step is open", print::text(run, "state"))));
    };
    let number = print::text(&step, "number");
    let (act, body) = if args.happened {
        ("confirm", json!({"note": args.note.as_deref().unwrap_or("settled with --happened")}))
    } else if args.without_undo {
        ("forgo-undo", json!({"digest": step["digest"], "reason": args.reason}))
    } else {
        ("repeat", json!({"digest": step["digest"]}))
    };
    let _: Value = client.post(&format!("runs/{id}/steps/{number}/{act}"), &body).await?;
    Ok(())
}
