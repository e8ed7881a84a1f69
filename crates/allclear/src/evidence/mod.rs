//! Evidence: everything about one run that an auditor needs, in one directory or one tar file.
//!
//! `log.jsonl` is the whole log as `allclear log export` writes it, for only the whole chain proves a part of it.
//! `plan.json`, `run.json`, `events.jsonl` and `report.md` are computed from it, and `output/DIGEST` holds what the steps
//! wrote. `bundle.json` says which run it is.
//!
//! Invariants: whoever verifies computes everything anew and compares byte by byte; an output is what the log names by
//! digest. Deliberately absent: what was captured, which stays sealed where it was recorded, and its key.

mod report;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use allclear_core::{Digest, Event, Recorded, Run, RunHistory, RunId};
use allclear_store::{Head, Location, Store};
use anyhow::Context as _;
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};

use crate::client::Client;
use crate::exit::Failure;

pub(crate) use verify::verify;

const FORMAT: &str = "allclear-evidence";
const VERSION: u32 = 1;
const BUNDLE: &str = "bundle.json";
const LOG: &str = "log.jsonl";
const OUTPUTS: &str = "output";

/// What `bundle.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct Bundle {
    format: String,
    version: u32,
    run: RunId,
    /// The end of the log that proves it, as `SEQ:HASH`.
    head: String,
    /// The release that computed the files.
    made_by: String,
    /// Outputs that the log names and the store no longer had.
    missing: Vec<Digest>,
}

/// Writes the evidence of a run; the answer is what `bundle.json` says.
pub(crate) async fn export(client: &Client, run: RunId, path: &Path) -> anyhow::Result<Value> {
    if path.exists() && !is_tar(path) {
        return Err(Failure::usage(format!("{} is there already: name a directory that is not", path.display())));
    }
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("{} cannot be written", beside.display());
    let made = tempfile::Builder::new().prefix(".allclear-export").tempdir_in(beside).with_context(cannot)?;
    let bundle = write(client, run, made.path()).await?;
    if is_tar(path) {
        let partial = PathBuf::from(format!("{}.partial", path.display()));
        pack(made.path(), &partial).with_context(cannot)?;
        std::fs::rename(&partial, path).with_context(cannot)?;
    } else {
        use std::os::unix::fs::PermissionsExt as _;
        let made = made.keep();
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)).with_context(cannot)?;
        // The directory has its name only when it is whole.
        std::fs::rename(&made, path).with_context(cannot)?;
    }
    Ok(serde_json::to_value(bundle)?)
}

fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tar")
}

async fn write(client: &Client, run: RunId, directory: &Path) -> anyhow::Result<Bundle> {
    // Asked first, so that a run that is not there is said at once.
    let _: Value = client.get(&format!("runs/{run}")).await?;
    let log = directory.join(LOG);
    let mut file = tokio::fs::File::create(&log).await?;
    let mut chunks = client.stream("log/export").await?.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        file.write_all(&chunk.context("the export of the log was cut short")?).await?;
    }
    file.flush().await?;
    let (store, head) = read_log(&log).await?;
    let events = store.read_run(run).await?;
    store.close().await;
    for (name, bytes) in render(&events)? {
        tokio::fs::write(directory.join(name), bytes).await?;
    }
    let mut missing = Vec::new();
    tokio::fs::create_dir(directory.join(OUTPUTS)).await?;
    for digest in outputs(&events) {
        match client.stream(&format!("runs/{run}/outputs/{digest}")).await {
            Ok(body) => {
                let bytes = body.collect().await?.to_bytes();
                tokio::fs::write(directory.join(OUTPUTS).join(digest.as_str()), bytes).await?;
            }
            Err(error) if error.downcast_ref::<Failure>().is_some() => missing.push(digest),
            Err(error) => return Err(error),
        }
    }
    let (format, made_by) = (FORMAT.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let bundle = Bundle { format, version: VERSION, run, head: head.to_string(), made_by, missing };
    tokio::fs::write(directory.join(BUNDLE), pretty(&bundle)?).await?;
    Ok(bundle)
}

/// The log of an export, verified as it is read.
async fn read_log(path: &Path) -> anyhow::Result<(Store, Head)> {
    let file = tokio::fs::File::open(path).await.with_context(|| format!("{} cannot be read", path.display()))?;
    let store = Store::open(&Location::Memory).await?;
    let head = store.import(BufReader::new(file)).await?;
    Ok((store, head))
}

/// Every file that is computed from the run's own events.
fn render(events: &[Recorded]) -> anyhow::Result<BTreeMap<&'static str, Vec<u8>>> {
    let run = Run::replay(events).context("the log holds no such run")?;
    let history = RunHistory::of(events);
    let mut lines = Vec::new();
    for recorded in events {
        serde_json::to_writer(&mut lines, recorded)?;
        lines.push(b'\n');
    }
    let plan = pretty(&run.plan)?;
    let described = describe(&run, &history)?;
    let report = report::render(&described, events).into_bytes();
    Ok(BTreeMap::from([
        ("events.jsonl", lines),
        ("plan.json", plan),
        ("report.md", report),
        ("run.json", pretty(&described)?),
    ]))
}

/// The run as the API describes it.
fn describe(run: &Run, history: &RunHistory) -> anyhow::Result<Value> {
    let steps = run.plan.steps.iter().filter_map(|planned| {
        let step = run.steps.get(&planned.number)?;
        Some(json!({
            "number": planned.number, "title": planned.title, "kind": planned.kind, "effect": planned.effect(),
            "digest": planned.digest(&run.plan.target), "state": step.state, "attempt": step.attempt,
            "outcome": step.outcome, "history": history.steps.get(&planned.number).cloned().unwrap_or_default(),
        }))
    });
    Ok(json!({
        "id": run.id, "procedure": run.plan.procedure, "title": run.plan.title, "target": run.plan.target,
        "incident": run.incident, "state": run.state(), "paused": run.paused, "undoes": run.undoes,
        "requested_by": run.requested_by, "planned_at": run.planned_at, "preapproved": run.preapproved,
        "plan": serde_json::to_value(&run.plan)?, "pauses": history.pauses, "end": history.end,
        "steps": steps.collect::<Vec<Value>>(),
    }))
}

/// What the steps wrote, by the digests that the log names.
fn outputs(events: &[Recorded]) -> BTreeSet<Digest> {
    let named = events.iter().filter_map(|recorded| match recorded.event.as_ref() {
        Event::StepSucceeded { outcome, .. } | Event::StepFailed { outcome, .. } => outcome.output.clone(),
        _ => None,
    });
    named.collect()
}

fn pretty(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}

fn pack(directory: &Path, file: &Path) -> std::io::Result<()> {
    let mut archive = tar::Builder::new(std::fs::File::create(file)?);
    archive.mode(tar::HeaderMode::Deterministic);
    archive.append_dir_all("evidence", directory)?;
    archive.into_inner()?.sync_all()
}
