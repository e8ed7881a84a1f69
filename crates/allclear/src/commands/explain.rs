//! `allclear explain`: the page of an error, offline.

use crate::exit::{Exit, Failure};
use crate::print;

/// Arguments of `allclear explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The code in brackets behind a message, such as `not-open`.
    code: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let page = crate::errors::PAGES.iter().find(|(code, _)| *code == args.code);
    match page {
        Some((_, text)) => {
            print::raw(text);
            Ok(Exit::Ok)
        }
        None => {
            let known: Vec<&str> = crate::errors::PAGES.iter().map(|(code, _)| *code).collect();
            Err(Failure::usage(format!("there is no page `{}`; there are: {}", args.code, known.join(", "))))
        }
    }
}
