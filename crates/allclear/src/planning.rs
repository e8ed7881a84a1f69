//! From a runbook on disk to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use allclear_core::{Plan, PlannedCommand, PlannedStep};
use allclear_drivers::Redactor;
use allclear_runbook::PlanRequest;

use crate::Common;
use crate::commands::run::PlanningArgs;
use crate::config;
use crate::exit::Failure;
use crate::host;
use crate::print;

/// The target that needs no configuration: this machine.
const LOCAL: &str = "local";

/// What stands for a credential in redacted text.
const REDACTED: &str = "[redacted]";
/// What is shorter is a word, such as the one after "authorization:" in a sentence.
const CREDENTIAL_BYTES_MIN: usize = 6;

/// What planning came to.
pub(crate) struct Planning {
    /// The plan; `None` where it was refused.
    pub(crate) plan: Option<Plan>,
    /// What the runbook itself says about going back.
    pub(crate) rollback: Vec<PlannedCommand>,
    /// Why it was refused.
    pub(crate) refusals: Vec<String>,
}

/// Reads the runbook and plans one of its procedures.
pub(crate) fn plan(runbook: &Path, procedure: &str, args: &PlanningArgs, common: &Common) -> anyhow::Result<Planning> {
    let text = std::fs::read_to_string(runbook)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", runbook.display())))?;
    let (mut parsed, _) = allclear_runbook::parse(&runbook.display().to_string(), &text);
    let catalogue = config::load_catalogue(&common.config).map_err(|error| Failure::usage(error.to_string()))?;
    allclear_runbook::reclassify(&mut parsed, &catalogue);
    let request = PlanRequest {
        target: args.target.clone(),
        variables: args.variables(),
        secrets: BTreeSet::new(),
        environment: environment(common, &args.target)?,
        from: args.from,
        only: args.only.iter().copied().collect(),
        alternatives: args.choose.iter().copied().collect(),
    };
    Ok(match allclear_runbook::plan_with(&parsed, procedure, &request, &catalogue) {
        Ok(plan) => {
            let rollback = allclear_runbook::rollback(&parsed, procedure, &request);
            let refusals = credentials(&plan);
            Planning { plan: Some(plan).filter(|_| refusals.is_empty()), rollback, refusals }
        }
        Err(refusals) => {
            // Some of them quote the command.
            let redactor = Redactor::new([]);
            Planning {
                plan: None,
                rollback: Vec::new(),
                refusals: refusals.iter().map(|it| redactor.text(&it.to_string())).collect(),
            }
        }
    })
}

/// One sentence for each line that holds a credential: the plan goes into the log, which is kept for ever. The
/// sentence never repeats what it found.
fn credentials(plan: &Plan) -> Vec<String> {
    let redactor = Redactor::new([]);
    let lines = plan.steps.iter().flat_map(texts).filter(|(_, text)| holds_credential(&redactor, text));
    let lines: BTreeSet<u32> = lines.map(|(line, _)| line).collect();
    let refusal = |line| {
        format!(
            "line {line} holds what looks like a credential: give it as a secret in the environment of the target, \
             and write its name in the runbook"
        )
    };
    lines.into_iter().map(refusal).collect()
}

fn texts(step: &PlannedStep) -> impl Iterator<Item = (u32, &str)> {
    let commands = step.commands.iter().flat_map(|command| {
        [Some(command.rendered.as_str()), command.undo.as_deref()]
            .into_iter()
            .flatten()
            .map(|text| (command.line, text))
    });
    [(step.line, step.title.as_str()), (step.line, step.prose.as_str())].into_iter().chain(commands)
}

/// Output is redacted to be on the safe side; here the name of a variable, which is what ought to stand there, and a
/// short word are no credential.
fn holds_credential(redactor: &Redactor, text: &str) -> bool {
    let redacted = redactor.text(text);
    let mut rest = text;
    let mut kept = redacted.split(REDACTED);
    rest = rest.strip_prefix(kept.next().unwrap_or_default()).unwrap_or(rest);
    kept.any(|piece| {
        let end = if piece.is_empty() { Some(rest.len()) } else { rest.find(piece) };
        let removed = &rest[..end.unwrap_or(rest.len())];
        rest = rest.get(removed.len() + piece.len()..).unwrap_or_default();
        removed.len() >= CREDENTIAL_BYTES_MIN && !removed.starts_with(['$', '<', '{', '`'])
    })
}

/// Names of the variables that the target sets. Without a configuration there is one target, `local`, that sets none.
fn environment(common: &Common, target: &str) -> anyhow::Result<BTreeSet<String>> {
    let targets =
        if common.config.exists() { host::load(&common.config)?.config.policy.targets } else { BTreeMap::new() };
    match targets.get(target) {
        Some(known) => Ok(known.env.keys().cloned().collect()),
        None if target == LOCAL => Ok(BTreeSet::new()),
        None => {
            let known: Vec<&str> = targets.keys().map(String::as_str).chain([LOCAL]).collect();
            Err(Failure::usage(format!("there is no target `{target}`; there are: {}", known.join(", "))))
        }
    }
}

/// Prints every reason, and what to do about it.
pub(crate) fn print_refusals(refusals: &[String]) {
    for refusal in refusals {
        print::words(format!("refused: {refusal}"));
    }
}
