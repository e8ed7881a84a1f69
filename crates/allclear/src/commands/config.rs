//! `allclear config`: checks the configuration file.

use serde_json::json;

use crate::config::{Report, Weight, load};
use crate::exit::Exit;
use crate::{Common, Format, print};

/// Arguments of `allclear config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Says everything that is wrong with the configuration, where, and what to write instead.
    Check,
}

pub(crate) fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    match args.action {
        Action::Check => check(common),
    }
}

fn check(common: &Common) -> anyhow::Result<Exit> {
    let result = load(&common.config);
    let counts = result.as_ref().ok().map(|loaded| {
        let policy = &loaded.config.policy;
        let procedures = policy.runbook.as_ref().map_or(0, |runbook| runbook.procedures.len());
        [
            ("check", policy.checks.len()),
            ("job", policy.jobs.len()),
            ("channel", policy.channels.len()),
            ("procedure", procedures),
        ]
    });
    let report = match &result {
        Ok(loaded) => &loaded.warnings,
        Err(report) => report,
    };
    match common.format {
        Format::Json => print_json(report, counts.as_ref().map(<[_; 4]>::as_slice)),
        _ => print_human(report, counts.as_ref().map(<[_; 4]>::as_slice)),
    }
    Ok(if result.is_ok() { Exit::Ok } else { Exit::Problems })
}

fn print_json(report: &Report, counts: Option<&[(&str, usize)]>) {
    let counts: serde_json::Map<_, _> =
        counts.unwrap_or_default().iter().map(|(noun, count)| (format!("{noun}s"), (*count).into())).collect();
    let document = json!({ "good": !report.has_errors(), "problems": report.json(), "counts": counts });
    print::line(format!("{document:#}"));
}

fn print_human(report: &Report, counts: Option<&[(&str, usize)]>) {
    if !report.is_empty() {
        print::line(report.styled());
    }
    let warnings = match report.count(Weight::Warning) {
        0 => String::new(),
        count => format!(", with {}", plural(count, "warning")),
    };
    match counts {
        Some(counts) => {
            let counts: Vec<String> = counts.iter().map(|(noun, count)| plural(*count, noun)).collect();
            print::line(format!("{}: the configuration is good{warnings}", counts.join(", ")));
        }
        None => {
            let errors = plural(report.count(Weight::Error), "error");
            print::line(format!("{errors}: the configuration cannot be used{warnings}"));
        }
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
