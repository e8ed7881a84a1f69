//! `allclear plan`: shows what a run of a procedure would perform, and performs nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use allclear_core::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
use owo_colors::OwoColorize as _;
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
    let Planning { plan, rollback, refusals } = planning::plan(&args.runbook, &args.procedure, &args.planning, common)?;
    let exit = if refusals.is_empty() { Exit::Ok } else { Exit::Refused };
    if common.format == Format::Json {
        let mut document = plan.map_or_else(|| Ok(json!({"steps": [], "variables": {}})), serde_json::to_value)?;
        document["rollback"] = json!(rollback);
        document["refusals"] = json!(refusals);
        print::json(&document)?;
        return Ok(exit);
    }
    match plan {
        Some(plan) => print_plan(&plan, &rollback),
        None => planning::print_refusals(&refusals),
    }
    Ok(exit)
}

fn print_plan(plan: &Plan, rollback: &[PlannedCommand]) {
    print::line(format!("{} on {}", plan.title.bold(), plan.target.bold()));
    for (name, value) in &plan.variables {
        print::line(format!("  {name} = {value}"));
    }
    for step in &plan.steps {
        print_step(step, &plan.target);
    }
    if !rollback.is_empty() {
        print::line("\nThe way back, as the runbook has it (this run does not perform it):");
        for command in rollback {
            print::line(format!("   line {:<4} {}", command.line, effect(command)));
            print_lines("     ", &command.rendered);
        }
    }
    print_summary(plan);
    print::line(format!("To approve all of it: --approve {}", plan.digest));
}

fn print_step(step: &PlannedStep, target: &str) {
    let by = if step.kind == StepKind::Manual { " (by hand)" } else { "" };
    print::line(format!("\n{}. {}{by}   line {}", step.number, step.title.bold(), step.line));
    for command in &step.commands {
        print_command(command);
    }
    match step.kind {
        StepKind::Command => print::line(format!("   asks for approval: {}", step.digest(target))),
        StepKind::Manual => print::line("   asks for a person's word that it is done"),
    }
}

fn print_command(command: &PlannedCommand) {
    print::line(format!("   {}", effect(command)));
    print_lines("     ", &command.rendered);
    for (name, text) in &command.capture {
        print_labelled(&format!("records {name}"), text);
    }
    match (&command.irreversible, &command.undo) {
        (Some(why), _) => print::line(format!("       {} {why}", "CANNOT BE UNDONE:".red().bold())),
        (None, Some(undo)) => print_labelled("undone by", undo),
        (None, None) if command.effect == EffectClass::Observe => {}
        (None, None) => print_labelled("undone by", "nothing that Allclear knows"),
    }
    for (label, text) in [("preview", &command.preview), ("verified by", &command.verify)] {
        if let Some(text) = text {
            print_labelled(label, text);
        }
    }
    if command.effect != EffectClass::Observe && !command.needs.is_empty() {
        print_labelled("needs", &command.needs.join(", "));
    }
}

/// The class in a colour that tells how bad it is.
fn effect(command: &PlannedCommand) -> String {
    let word = command.effect.word();
    match command.effect {
        EffectClass::Observe => word.green().to_string(),
        EffectClass::Change => word.yellow().to_string(),
        EffectClass::Outage => word.magenta().bold().to_string(),
        EffectClass::Destroy | EffectClass::Unknown => word.red().bold().to_string(),
    }
}

fn print_labelled(label: &str, text: &str) {
    let mut label = format!("{label}: ");
    for line in text.lines() {
        print::line(format!("       {label}{line}"));
        label = " ".repeat(label.len());
    }
}

fn print_lines(margin: &str, text: &str) {
    for line in text.lines() {
        print::line(format!("{margin}{line}"));
    }
}

/// How much of what: "5 steps, 9 commands: 4 observe, 3 change, 2 outage; 1 cannot be undone (line 259)".
fn print_summary(plan: &Plan) {
    let commands: Vec<&PlannedCommand> = plan.steps.iter().flat_map(|step| &step.commands).collect();
    let mut classes: BTreeMap<EffectClass, usize> = BTreeMap::new();
    for command in &commands {
        *classes.entry(command.effect).or_default() += 1;
    }
    let classes: Vec<String> = classes.iter().map(|(class, count)| format!("{count} {}", class.word())).collect();
    let final_ones: Vec<String> =
        commands.iter().filter(|it| it.irreversible.is_some()).map(|it| it.line.to_string()).collect();
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let mut summary = format!("\n{}, {}", count(plan.steps.len(), "step"), count(commands.len(), "command"));
    if !classes.is_empty() {
        summary = format!("{summary}: {}", classes.join(", "));
    }
    if !final_ones.is_empty() {
        summary = format!("{summary}; {} cannot be undone (line {})", final_ones.len(), final_ones.join(", "));
    }
    print::line(summary);
}
