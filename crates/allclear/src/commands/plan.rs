//! `allclear plan`: shows what a run of a procedure would perform, and performs nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use allclear_core::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
use allclear_runbook::holdups;
use owo_colors::OwoColorize as _;
use serde_json::{Value, json};

use crate::commands::run::PlanningArgs;
use crate::exit::Exit;
use crate::live::{Live, Looking};
use crate::planning::{self, Planning, Refused};
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
    /// Looks at the estate as it is now: what would be touched, which programs are missing. What a target of the
    /// configuration is planned for is looked at anyway.
    #[arg(long, conflicts_with = "offline")]
    live: bool,
    /// Looks at nothing but the runbook and the log.
    #[arg(long)]
    offline: bool,
}

impl Args {
    const fn looking(&self) -> Looking {
        match (self.live, self.offline) {
            (true, _) => Looking::Always,
            (_, true) => Looking::Never,
            _ => Looking::WhereConfigured,
        }
    }
}

pub(crate) async fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let planning = planning::plan(&args.runbook, &args.procedure, &args.planning, common)?;
    let exit = if planning.refusals.is_empty() { Exit::Ok } else { Exit::Refused };
    let live = match &planning.draft {
        Some(plan) if planning.refusals.is_empty() => Live::of(plan, args.looking(), common).await?,
        _ => Live::default(),
    };
    if common.format == Format::Json {
        print::json(&document(&planning, &live)?)?;
        return Ok(exit);
    }
    if let Some(draft) = &planning.draft {
        print_plan(draft, &planning, &live);
    }
    planning::print_notes(&planning.notes);
    planning::print_refusals(&planning.refusals);
    Ok(exit)
}

/// The plan with `rollback` and `refusals`; what was refused has no digest, so that nobody can approve it.
fn document(planning: &Planning, live: &Live) -> serde_json::Result<Value> {
    let nothing = || Ok(json!({"steps": [], "variables": {}}));
    let mut document = planning.draft.as_ref().map_or_else(nothing, serde_json::to_value)?;
    if !planning.refusals.is_empty() {
        document["digest"] = Value::Null;
    }
    add_notes(&mut document, planning.draft.as_ref());
    live.add_to(&mut document);
    document["rollback"] = json!(planning.rollback);
    if !planning.notes.is_empty() {
        document["notes"] = json!(planning.notes);
    }
    document["refusals"] = planning.refusals.iter().map(|refused| refused.sentence.as_str()).collect();
    Ok(document)
}

/// What holds up a run, as `notes` of the commands concerned. No part of the plan: whoever approves it has read them.
fn add_notes(document: &mut Value, plan: Option<&Plan>) {
    for (at, step) in plan.into_iter().flat_map(|plan| &plan.steps).enumerate() {
        for (index, command) in step.commands.iter().enumerate() {
            let notes = holdups(&command.language, &command.rendered, command.effect);
            if !notes.is_empty() {
                document["steps"][at]["commands"][index]["notes"] = json!(notes);
            }
        }
    }
}

fn print_plan(plan: &Plan, Planning { rollback, refusals, .. }: &Planning, live: &Live) {
    print::line(format!("{} on {}", plan.title.bold(), plan.target.bold()));
    for (name, value) in &plan.variables {
        print::line(format!("  {name} = {value}"));
    }
    let ends = plan.steps.iter().skip(1).map(|step| step.line).chain([u32::MAX]);
    for (step, end) in plan.steps.iter().zip(ends) {
        let here = |refused: &&Refused| refused.line.is_some_and(|line| (step.line..end).contains(&line));
        print_step(step, &plan.target, &refusals.iter().filter(here).collect::<Vec<_>>(), refusals.is_empty(), live);
    }
    if !rollback.is_empty() {
        print::line("\nThe way back, as the runbook has it (this run does not perform it):");
        for command in rollback {
            print::line(format!("   line {:<4} {}", command.line, effect(command)));
            print_lines("     ", &command.rendered);
        }
    }
    live.print_programs();
    print_summary(plan);
    match refusals.is_empty() {
        true => print::line(format!("To approve all of it: --approve {}", plan.digest)),
        false => print::line("This is no plan yet, and nothing of it can be performed:"),
    }
}

/// A step with the reasons against it; what can be approved is said only `where_whole`.
fn print_step(step: &PlannedStep, target: &str, reasons: &[&Refused], where_whole: bool, live: &Live) {
    let by = if step.kind == StepKind::Manual { " (by hand)" } else { "" };
    print::line(format!("\n{}. {}{by}   line {}", step.number, step.title.bold(), step.line));
    for (index, command) in step.commands.iter().enumerate() {
        print_command(command, step.recorded_when(index), || live.print_preview(step.number, index));
        print_reasons(reasons, |line| line == command.line);
    }
    print_reasons(reasons, |line| !step.commands.iter().any(|command| command.line == line));
    if let Some(wait) = step.wait {
        print::line(format!("   waits: every {} s, for {} s at most, until it succeeds", wait.every_s, wait.at_most_s));
    }
    live.print_duration(step.number);
    match step.kind {
        _ if !where_whole => {}
        StepKind::Command => print::line(format!("   asks for approval: {}", step.digest(target))),
        StepKind::Manual => print::line("   asks for a person's word that it is done"),
    }
}

/// What stands in the way at the lines concerned.
fn print_reasons(reasons: &[&Refused], concerned: impl Fn(u32) -> bool) {
    for refused in reasons.iter().filter(|refused| refused.line.is_some_and(&concerned)) {
        print::line(format!("       {} {}", "REFUSED:".red().bold(), refused.sentence));
    }
}

/// `recorded` says when what is before it is; `now` prints what the preview shows on the estate as it is, and says whether
/// it shows anything.
fn print_command(command: &PlannedCommand, recorded: &str, now: impl Fn() -> bool) {
    print::line(format!("   {}", effect(command)));
    print_lines("     ", &command.rendered);
    if let Some(words) = command.milder_by_word() {
        print_labelled("declared", &words);
    }
    for note in holdups(&command.language, &command.rendered, command.effect) {
        print_labelled(&"note".yellow().to_string(), &note);
    }
    for (name, text) in &command.capture {
        print_labelled(&format!("records {name}"), text);
    }
    if !command.capture.is_empty() {
        print_labelled("recorded", recorded);
    }
    match (&command.irreversible, &command.undo) {
        (Some(why), _) => print::line(format!("       {} {why}", "CANNOT BE UNDONE:".red().bold())),
        (None, Some(undo)) => print_labelled("undone by", undo),
        (None, None) if command.effect == EffectClass::Observe => {}
        (None, None) => print_labelled("undone by", "nothing that Allclear knows"),
    }
    if let Some(preview) = command.preview.as_deref().filter(|_| !now()) {
        // Nobody approves it, and whoever scripts it has it whole in the document.
        print_labelled("preview", &preview.lines().map(cut).collect::<Vec<_>>().join("\n"));
    }
    if let Some(verify) = &command.verify {
        print_labelled("verified by", verify);
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

fn cut(line: &str) -> String {
    const CHARS_MAX: usize = 120;
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
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
