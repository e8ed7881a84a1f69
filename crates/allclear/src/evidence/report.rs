//! The report: the run as a person reads it, in Markdown.

use std::fmt::Write as _;

use allclear_core::Recorded;
use serde_json::Value;

use crate::print;
use crate::run_words;

/// The report of a run, from its description and its own events.
pub(super) fn render(run: &Value, events: &[Recorded]) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write(&mut text, run, events);
    text
}

fn write(text: &mut String, run: &Value, events: &[Recorded]) -> std::fmt::Result {
    let of = |name: &str| print::text(run, name);
    writeln!(text, "# {}: {}\n", of("id"), line(&of("title")))?;
    writeln!(text, "| | |\n|---|---|")?;
    let asked = format!("{} at {}", print::actor(&of("requested_by")), of("planned_at"));
    let plan = &run["plan"];
    for (label, value) in [
        ("state", of("state")),
        ("target", of("target")),
        ("procedure", of("procedure")),
        ("runbook", print::text(plan, "runbook")),
        ("digest of the runbook", print::text(plan, "runbook_digest")),
        ("digest of the plan", print::text(plan, "digest")),
        ("asked for by", asked),
        ("incident", of("incident")),
        ("undoes", of("undoes")),
    ] {
        if !value.is_empty() {
            writeln!(text, "| {label} | {} |", line(&value).replace('|', "\\|"))?;
        }
    }
    let planned = plan["steps"].as_array().into_iter().flatten();
    for (planned, step) in planned.zip(run["steps"].as_array().into_iter().flatten()) {
        write_step(text, planned, step)?;
    }
    write_events(text, events)
}

fn write_step(text: &mut String, planned: &Value, step: &Value) -> std::fmt::Result {
    let of = |name: &str| print::text(step, name);
    writeln!(text, "\n## {}. {}\n", of("number"), line(&of("title")))?;
    let effect = if step["effect"].is_null() { "by hand".to_owned() } else { of("effect") };
    writeln!(text, "{}, {effect}, line {} of the runbook. Digest {}.", of("state"), planned["line"], of("digest"))?;
    for command in planned["commands"].as_array().into_iter().flatten() {
        let rendered = print::text(command, "rendered");
        let fence = fence(&rendered);
        writeln!(text, "\n{fence}{}\n{}\n{fence}", print::text(command, "language"), rendered.trim_end())?;
        if let Some(classified) = command["classified"].as_str() {
            writeln!(
                text,
                "\nThe runbook declares it {}; the catalogue says {classified}.",
                print::text(command, "effect")
            )?;
        }
        for (label, name) in [("Undone by", "undo"), ("Cannot be undone", "irreversible")] {
            if let Some(words) = command[name].as_str() {
                writeln!(text, "\n{label}: `{}`", line(words).replace('`', "'"))?;
            }
        }
    }
    let happened = run_words::history(&step["history"]);
    if !happened.is_empty() {
        writeln!(text)?;
    }
    happened.iter().try_for_each(|words| writeln!(text, "- {}", line(words)))
}

fn write_events(text: &mut String, events: &[Recorded]) -> std::fmt::Result {
    writeln!(text, "\n## Events\n\n| position | at | what | who |\n|---|---|---|---|")?;
    events.iter().try_for_each(|recorded| {
        let (seq, at, name) = (recorded.seq, recorded.at, recorded.event.name());
        writeln!(text, "| {seq} | {at} | {name} | {} |", line(&recorded.cause.actor.to_string()).replace('|', "\\|"))
    })?;
    writeln!(text, "\n`allclear log verify` of this directory proves that nothing of it was changed.")
}

/// On one line, so that no text can look like a part of the report.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A fence that is longer than any within.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
