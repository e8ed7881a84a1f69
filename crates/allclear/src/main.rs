//! `allclear`: from the first alert to the all-clear, in one binary.
//!
//! This file knows the command line and the exit codes; each verb lives in a file of its own under `commands/`.

mod atomic_file;
mod attach;
mod client;
mod commands;
mod config;
mod credential;
mod demo;
mod discreet;
mod errors;
mod estate;
mod evidence;
mod exit;
mod host;
mod lint;
mod live;
mod lsp;
mod planning;
mod posted;
mod print;
#[cfg(test)]
mod reference;
mod run_words;
mod undoing;
mod wiring;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::commands::Verb;
use crate::exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Self-hosted incident response: lint, plan, run, rehearse, watch, page, tell, review.
#[derive(Debug, Parser)]
#[command(name = "allclear", version, disable_help_subcommand = true, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// Options that every verb understands.
#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// Where the log, its lock and its socket are.
    #[arg(long, global = true, env = "ALLCLEAR_DATA_DIR", default_value = "allclear-data", value_name = "DIR")]
    data_dir: PathBuf,
    /// The configuration file.
    #[arg(long, global = true, env = "ALLCLEAR_CONFIG", default_value = "allclear.toml", value_name = "FILE")]
    config: PathBuf,
    /// Acts as the person whose token this is, wherever it is kept; without it, as the one in the variable
    /// `ALLCLEAR_TOKEN`, or else as the user of this system. The token itself does not belong on a command line.
    #[arg(long, global = true, value_name = "env:NAME|file:PATH")]
    token: Option<String>,
    /// `json` prints one document on stdout and people's words on stderr.
    #[arg(long, global = true, value_enum, default_value = "human")]
    format: Format,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning; `lint` only, whose help names it.
    #[value(hide = true)]
    Sarif,
    /// Annotations of a GitHub workflow; `lint` only, whose help names it.
    #[value(hide = true)]
    Github,
}

fn main() -> ExitCode {
    discreet::panic_quietly();
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Clap's own code for usage errors is ours too: 2.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    // Told once, so that no file that names a place in it depends on where a later program is started.
    cli.common.data_dir = std::path::absolute(&cli.common.data_dir).unwrap_or(cli.common.data_dir);
    let ended = match commands::run_alone(&cli.verb, &cli.common) {
        Some(ended) => ended,
        None => run_in_company(cli),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            print::words(format!("error: {error:#}"));
            exit::of(&error).into()
        }
    }
}

/// Performs a verb that talks to others: with a runtime, TLS, and what the program says of itself.
fn run_in_company(cli: Cli) -> anyhow::Result<Exit> {
    // Every TLS connection of the process uses this one provider; a second call can only mean it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    listen_to_the_program();
    let runtime = match allclear_engine::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::words(format!("error: cannot start: {error}"));
            return Ok(Exit::Problems);
        }
    };
    runtime.block_on(commands::run(cli.verb, &cli.common))
}

/// What the program says of itself goes to stderr: warnings, and more where `ALLCLEAR_LOG` asks for it.
fn listen_to_the_program() {
    let wanted = tracing_subscriber::EnvFilter::try_from_env("ALLCLEAR_LOG");
    let filter = wanted.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| discreet::Stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
