//! `allclear lint`: what would hurt in runbooks, for people, programs, code scanning and workflows.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use allclear_runbook::DiagnosticSeverity;
use clap::ValueEnum;

use crate::config::{LintConfig, load_lint};
use crate::exit::{Exit, Failure};
use crate::lint::{self, Checked};
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear lint`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`--format` also takes `sarif` (SARIF 2.1.0, for code scanning) and `github` (annotations of a GitHub workflow)."
)]
pub(crate) struct Args {
    /// Markdown files, and folders to search for them; for `--coverage` also files of alert rules.
    #[arg(required_unless_present = "coverage", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Exit with 1 from findings of this level on; `error` unless the configuration says otherwise.
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,
    /// Apply the fixes that can be applied unread, and report what is left.
    #[arg(long)]
    fix: bool,
    /// Print which procedure covers each check, job and alert; exit with 1 where one that wakes somebody has none.
    #[arg(long, conflicts_with_all = ["fix", "deny"])]
    coverage: bool,
}

/// From which level on findings are an error of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Any finding.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
    /// Report only.
    Never,
}

impl Deny {
    const fn level(self) -> Option<DiagnosticSeverity> {
        match self {
            Self::Info => Some(DiagnosticSeverity::Information),
            Self::Warning => Some(DiagnosticSeverity::Warning),
            Self::Error => Some(DiagnosticSeverity::Error),
            Self::Never => None,
        }
    }
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    if args.coverage {
        return lint::coverage(&args.paths, common);
    }
    let config = config(&common.config)?;
    let files = lint::files(&args.paths)?;
    if args.fix {
        let fixed = lint::fix(&files, &config)?;
        print::words(fixed);
    }
    let checked = lint::check(&files, &config)?;
    print(&checked, common.format)?;
    let deny = args.deny.map_or(config.deny.unwrap_or(Some(DiagnosticSeverity::Error)), Deny::level);
    let worst = checked.iter().flat_map(|file| &file.findings).map(|finding| finding.severity).max();
    let fails = deny.is_some_and(|deny| worst.is_some_and(|worst| worst >= deny));
    Ok(if fails { Exit::Problems } else { Exit::Ok })
}

fn print(checked: &[Checked], format: Format) -> anyhow::Result<()> {
    match format {
        Format::Human => {
            print::raw(&lint::human(checked, std::io::stdout().is_terminal()));
            print::words(lint::summary(checked));
        }
        Format::Json => print::line(serde_json::to_string_pretty(&lint::json(checked))?),
        Format::Sarif => print::line(serde_json::to_string_pretty(&lint::sarif(checked))?),
        Format::Github => print::raw(&lint::github(checked)),
    }
    Ok(())
}

/// What the configuration says about linting; defaults where there is no file and none was asked for.
pub(super) fn config(path: &Path) -> anyhow::Result<LintConfig> {
    if path == Path::new("allclear.toml") && !path.exists() {
        return Ok(LintConfig::default());
    }
    load_lint(path).map_err(|error| Failure::usage(error.to_string()))
}
