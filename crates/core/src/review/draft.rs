//! The draft of a review: what the timeline already knows, and headings for what only people know.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::incident::Incident;
use crate::review::{ActionItem, Review};

const NO_ACTION_ITEMS: &str = "Each with an owner and a deadline: `allclear review action`.";

/// Markdown, ready to be completed.
pub(crate) fn draft(incident: &Incident, due_at: Timestamp) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("# Review of {}: {}\n", incident.id, incident.title));
    line(format!("- Severity: {}", incident.severity));
    line(format!("- Component: {}", incident.component));
    line(format!("- Commander: {}", incident.commander.as_deref().unwrap_or("nobody was named")));
    line(format!(
        "- Impact: {}",
        incident.impact.as_deref().unwrap_or("not assessed: how many users, what could they not do?")
    ));
    line(format!("- Review due: {due_at}\n"));
    line(format!("## How long it took\n\n{}", durations(incident)));
    line("## Timeline (UTC)\n".to_owned());
    for entry in &incident.timeline {
        line(format!("- {} {} ({})", entry.at.strftime("%Y-%m-%d %H:%M:%S"), entry.text, entry.actor.name()));
    }
    let cause = incident.root_cause.as_deref().unwrap_or("Not known yet. What made it possible, what set it off?");
    line(format!("\n## Root causes\n\n{cause}\n"));
    line("## What went well, what did not, where we were lucky\n".to_owned());
    line(format!("## Action items\n\n{NO_ACTION_ITEMS}"));
    text
}

/// The draft as it is published when nobody wrote another text: with the action items that were added since.
pub(crate) fn completed(review: &Review) -> String {
    let line = |item: &ActionItem| format!("- {} ({}, by {})", item.text, item.owner, item.due);
    let items: Vec<String> = review.action_items.iter().map(line).collect();
    if items.is_empty() { review.draft.clone() } else { review.draft.replace(NO_ACTION_ITEMS, &items.join("\n")) }
}

fn durations(incident: &Incident) -> String {
    let mut text = String::new();
    for (what, at) in [
        ("until somebody took it", incident.acknowledged_at),
        ("until it stopped hurting", incident.mitigated_at),
        ("until it was over", incident.resolved_at),
    ] {
        let took = at.map_or_else(|| "not recorded".to_owned(), |at| minutes(incident.opened_at, at));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "- {what}: {took}");
    }
    text
}

fn minutes(from: Timestamp, until: Timestamp) -> String {
    let seconds = until.as_second() - from.as_second();
    format!("{} min {} s", seconds / 60, seconds % 60)
}
