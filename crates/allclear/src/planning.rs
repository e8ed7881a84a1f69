//! From a runbook on disk to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use allclear_core::{Plan, PlannedCommand, Target, http_requests};
use allclear_runbook::{Draft, PlanRequest, Runbook, VariableForm, environment_name};

use crate::Common;
use crate::commands::run::PlanningArgs;
use crate::config;
use crate::credential::{self, Credentials};
use crate::estate;
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
    /// What could not be looked at, and stands in nobody's way.
    pub(crate) notes: Vec<String>,
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
    check_names(&parsed, procedure, args)?;
    let target = target(common, &args.target)?;
    let environment: BTreeSet<String> = target.env.keys().cloned().collect();
    let (estate, notes) = estate::named(&target, &args.target);
    let kept = parsed.variables.iter().filter(|it| it.secret && it.form != VariableForm::Shell);
    let kept = kept.filter(|it| environment.contains(&environment_name(&it.name)));
    let request = PlanRequest {
        target: args.target.clone(),
        variables: args.variables(),
        secrets: kept.map(|it| it.name.clone()).collect(),
        environment,
        estate,
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
            return Ok(Planning { draft: None, rollback: Vec::new(), refusals, notes });
        }
    };
    let mut refusals: Vec<Refused> = refusals.iter().map(|it| refused(it.line(), it.to_string())).collect();
    refusals.extend(unreachable(&plan, &target).into_iter().map(|(line, sentence)| refused(Some(line), sentence)));
    refusals.extend(credential::found(&plan).into_iter().map(|(line, sentence)| Refused { line, sentence }));
    let mut rollback = allclear_runbook::rollback(&parsed, procedure, &request);
    let draft = if refusals.is_empty() { plan.sealed() } else { credentials.covered_plan(plan) };
    rollback.iter_mut().for_each(|command| command.rendered = credentials.covered(&command.rendered));
    Ok(Planning { draft: Some(draft), rollback, refusals, notes })
}

/// A value for a name that the procedure does not have is a slip of the pen: the value that is meant would be missing, or
/// something would be performed with another one.
fn check_names(runbook: &Runbook, procedure: &str, args: &PlanningArgs) -> anyhow::Result<()> {
    let known = allclear_runbook::variable_names(runbook, procedure);
    // An unknown procedure is refused with the names of those that there are.
    let is_stranger = |name: &&String| !known.contains_key(*name) && runbook.procedure(procedure).is_some();
    let names = args.set.iter().map(|(name, _)| name);
    let Some(stranger) = names.into_iter().find(is_stranger) else { return Ok(()) };
    let mut listed: Vec<&str> = known.values().map(String::as_str).collect();
    listed.sort_unstable();
    listed.dedup();
    let meant = config::nearest(stranger, known.keys().map(String::as_str));
    let meant = meant.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
    let there = match listed.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has `{}`", listed.join("`, `")),
    };
    Err(Failure::usage(format!("`{procedure}` has no variable `{stranger}` to be set: {meant}{there}")))
}

/// Lines and sentences about commands for which the target has no address.
fn unreachable(plan: &Plan, target: &Target) -> Vec<(u32, String)> {
    let name = &plan.target;
    let missing = |command: &PlannedCommand| match command.language.as_str() {
        "sql" if target.postgres.is_none() => Some(format!(
            "line {} needs a database, and the target `{name}` has none: give [target.{name}] a `postgres` in the configuration",
            command.line
        )),
        "http" if target.http.is_none() => {
            let requests = http_requests(&command.rendered).unwrap_or_default();
            let path = requests.iter().find(|request| request.address.starts_with('/'))?;
            Some(format!(
                "line {} begins with a path, and the target `{name}` does not say from where: give [target.{name}] an `http` in the configuration",
                command.line + path.line
            ))
        }
        _ => None,
    };
    let commands = plan.steps.iter().flat_map(|step| &step.commands);
    commands.filter_map(|command| Some((command.line, missing(command)?))).collect()
}

/// The target of that name. Without a configuration there is one target, `local`, that sets nothing.
fn target(common: &Common, target: &str) -> anyhow::Result<Target> {
    let targets = if common.config.exists() {
        host::load_for_runs(&common.config)?.config.policy.targets
    } else {
        BTreeMap::new()
    };
    match targets.get(target) {
        Some(known) => Ok(known.clone()),
        None if target == LOCAL => Ok(Target::default()),
        None => {
            let known: Vec<&str> = targets.keys().map(String::as_str).chain([LOCAL]).collect();
            Err(Failure::usage(format!("there is no target `{target}`; there are: {}", known.join(", "))))
        }
    }
}

/// Prints what could not be looked at.
pub(crate) fn print_notes(notes: &[String]) {
    for note in notes {
        print::words(format!("note: {note}"));
    }
}

/// Prints every reason, and what to do about it.
pub(crate) fn print_refusals(refusals: &[Refused]) {
    for refusal in refusals {
        print::words(format!("refused: {}", refusal.sentence));
    }
}
