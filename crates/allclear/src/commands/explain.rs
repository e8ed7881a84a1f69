//! `allclear explain`: the page of a lint rule or an error, offline.

use crate::config::nearest;
use crate::exit::{Exit, Failure};
use crate::print;

/// Arguments of `allclear explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The code in brackets of a finding or behind a message, such as `K04` or `not-open`; or the name of a rule.
    code: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let page = crate::errors::PAGES.iter().find(|(code, _)| *code == args.code).map(|(_, text)| *text);
    match page.or_else(|| allclear_runbook::find_rule(&args.code).map(|rule| rule.page)) {
        Some(page) => {
            print::raw(page);
            Ok(Exit::Ok)
        }
        None => Err(Failure::usage(unknown(&args.code))),
    }
}

fn unknown(asked: &str) -> String {
    let rules = || allclear_runbook::RULES.iter().copied().flatten();
    let errors = || crate::errors::PAGES.iter().map(|(code, _)| *code);
    let near = nearest(asked, errors().chain(rules().map(|rule| rule.name)));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    let errors: Vec<&str> = errors().collect();
    format!("there is no page `{asked}`{near}\nrules: {}\nerrors: {}", codes.join(" "), errors.join(" "))
}
