//! `allclear show`: prints a runbook as Allclear understands it.

use std::path::PathBuf;

use serde_json::Value;

use crate::credential::Credentials;
use crate::exit::{Exit, Failure};
use crate::lint;
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
    let mut config = super::lint::config(&common.config)?;
    config.settings = lint::only_about_secrets();
    let (runbook, diagnostics) = lint::read(&path, &text, &config);
    let found = lint::examine(&args.runbook, &runbook, &text, &diagnostics, &config, &lint::today());
    let credentials = Credentials::with(&lint::secret_values(&text, &found));
    for diagnostic in &diagnostics {
        print::words(format!("{path}:{}:{}: {}", diagnostic.line, diagnostic.column, diagnostic.message));
    }
    match common.format {
        Format::Json => {
            let mut document = serde_json::to_value(allclear_runbook::show(&runbook))?;
            cover(&mut document, &credentials);
            print::json(&document)?
        }
        _ => {
            print::raw(&credentials.covered(&allclear_runbook::render_show(&runbook)));
            Exit::Ok
        }
    };
    Ok(if runbook.procedures.is_empty() { Exit::Problems } else { Exit::Ok })
}

/// Covers the credentials in every text of a document: what is printed ends up in somebody's log.
fn cover(document: &mut Value, credentials: &Credentials) {
    match document {
        Value::String(text) => *text = credentials.covered(text),
        Value::Array(items) => items.iter_mut().for_each(|item| cover(item, credentials)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cover(field, credentials)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
