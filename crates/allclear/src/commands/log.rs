//! `allclear log`: the one log, read, proved, carried away and brought back.

use std::path::{Path, PathBuf};

use allclear_core::{Recorded, Seq};
use allclear_store::{Head, Location, Store};
use anyhow::Context as _;
use clap::Subcommand;
use futures::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufReader};

use crate::client::Client;
use crate::evidence;
use crate::exit::{Exit, Failure};
use crate::host;
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear log`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: LogVerb,
}

#[derive(Debug, Subcommand)]
enum LogVerb {
    /// Prints the latest events.
    Tail {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: u64,
        /// Goes on with every event as it is appended. With `--format json` it prints one document a line, otherwise
        /// one array.
        #[arg(long, short)]
        follow: bool,
    },
    /// Proves that nothing in the log was changed; against a head kept elsewhere, that nothing was removed.
    Verify {
        /// Verifies this instead, offline: what `allclear runs export` or `allclear log export` wrote.
        path: Option<PathBuf>,
        /// A head as an export, a notice or a review carries it: `SEQ:HASH`.
        #[arg(long, value_name = "SEQ:HASH")]
        against: Option<Head>,
    },
    /// Writes the whole log as JSON lines.
    Export {
        /// Where to; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Reads an export into an empty data directory.
    Import {
        /// The export.
        file: PathBuf,
    },
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    match args.verb {
        LogVerb::Tail { lines, follow } => tail(lines, follow, common).await,
        LogVerb::Verify { path: Some(path), against } => verify_export(&path, against, common).await,
        LogVerb::Verify { path: None, against } => verify(against, common).await,
        LogVerb::Export { output } => export(output, common).await,
        LogVerb::Import { file } => import(&file, common).await,
    }
}

async fn tail(lines: u64, follow: bool, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let head: serde_json::Value = client.get("log/head").await?;
    let mut after: Seq = head["seq"].as_u64().unwrap_or(0).saturating_sub(lines);
    let records: Vec<Recorded> = client.get(&format!("events?after={after}&limit={lines}")).await?;
    if common.format == Format::Json && !follow {
        print_array(&records)?;
    } else {
        records.iter().try_for_each(|recorded| print_event(recorded, common.format))?;
    }
    if follow {
        after = records.last().map_or(after, |recorded| recorded.seq);
        let path = format!("events/follow?after={after}");
        client
            .follow(&path, |_, data| {
                print_event(&serde_json::from_value(data)?, common.format)?;
                Ok(std::ops::ControlFlow::Continue(()))
            })
            .await?;
    }
    client.close().await;
    Ok(Exit::Ok)
}

/// One document, with one event a line.
fn print_array(records: &[Recorded]) -> anyhow::Result<()> {
    let lines: Vec<String> = records.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    print::line(format!("[\n{}\n]", lines.join(",\n")));
    Ok(())
}

fn print_event(recorded: &Recorded, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        // One document a line, so that a follower can be piped.
        print::line(serde_json::to_string(recorded)?);
        return Ok(());
    }
    let mut fields = serde_json::to_value(recorded.event.as_ref())?;
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("type");
        if let Some(policy) = fields.get_mut("policy") {
            *policy = json!("…");
        }
    }
    let (seq, at, name) = (recorded.seq, recorded.at.strftime("%Y-%m-%d %H:%M:%S"), recorded.event.name());
    print::line(format!("{seq:>6}  {at}  {name:<22} {:<16} {fields}", recorded.cause.actor.to_string()));
    Ok(())
}

async fn verify(against: Option<Head>, common: &Common) -> anyhow::Result<Exit> {
    let verified = match Client::of_server(common).await? {
        Some(client) => {
            let query = against.map_or_else(String::new, |head| format!("?against={head}"));
            client.get::<serde_json::Value>(&format!("log/verify{query}")).await
        }
        None => {
            let store = open(common).await?;
            let verified = store.verify(against).await;
            store.close().await;
            verified
                .map(|head| json!({"seq": head.seq, "hash": head.hash, "head": head.to_string()}))
                .map_err(Into::into)
        }
    };
    tell_verified(verified, common.format)
}

/// What somebody carried here, by itself: no data directory and no server is asked.
async fn verify_export(path: &Path, against: Option<Head>, common: &Common) -> anyhow::Result<Exit> {
    let verified = evidence::verify(path, against).await;
    if let (Ok(proved), Format::Human) = (&verified, common.format)
        && !proved["run"].is_null()
    {
        let (run, events, outputs) = (print::text(proved, "run"), &proved["events"], &proved["outputs"]);
        print::line(format!("The evidence of {run} verifies: {events} events about it, {outputs} outputs."));
    }
    tell_verified(verified, common.format)
}

fn tell_verified(verified: anyhow::Result<serde_json::Value>, format: Format) -> anyhow::Result<Exit> {
    match verified {
        Ok(mut head) if format == Format::Json => {
            head["ok"] = json!(true);
            print::json(&head)
        }
        Ok(head) => {
            let (seq, head) = (&head["seq"], print::text(&head, "head"));
            print::line(format!("{seq} events, nothing was changed. Head: {head}"));
            Ok(Exit::Ok)
        }
        Err(error) if format == Format::Json => {
            print::json(&json!({"ok": false, "error": format!("{error:#}")}))?;
            Ok(Exit::Problems)
        }
        Err(error) if error.downcast_ref::<Failure>().is_some() => Err(error),
        Err(error) => Err(Failure::problems(format!("the log does not verify: {error:#}"))),
    }
}

async fn export(output: Option<PathBuf>, common: &Common) -> anyhow::Result<Exit> {
    let Some(path) = output else {
        export_to(tokio::io::stdout(), common).await?;
        return Ok(Exit::Ok);
    };
    let partial = PathBuf::from(format!("{}.partial", path.display()));
    let cannot = || format!("{} cannot be written", partial.display());
    let mut file = tokio::fs::File::create(&partial).await.with_context(cannot)?;
    export_to(&mut file, common).await?;
    file.sync_all().await.with_context(cannot)?;
    // The file has its name only when it is whole.
    tokio::fs::rename(&partial, &path).await?;
    Ok(Exit::Ok)
}

/// From the server where one runs, from the store itself otherwise. The last line carries the head.
async fn export_to<W: AsyncWrite + Unpin>(mut writer: W, common: &Common) -> anyhow::Result<()> {
    match Client::of_server(common).await? {
        Some(client) => {
            let mut chunks = client.stream("log/export").await?.into_data_stream();
            while let Some(chunk) = chunks.next().await {
                writer.write_all(&chunk.context("the export was cut short")?).await?;
            }
        }
        None => {
            let store = open(common).await?;
            let exported = store.export(&mut writer).await;
            store.close().await;
            let head = exported.context("the log could not be exported")?;
            eprintln!("{} events exported. Head, to be kept elsewhere: {head}", head.seq);
        }
    }
    writer.flush().await?;
    Ok(())
}

async fn import(file: &std::path::Path, common: &Common) -> anyhow::Result<Exit> {
    let export = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
    let store = Store::open(&host::location(common)?).await?;
    let head = store.import(BufReader::new(export)).await;
    store.close().await;
    let head = head.context("nothing was imported")?;
    print::line(format!("{} events imported and verified. Head: {head}", head.seq));
    Ok(Exit::Ok)
}

/// The store itself: these verbs need no engine, and none may be running.
async fn open(common: &Common) -> anyhow::Result<Store> {
    let location = host::location(common)?;
    if let Location::DataDir(path) = &location
        && !path.exists()
    {
        return Err(Failure::usage(format!(
            "there is no data directory at {}: name it with --data-dir",
            path.display()
        )));
    }
    Ok(Store::open(&location).await?)
}
