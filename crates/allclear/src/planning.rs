//! From a runbook on disk to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use allclear_core::{Plan, PlannedCommand};
use allclear_runbook::{Draft, PlanRequest, VariableForm, environment_name};

use crate::Common;
use crate::commands::run::PlanningArgs;
use crate::config;
use crate::credential::{self, Credentials};
use crate::exit::Failure;
use crate::host;
use crate::print;

/// The target that needs no configuration: this machine.
const LOCAL: &str = "local";

/// What planning came to.
pub(crate) struct Planning {
    /// The plan, or where it was refused as much of it as there is, without a digest and without credentials; `None`
    /// where there is no such procedure.
    pub(crate) draft: Option<Plan>,
    /// What the runbook itself says about going back.
    pub(crate) rollback: Vec<PlannedCommand>,
    /// Why it was refused.
    pub(crate) refusals: Vec<Refused>,
}

/// One reason why there is no plan.
pub(crate) struct Refused {
    /// The line of the runbook concerned.
    pub(crate) line: Option<u32>,
    /// What is wrong, and what to do about it.
    pub(crate) sentence: String,
}

impl Planning {
    /// The plan, unless it was refused.
    pub(crate) fn plan(self) -> Result<Plan, Vec<Refused>> {
        self.draft.filter(|_| self.refusals.is_empty()).ok_or(self.refusals)
    }
}

/// Reads the runbook and plans one of its procedures.
pub(crate) fn plan(runbook: &Path, procedure: &str, args: &PlanningArgs, common: &Common) -> anyhow::Result<Planning> {
    let text = std::fs::read_to_string(runbook)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", runbook.display())))?;
    let (mut parsed, _) = allclear_runbook::parse(&runbook.display().to_string(), &text);
    let catalogue = config::load_catalogue(&common.config).map_err(|error| Failure::usage(error.to_string()))?;
    allclear_runbook::reclassify(&mut parsed, &catalogue);
    let environment = environment(common, &args.target)?;
    let kept = parsed.variables.iter().filter(|it| it.secret && it.form != VariableForm::Shell);
    let kept = kept.filter(|it| environment.contains(&environment_name(&it.name)));
    let request = PlanRequest {
        target: args.target.clone(),
        variables: args.variables(),
        secrets: kept.map(|it| it.name.clone()).collect(),
        environment,
        from: args.from,
        only: args.only.iter().copied().collect(),
        alternatives: args.choose.iter().copied().collect(),
    };
    let credentials = Credentials::with(&[]);
    // Some refusals quote the command.
    let refused = |line, sentence: String| Refused { line, sentence: credentials.covered(&sentence) };
    let Draft { plan, refusals } = match allclear_runbook::draft(&parsed, procedure, &request, &catalogue) {
        Ok(draft) => draft,
        Err(unknown) => {
            let refusals = vec![refused(None, unknown.to_string())];
            return Ok(Planning { draft: None, rollback: Vec::new(), refusals });
        }
    };
    let mut refusals: Vec<Refused> = refusals.iter().map(|it| refused(it.line(), it.to_string())).collect();
    refusals.extend(credential::found(&plan).into_iter().map(|(line, sentence)| Refused { line, sentence }));
    let mut rollback = allclear_runbook::rollback(&parsed, procedure, &request);
    let draft = if refusals.is_empty() { plan.sealed() } else { credentials.covered_plan(plan) };
    rollback.iter_mut().for_each(|command| command.rendered = credentials.covered(&command.rendered));
    Ok(Planning { draft: Some(draft), rollback, refusals })
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
pub(crate) fn print_refusals(refusals: &[Refused]) {
    for refusal in refusals {
        print::words(format!("refused: {}", refusal.sentence));
    }
}
