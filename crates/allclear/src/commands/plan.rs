//! `allclear plan`: shows what a run of a procedure would perform, and performs nothing.

use std::path::PathBuf;

use allclear_core::{Plan, PlannedStep, StepKind};
use serde_json::json;

use crate::commands::run::PlanningArgs;
use crate::exit::Exit;
use crate::planning::{self, Planning};
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runbook, a Markdown file.
    runbook: PathBuf,
    /// Id of the procedure; `allclear show RUNBOOK` lists them.
    procedure: String,
    #[command(flatten)]
    planning: PlanningArgs,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let Planning { plan, refusals } = planning::plan(&args.runbook, &args.procedure, &args.planning, common)?;
    let exit = if refusals.is_empty() { Exit::Ok } else { Exit::Refused };
    if common.format == Format::Json {
        let mut document = plan.map_or_else(|| Ok(json!({"steps": [], "variables": {}})), serde_json::to_value)?;
        document["refusals"] = json!(refusals);
        print::json(&document)?;
        return Ok(exit);
    }
    match plan {
        Some(plan) => print_plan(&plan),
        None => planning::print_refusals(&refusals),
    }
    Ok(exit)
}

fn print_plan(plan: &Plan) {
    print::line(format!("{} on {}", plan.title, plan.target));
    for (name, value) in &plan.variables {
        print::line(format!("  {name} = {value}"));
    }
    for step in &plan.steps {
        print_step(step, &plan.target);
    }
    print::line(format!("\nTo approve all of it: --approve {}", plan.digest));
}

fn print_step(step: &PlannedStep, target: &str) {
    let by = if step.kind == StepKind::Manual { " (by hand)" } else { "" };
    print::line(format!("\n{}. {}{by}   line {}", step.number, step.title, step.line));
    for command in &step.commands {
        let undo = command.undo.as_deref().map_or(String::new(), |undo| format!(", undo: {undo}"));
        print::line(format!("   [{}{undo}]", command.effect.word()));
        for line in command.rendered.lines() {
            print::line(format!("     {line}"));
        }
    }
    if step.kind == StepKind::Command {
        print::line(format!("   digest {}", step.digest(target)));
    }
}
