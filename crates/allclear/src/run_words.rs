//! A run in words: the same lines for a terminal and for the report of an export.

use serde_json::Value;

use crate::print;

/// The run, step by step, as the API describes it.
pub(crate) fn lines(run: &Value) -> Vec<String> {
    let of = |name: &str| print::text(run, name);
    let paused = if run["paused"] == true && run["end"].is_null() { " (paused)" } else { "" };
    let mut lines = vec![format!("{} {}{paused}: {}", of("id"), of("state"), print::text(&run["plan"], "title"))];
    let asked = print::actor(&of("requested_by"));
    lines.push(format!("  {} on {}, asked for by {asked} at {}", of("procedure"), of("target"), of("planned_at")));
    for (label, name) in [("undoes", "undoes"), ("undone by", "undone_by"), ("for", "incident")] {
        if !run[name].is_null() {
            lines.push(format!("  {label} {}", of(name)));
        }
    }
    lines.extend(run["pauses"].as_array().into_iter().flatten().map(|pause| format!("  {}", said(pause))));
    for step in run["steps"].as_array().into_iter().flatten() {
        let of = |name: &str| print::text(step, name);
        lines.push(format!("  {:>2}. {:<10} {}", of("number"), of("state"), of("title")));
        lines.extend(history(&step["history"]).into_iter().map(|line| format!("      {line}")));
    }
    if !run["end"].is_null() {
        lines.push(format!("  {}", said(&run["end"])));
    }
    lines
}

/// What happened to one step.
pub(crate) fn history(history: &Value) -> Vec<String> {
    let every = |name: &str| history[name].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = every("approvals").iter().map(approval).collect();
    let captured = every("captured");
    if !captured.is_empty() {
        let names: Vec<&str> = captured.iter().filter_map(Value::as_str).collect();
        lines.push(format!("recorded before, sealed: {}", names.join(", ")));
    }
    lines.extend(every("capture_failures").iter().filter_map(Value::as_str).map(|it| format!("not performed: {it}")));
    if !history["without_undo"].is_null() {
        lines.push(said(&history["without_undo"]));
    }
    lines.extend(every("attempts").iter().map(attempt));
    if !history["skipped"].is_null() {
        lines.push(said(&history["skipped"]));
    }
    lines.extend(every("put_back").iter().map(|one| {
        let what = if one["succeeded"] == true { "put back" } else { "could not be put back" };
        format!("{} {what} by {}", print::text(one, "at"), print::text(one, "by"))
    }));
    lines
}

fn approval(given: &Value) -> String {
    let by = print::actor(&print::text(given, "by"));
    let beforehand = if given["beforehand"] == true { " beforehand" } else { "" };
    let expired = if given["expired"] == true { ", which lapsed" } else { "" };
    format!("{} approved by {by}{beforehand}: {}{expired}", print::text(given, "at"), print::text(given, "digest"))
}

fn attempt(attempt: &Value) -> String {
    let outcome = &attempt["outcome"];
    let at = print::text(attempt, if attempt["ended_at"].is_null() { "started_at" } else { "ended_at" });
    let mut line = format!("{at} attempt {} {}", attempt["number"], print::text(attempt, "state"));
    if outcome.is_null() {
        return line;
    }
    if !attempt["told_by"].is_null() {
        line.push_str(&format!(", as {} says", print::actor(&print::text(attempt, "told_by"))));
    }
    line.push_str(&format!(": {}", print::text(outcome, "summary")));
    if !outcome["exit_code"].is_null() {
        line.push_str(&format!("; exit code {}", outcome["exit_code"]));
    }
    line.push_str(&format!("; {} ms", outcome["duration_ms"]));
    if let Some(output) = outcome["output"].as_str() {
        line.push_str(&format!("; output {output}"));
    }
    line
}

fn said(said: &Value) -> String {
    let of = |name: &str| print::text(said, name);
    let words = if said["words"].is_null() { String::new() } else { format!(": {}", of("words")) };
    format!("{} {} by {}{words}", of("at"), of("what"), print::actor(&of("by")))
}
