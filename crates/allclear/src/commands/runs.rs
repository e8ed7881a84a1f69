//! `allclear runs`: lists runs, shows one, ends one.

use allclear_core::RunId;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::attach;
use crate::client::{self, Client};
use crate::exit::Exit;
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear runs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<RunsVerb>,
}

#[derive(Debug, Subcommand)]
enum RunsVerb {
    /// Lists runs, newest first.
    List,
    /// Shows one run, step by step.
    Show {
        /// The run, such as `run-40`.
        run: String,
    },
    /// Ends a run where it stands. What was done stays done.
    Abort {
        /// The run.
        run: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let result = match args.verb.unwrap_or(RunsVerb::List) {
        RunsVerb::List => list(&client, common.format).await,
        RunsVerb::Show { run } => show(&client, &run, common.format).await,
        RunsVerb::Abort { run, reason } => abort(&client, &run, &reason, common.format).await,
    };
    client.close().await;
    result
}

async fn list(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let runs: Vec<Value> = client.get("runs").await?;
    if format == Format::Json {
        return print::json(&runs);
    }
    if runs.is_empty() {
        print::line("No run yet: `allclear run RUNBOOK PROCEDURE` begins one.");
    }
    print::table(
        &["RUN", "STATE", "IN DOUBT", "PLANNED", "PROCEDURE"],
        runs.iter().map(|it| ["id", "state", "in_doubt", "planned_at", "procedure"].map(|name| print::text(it, name))),
    );
    Ok(Exit::Ok)
}

async fn show(client: &Client, id: &str, format: Format) -> anyhow::Result<Exit> {
    let id: RunId = client::id(id)?;
    let run: Value = client.get(&format!("runs/{id}")).await?;
    if format == Format::Json {
        return print::json(&run);
    }
    attach::print_run(&run);
    Ok(Exit::Ok)
}

async fn abort(client: &Client, id: &str, reason: &str, format: Format) -> anyhow::Result<Exit> {
    let id: RunId = client::id(id)?;
    let _: Value = client.post(&format!("runs/{id}/abort"), &json!({"reason": reason})).await?;
    if format == Format::Json {
        return show(client, &id.to_string(), format).await;
    }
    print::line(format!("{id} is aborted. What was done stays done; `allclear runs show {id}` lists it."));
    Ok(Exit::Ok)
}
