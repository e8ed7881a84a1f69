//! `allclear runs`: lists runs, shows, pauses, ends and exports one.

use std::path::PathBuf;

use allclear_core::RunId;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::{self, Client};
use crate::evidence;
use crate::exit::Exit;
use crate::run_words;
use crate::{Common, Format, print};

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
    /// Shows one run: who asked for it, who approved what, every attempt and what came of it.
    Show {
        /// The run, such as `run-40`.
        run: String,
    },
    /// Starts no further step; the one under way goes on to its end.
    Pause {
        /// The run.
        run: String,
    },
    /// Goes on with a run that is paused, without attaching this terminal to it.
    Continue {
        /// The run.
        run: String,
    },
    /// Ends a run where it stands. What was done stays done; `allclear undo` puts it back.
    Abort {
        /// The run.
        run: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Writes what happened as evidence: a report, the plan, every output, and the whole log as its proof. An auditor
    /// verifies it offline with `allclear log verify PATH`.
    Export {
        /// The run.
        run: String,
        /// A directory that is not there yet, or a file that ends in `.tar`.
        path: PathBuf,
    },
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let result = perform(args.verb.unwrap_or(RunsVerb::List), &client, common.format).await;
    client.close().await;
    result
}

async fn perform(verb: RunsVerb, client: &Client, format: Format) -> anyhow::Result<Exit> {
    match verb {
        RunsVerb::List => list(client, format).await,
        RunsVerb::Show { run } => show(client, client::id(&run)?, format).await,
        RunsVerb::Pause { run } => {
            let words = "is paused: the step under way goes on to its end, and no other is started";
            steer(client, client::id(&run)?, ("pause", &json!({})), words, format).await
        }
        RunsVerb::Continue { run } => steer(client, client::id(&run)?, ("resume", &json!({})), "goes on", format).await,
        RunsVerb::Abort { run, reason } => {
            let words =
                "is aborted. What was done stays done: `allclear runs show` lists it, `allclear undo` puts it back";
            steer(client, client::id(&run)?, ("abort", &json!({"reason": reason})), words, format).await
        }
        RunsVerb::Export { run, path } => {
            let id: RunId = client::id(&run)?;
            let made = evidence::export(client, id, &path).await?;
            if format == Format::Json {
                return print::json(&made);
            }
            print::line(format!(
                "{id} is exported to {}. `allclear log verify {}` proves it. Head, to be kept elsewhere: {}",
                path.display(),
                path.display(),
                print::text(&made, "head")
            ));
            Ok(Exit::Ok)
        }
    }
}

async fn list(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let runs: Vec<Value> = client.get("runs").await?;
    if format == Format::Json {
        return print::json(&runs);
    }
    if runs.is_empty() {
        print::line("No run yet: `allclear run RUNBOOK PROCEDURE` begins one.");
    }
    let columns = ["id", "state", "in_doubt", "undoes", "planned_at", "procedure"];
    print::table(
        &["RUN", "STATE", "IN DOUBT", "UNDOES", "PLANNED", "PROCEDURE"],
        runs.iter().map(|run| columns.map(|name| print::text(run, name))),
    );
    Ok(Exit::Ok)
}

async fn show(client: &Client, id: RunId, format: Format) -> anyhow::Result<Exit> {
    let run: Value = client.get(&format!("runs/{id}")).await?;
    if format == Format::Json {
        return print::json(&run);
    }
    run_words::lines(&run).iter().for_each(print::line);
    Ok(Exit::Ok)
}

async fn steer(
    client: &Client,
    id: RunId,
    (act, body): (&str, &Value),
    words: &str,
    format: Format,
) -> anyhow::Result<Exit> {
    let _: Value = client.post(&format!("runs/{id}/{act}"), body).await?;
    if format == Format::Json {
        return show(client, id, format).await;
    }
    print::line(format!("{id} {words}."));
    Ok(Exit::Ok)
}
