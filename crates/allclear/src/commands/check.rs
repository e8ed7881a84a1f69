//! `allclear check`: looks once at what is watched, for a pipeline or a person, without a server.
//!
//! With `SYNTHETIC_BASE_URL` it asks the city endpoints below that address, otherwise what the configuration watches.
//! Invariant: it goes on after an error; a file that was asked for is written whatever came out, whole or not at all.

use std::path::PathBuf;

use allclear_core::{Policy, Probe, Sample};
use allclear_drivers::{TrustStore, probe_http};
use anyhow::Context as _;
use jiff::Timestamp;

use crate::exit::{Exit, Failure};
use crate::{Common, Format, atomic_file, config, print};

mod document;
mod synthetic;

use document::{CheckResult, Document};
use synthetic::Synthetic;

/// Arguments of `allclear check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The checks to perform; all of them where none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// All checks, which is also what happens without any name.
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Also writes the result as JSON into this file.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What to ask in one go.
struct Survey {
    base_url: String,
    jurisdictions: Vec<String>,
    checks: Vec<Question>,
}

/// One check to perform.
struct Question {
    name: String,
    probe: Probe,
    jurisdiction: Option<String>,
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let mut survey = survey(common)?;
    choose(&mut survey.checks, &args.names)?;
    let trust = TrustStore::native();
    let mut results = Vec::new();
    // One after the other: what is measured is the answer, not how many questions this machine can ask at once.
    for question in &survey.checks {
        results.push(ask(question, &trust).await);
    }
    let document = Document::of(Timestamp::now(), survey.base_url, survey.jurisdictions, results);
    let text = document.text()?;
    if let Some(output) = &args.output {
        atomic_file::write(output, text.as_bytes()).with_context(|| format!("cannot write `{}`", output.display()))?;
    }
    match common.format {
        Format::Json => print::raw(&text),
        _ => tell(&document),
    }
    Ok(if document.passed() { Exit::Ok } else { Exit::Problems })
}

/// From the environment where it says what to ask, otherwise from the configuration.
fn survey(common: &Common) -> anyhow::Result<Survey> {
    if let Some(synthetic) = Synthetic::from_environment(|name| std::env::var(name).ok()).map_err(Failure::usage)? {
        let jurisdictions = synthetic.jurisdictions().to_vec();
        return Ok(Survey { base_url: synthetic.base_url().to_owned(), jurisdictions, checks: synthetic.questions() });
    }
    if !common.config.exists() {
        return Err(Failure::usage(format!(
            "there is nothing to check: set `{}` to the address of the service, or write a configuration with `allclear init --from RUNBOOK.md` (`{}` does not exist)",
            synthetic::BASE_URL,
            common.config.display()
        )));
    }
    match config::load(&common.config) {
        Ok(loaded) => Ok(configured(loaded.config.policy)),
        Err(report) => {
            eprint!("{report}");
            anyhow::bail!("`{}` has errors, so nothing was checked", common.config.display())
        }
    }
}

fn configured(policy: Policy) -> Survey {
    let questions = policy.checks.into_iter();
    Survey {
        base_url: policy.public_url,
        jurisdictions: Vec::new(),
        checks: questions.map(|(name, check)| Question { name, probe: check.probe, jurisdiction: None }).collect(),
    }
}

/// Keeps the named ones; a name that does not exist is an error of the caller.
fn choose(checks: &mut Vec<Question>, names: &[String]) -> anyhow::Result<()> {
    let known: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    if known.is_empty() {
        return Err(Failure::usage("the configuration has no check: add one as `[check.NAME]`"));
    }
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let advice = match config::nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", known.join(", ")),
        };
        return Err(Failure::usage(format!("there is no check `{unknown}`; {advice}")));
    }
    if !names.is_empty() {
        checks.retain(|check| names.contains(&check.name));
    }
    Ok(())
}

async fn ask(question: &Question, trust: &TrustStore) -> CheckResult {
    match &question.probe {
        Probe::Http(probe) => {
            let sample: Sample = probe_http(probe, Timestamp::now(), trust).await;
            CheckResult::of(&question.name, question.jurisdiction.as_deref(), probe, &sample)
        }
    }
}

fn tell(document: &Document) {
    let milliseconds = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1} ms"));
    let rows = document.checks().iter().map(|check| {
        let status = if check.passed { "pass" } else { "FAIL" };
        [
            check.name.clone(),
            milliseconds(check.p95_ms),
            milliseconds(check.threshold_ms.map(f64::from)),
            status.to_owned(),
        ]
    });
    print::table(&["CHECK", "P95", "LIMIT", "STATUS"], rows);
    for check in document.checks() {
        if let Some(reason) = &check.extra.reason {
            print::line(format!("{}: {reason}", check.name));
        }
    }
}
