//! `allclear show`: prints a runbook as Allclear understands it.

use std::path::PathBuf;

use crate::exit::{Exit, Failure};
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runbook, a Markdown file.
    runbook: PathBuf,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let path = args.runbook.display().to_string();
    let unreadable = |error| Failure::usage(format!("{path} cannot be read: {error}"));
    let bytes = std::fs::read(&args.runbook).map_err(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    let (runbook, diagnostics) = allclear_runbook::parse(&path, &text);
    for diagnostic in &diagnostics {
        print::words(format!("{path}:{}:{}: {}", diagnostic.line, diagnostic.column, diagnostic.message));
    }
    match common.format {
        Format::Json => print::json(&allclear_runbook::show(&runbook))?,
        _ => {
            print::raw(&allclear_runbook::render_show(&runbook));
            Exit::Ok
        }
    };
    Ok(if runbook.procedures.is_empty() { Exit::Problems } else { Exit::Ok })
}
