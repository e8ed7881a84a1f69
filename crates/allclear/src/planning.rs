//! From a runbook on disk to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use allclear_core::Plan;
use allclear_runbook::{PlanRefusal, PlanRequest};
use anyhow::Context as _;

use crate::Common;
use crate::commands::run::PlanningArgs;
use crate::exit::Failure;
use crate::host;

/// The target that needs no configuration: this machine.
const LOCAL: &str = "local";

/// What planning came to.
pub(crate) struct Planning {
    /// The plan; `None` where it was refused.
    pub(crate) plan: Option<Plan>,
    /// Why it was refused.
    pub(crate) refusals: Vec<PlanRefusal>,
}

/// Reads the runbook and plans one of its procedures.
pub(crate) fn plan(runbook: &Path, procedure: &str, args: &PlanningArgs, common: &Common) -> anyhow::Result<Planning> {
    let text = std::fs::read_to_string(runbook).with_context(|| format!("{} cannot be read", runbook.display()))?;
    let (parsed, _) = allclear_runbook::parse(&runbook.display().to_string(), &text);
    let request = PlanRequest {
        target: args.target.clone(),
        variables: args.variables(),
        secrets: BTreeSet::new(),
        environment: environment(common, &args.target)?,
        from: args.from,
        only: args.only.iter().copied().collect(),
        alternatives: args.choose.iter().copied().collect(),
    };
    Ok(match allclear_runbook::plan(&parsed, procedure, &request) {
        Ok(plan) => Planning { plan: Some(plan), refusals: Vec::new() },
        Err(refusals) => Planning { plan: None, refusals },
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
pub(crate) fn print_refusals(refusals: &[PlanRefusal]) {
    for refusal in refusals {
        eprintln!("refused: {refusal}");
    }
}
