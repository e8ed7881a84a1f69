//! From a runbook on disk to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use allclear_core::{Plan, PlannedCommand};
use allclear_drivers::Redactor;
use allclear_runbook::PlanRequest;

use crate::Common;
use crate::commands::run::PlanningArgs;
use crate::config;
use crate::credential;
use crate::exit::Failure;
use crate::host;
use crate::print;

/// The target that needs no configuration: this machine.
const LOCAL: &str = "local";

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
            let refusals = credential::refusals(&plan);
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
