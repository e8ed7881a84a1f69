//! `allclear init`: writes a commented configuration from what a runbook says.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::{Common, Format, atomic_file, print};

mod cron;
mod draft;
mod write;

/// Arguments of `allclear init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runbook to read.
    #[arg(long, value_name = "RUNBOOK.md")]
    from: PathBuf,
    /// The file to write; where absent, the one that `--config` names.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replaces the file if it is there.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let output = args.output.clone().unwrap_or_else(|| common.config.clone());
    let text = std::fs::read_to_string(&args.from)
        .map_err(|error| Failure::usage(format!("cannot read the runbook `{}`: {error}", args.from.display())))?;
    if output.exists() && !args.force {
        return Err(Failure::refused(format!(
            "`{}` exists and was not touched: name another file with `--output FILE`, or replace it with `--force`",
            output.display()
        )));
    }
    let from = args.from.display().to_string();
    let (runbook, diagnostics) = allclear_runbook::parse(&from, &text);
    // The others are for `show`; without a procedure the file cannot do what it is for.
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.code == "no-procedure-found") {
        eprintln!("{from}:{}:{}: {}", diagnostic.line, diagnostic.column, diagnostic.message);
    }
    let draft = draft::Draft::of(&runbook);
    let content = write::write(&draft, &path_from(&output, &args.from)?);
    atomic_file::write(&output, content.as_bytes()).with_context(|| format!("cannot write `{}`", output.display()))?;
    match common.format {
        Format::Json => print::line(format!("{:#}", document(&draft, &output))),
        _ => tell(&draft, &args.from, &output),
    }
    Ok(Exit::Ok)
}

fn document(draft: &draft::Draft, output: &Path) -> serde_json::Value {
    json!({
        "output": output.display().to_string(),
        "service": draft.service,
        "checks": draft.checks.iter().map(|check| &check.name).collect::<Vec<_>>(),
        "jobs": draft.jobs.iter().map(|job| &job.name).collect::<Vec<_>>(),
        "procedures": draft.procedures.iter().map(|procedure| &procedure.id).collect::<Vec<_>>(),
    })
}

fn tell(draft: &draft::Draft, from: &Path, output: &Path) {
    let output = output.display();
    print::line(format!("Wrote {output} from {}:", from.display()));
    let lines = [
        (draft.checks.len(), "check", "one for each address in the runbook"),
        (draft.jobs.len(), "job", "from its schedule"),
        (draft.procedures.len(), "procedure", "ready to be attached to checks"),
        (draft.contacts.len(), "contact", "as comments beside the escalation"),
    ];
    for (count, noun, origin) in lines {
        let noun = if count == 1 { noun.to_owned() } else { format!("{noun}s") };
        print::line(format!("  {count:>3} {noun:<10}  {origin}"));
    }
    let config = if draft_is_default(&output.to_string()) { String::new() } else { format!(" --config {output}") };
    print::line("\nNext:");
    print::line("  1. read it; it is full of comments");
    print::line("  2. export OBS_ALERT_WEBHOOK=https://…      where pages go besides the console");
    print::line(format!("  3. allclear config check{config}"));
    print::line(format!("  4. allclear up{config}"));
}

fn draft_is_default(output: &str) -> bool {
    output == "allclear.toml"
}

/// The path of the runbook, starting from the folder of the configuration.
fn path_from(config: &Path, runbook: &Path) -> anyhow::Result<String> {
    let folder = config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().with_context(|| format!("the folder `{}` does not exist", folder.display()))?;
    let runbook = runbook.canonicalize()?;
    let shared = folder.components().zip(runbook.components()).take_while(|(one, other)| one == other).count();
    let mut path = PathBuf::new();
    path.extend(folder.components().skip(shared).map(|_| ".."));
    path.extend(runbook.components().skip(shared));
    Ok(path.display().to_string())
}
