//! The verbs: one file each, one line here.

use clap::Subcommand;

use crate::exit::{Exit, Failure};
use crate::{Common, Format};

mod check;
mod config;
mod demo;
mod explain;
mod incident;
mod init;
mod lint;
mod log;
mod lsp;
mod plan;
mod resume;
mod review;
pub(crate) mod run;
mod runs;
mod show;
mod token;
mod undo;
mod up;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// A small service to break, and Allclear watching it; or the whole story by itself.
    Demo(demo::Args),
    /// Work with the configuration file.
    Config(config::Args),
    /// Writes a commented configuration from what a runbook says.
    Init(init::Args),
    /// Looks once at what is watched, without a server.
    Check(check::Args),
    /// Starts the server: watching, paging, console, status page.
    Up(up::Args),
    /// Says what would hurt in runbooks at 3 a.m., and mends what it is sure of.
    Lint(lint::Args),
    /// Speaks the language server protocol on stdin and stdout, for editors.
    Lsp(lsp::Args),
    /// Prints a runbook as Allclear understands it.
    Show(show::Args),
    /// Shows what a run of a procedure would perform; performs nothing.
    Plan(plan::Args),
    /// Performs a procedure step by step, each with a person's word.
    Run(run::Args),
    /// Lists runs, shows, pauses, ends and exports one.
    Runs(runs::Args),
    /// Goes on with a run that waits, is paused, failed, or has a step in doubt.
    Resume(resume::Args),
    /// Puts back what a run did, latest step first: a run of its own, that asks before each step.
    Undo(undo::Args),
    /// Opens incidents and works them.
    Incident(incident::Args),
    /// Shows, completes and publishes the reviews that are owed.
    Review(review::Args),
    /// Lets persons in: makes, lists and revokes their tokens.
    Token(token::Args),
    /// Reads, proves, exports and imports the log.
    Log(log::Args),
    /// Prints the page of a lint rule or an error.
    Explain(explain::Args),
}

/// Performs a verb that needs nobody else, and so no runtime: it has to be done as soon as an editor has saved. `None`
/// for any other verb.
pub(crate) fn run_alone(verb: &Verb, common: &Common) -> Option<anyhow::Result<Exit>> {
    if matches!(common.format, Format::Sarif | Format::Github) && !matches!(verb, Verb::Lint(_)) {
        let help = "`--format sarif` and `--format github` are for `allclear lint`; use human or json";
        return Some(Err(Failure::usage(help)));
    }
    match verb {
        Verb::Lint(args) => Some(lint::run(args, common)),
        Verb::Lsp(args) => Some(lsp::run(args, common)),
        Verb::Show(args) => Some(show::run(args, common)),
        Verb::Explain(args) => Some(explain::run(args)),
        _ => None,
    }
}

/// Performs one verb.
pub(crate) async fn run(verb: Verb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        Verb::Demo(args) => demo::run(args, common).await,
        Verb::Config(args) => config::run(args, common),
        Verb::Init(args) => init::run(&args, common),
        Verb::Check(args) => check::run(args, common).await,
        Verb::Up(args) => up::run(args, common).await,
        Verb::Plan(args) => plan::run(&args, common).await,
        Verb::Run(args) => run::run(args, common).await,
        Verb::Runs(args) => runs::run(args, common).await,
        Verb::Resume(args) => resume::run(args, common).await,
        Verb::Undo(args) => undo::run(args, common).await,
        Verb::Incident(args) => incident::run(args, common).await,
        Verb::Review(args) => review::run(args, common).await,
        Verb::Token(args) => token::run(args, common).await,
        Verb::Log(args) => log::run(args, common).await,
        Verb::Lint(_) | Verb::Lsp(_) | Verb::Show(_) | Verb::Explain(_) => {
            run_alone(&verb, common).unwrap_or(Ok(Exit::Usage))
        }
    }
}
