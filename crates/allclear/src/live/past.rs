//! How long each step of a procedure took in the runs that are in the log.

use std::collections::BTreeMap;

use allclear_core::{Run, RunId};
use allclear_store::{Location, Opening, Store};
use serde_json::Value;

use crate::Common;
use crate::client::Client;
use crate::host;

/// Runs that are looked at: older ones were of another estate.
const RUNS_MAX: usize = 20;
/// How far back they are looked for, in runs of any procedure.
const RUNS_LISTED: u32 = 50;

/// What a step took before, in milliseconds, each time that it succeeded.
pub(crate) type Durations = BTreeMap<u32, Vec<u64>>;

/// From the server where one runs, from the store itself otherwise. Without either nobody knows, and that is no error.
pub(crate) async fn durations(procedure: &str, common: &Common) -> anyhow::Result<Durations> {
    match Client::of_server(common).await? {
        Some(client) => of_server(&client, procedure).await,
        None => of_store(procedure, common).await,
    }
}

async fn of_server(client: &Client, procedure: &str) -> anyhow::Result<Durations> {
    let runs: Vec<Value> = client.get("runs").await?;
    let mut durations = Durations::new();
    for run in runs.iter().filter(|run| run["procedure"] == procedure).take(RUNS_MAX) {
        let run: Value = client.get(&format!("runs/{}", run["id"].as_str().unwrap_or_default())).await?;
        for step in run["steps"].as_array().into_iter().flatten().filter(|step| step["state"] == "succeeded") {
            let number = step["number"].as_u64().and_then(|number| u32::try_from(number).ok());
            if let (Some(number), Some(took)) = (number, step["outcome"]["duration_ms"].as_u64()) {
                durations.entry(number).or_default().push(took);
            }
        }
    }
    Ok(durations)
}

async fn of_store(procedure: &str, common: &Common) -> anyhow::Result<Durations> {
    let mut durations = Durations::new();
    let location = host::location(common)?;
    // Looking must not make a log where there is none.
    if matches!(&location, Location::DataDir(path) if !path.join("log.db").exists()) {
        return Ok(durations);
    }
    let store = Store::open(&location).await?;
    let planned = store.latest(Opening::Run, RUNS_LISTED).await?;
    let mut seen = 0;
    for id in planned.iter().filter_map(|recorded| recorded.run) {
        let Some(run) = run(&store, id).await?.filter(|run| run.plan.procedure == procedure) else { continue };
        for (number, step) in &run.steps {
            if let (Some(outcome), "succeeded") = (&step.outcome, step.state.word()) {
                durations.entry(*number).or_default().push(outcome.duration_ms);
            }
        }
        seen += 1;
        if seen == RUNS_MAX {
            break;
        }
    }
    store.close().await;
    Ok(durations)
}

async fn run(store: &Store, id: RunId) -> anyhow::Result<Option<Run>> {
    Ok(Run::replay(&store.read_run(id).await?))
}
