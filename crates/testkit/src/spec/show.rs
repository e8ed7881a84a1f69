//! What came of a scenario, in columns.

use std::fmt::Write as _;

use allclear_core::{
    CaptureEffect, Event, Incident, IncidentId, MessageAction, PerformEffect, Recorded, Run, StepKind,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::BEGIN;
use super::words::clock;
use crate::simulator::{Answer, Simulation};

/// Fields that say nothing to a reader, or too much.
const LEFT_OUT: [&str; 10] =
    ["type", "policy", "plan", "digest", "preapproved", "version", "output", "exit_code", "duration_ms", "url"];

/// The body of a block of that kind; `None` if there is no such kind.
pub(super) fn show(simulation: &Simulation, kind: &str, filter: &[&str]) -> Option<String> {
    Some(match kind {
        "events" => events(simulation, filter),
        "deliveries" => deliveries(simulation),
        "incidents" => incidents(simulation),
        "runs" => runs(simulation),
        "status" => status(simulation),
        "reviews" => reviews(simulation),
        _ => return None,
    })
}

fn time(at: Timestamp) -> String {
    clock(BEGIN.parse().expect("a time"), at)
}

/// Writing to a String cannot fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{}", line.trim_end());
}

fn events(simulation: &Simulation, filter: &[&str]) -> String {
    let mut text = String::new();
    let mut refused = simulation.refused.iter().peekable();
    let shown = |name: &str| filter.is_empty() || filter.iter().any(|prefix| name.starts_with(prefix));
    let refusal = |text: &mut String, refused: &crate::simulator::Refused| {
        let why = &refused.refusal;
        line(text, &format!("{}  refused {}: {} ({why})", time(refused.at), refused.command, why.code()));
    };
    // The first two, the start and the policy, are the same in every scenario.
    for (index, recorded) in simulation.log().iter().enumerate().skip(2) {
        while let Some(before) = refused.next_if(|refused| refused.log_len <= index) {
            refusal(&mut text, before);
        }
        let name = recorded.event.name();
        if shown(name) {
            line(&mut text, &format!("{}  {name:<20} {}", time(recorded.at), essentials(&recorded.event)));
        }
    }
    refused.for_each(|last| refusal(&mut text, last));
    text
}

/// The fields of an event in a few words.
fn essentials(event: &Event) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(event) else { return String::new() };
    let words: Vec<String> = fields
        .iter()
        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()))
        .filter_map(|(name, value)| essential(name, value))
        .collect();
    words.join(" ")
}

fn essential(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(match text.parse::<Timestamp>() {
            Ok(at) => format!("{name}={}", time(at)),
            Err(_) if text.is_empty() => return None,
            Err(_) => word(text),
        }),
        Value::Bool(yes) => yes.then(|| name.to_owned()),
        Value::Number(number) => Some(format!("{name}={number}")),
        Value::Object(fields) if name == "captured" => Some(fields.keys().cloned().collect::<Vec<_>>().join(" ")),
        Value::Object(fields) if name == "message" => fields.get("action").and_then(Value::as_str).map(str::to_owned),
        Value::Object(fields) => {
            let inner = fields.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
            let words: Vec<String> = inner.filter_map(|(name, value)| essential(name, value)).collect();
            // The kind of a subject or a source is told by what follows.
            Some(if name == "subject" { words.into_iter().next_back()? } else { words.join(" ") })
        }
        Value::Array(_) | Value::Null => None,
    }
}

/// As it is, or its first line in quotes where that is needed to see where it ends.
fn word(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.contains(' ') || first != text { format!("\"{first}\"") } else { first.to_owned() }
}

fn deliveries(simulation: &Simulation) -> String {
    let mut text = String::new();
    for sent in &simulation.sent {
        let (effect, message) = (&sent.effect, &sent.effect.message);
        let (action, said) = match message.action {
            MessageAction::Trigger => ("trigger", &message.title),
            MessageAction::Acknowledge => ("acknowledge", &message.title),
            MessageAction::Resolve => ("resolve", &message.title),
            MessageAction::Inform => ("inform", &message.body),
        };
        let answer = match &sent.answer {
            Answer::Status(status) => status.to_string(),
            Answer::Refused(error) => error.clone(),
        };
        let key = format!("{}#{}", effect.delivery, effect.attempt);
        let (at, channel, severity) = (time(sent.at), &effect.channel_name, message.severity);
        line(&mut text, &format!("{at}  {channel:<8} {key:<15} {action:<11} {severity} {} -> {answer}", word(said)));
    }
    text
}

fn incidents(simulation: &Simulation) -> String {
    let mut text = String::new();
    let opened = simulation.log().iter().filter_map(|recorded| match recorded.event.as_ref() {
        Event::IncidentOpened { incident, .. } => Some(*incident),
        _ => None,
    });
    for id in opened {
        if let Some(incident) = incident(simulation, id) {
            show_incident(&mut text, &incident, simulation.world().incidents.contains_key(&id));
        }
    }
    text
}

/// As it is, or read back from the log if it is closed.
fn incident(simulation: &Simulation, id: IncidentId) -> Option<Incident> {
    let open = simulation.world().incidents.get(&id).map(|incident| incident.as_ref().clone());
    open.or_else(|| Incident::replay(&about(simulation, |recorded| recorded.incident == Some(id))))
}

fn about(simulation: &Simulation, keep: impl Fn(&Recorded) -> bool) -> Vec<Recorded> {
    simulation.log().iter().filter(|recorded| keep(recorded)).cloned().collect()
}

fn show_incident(text: &mut String, incident: &Incident, kept: bool) {
    let mut said = vec![incident.severity.to_string(), incident.stage.word().to_owned()];
    said.push(if incident.public { "public" } else { "private" }.to_owned());
    said.extend(incident.commander.as_ref().map(|name| format!("commander {name}")));
    said.extend(incident.recovered.then(|| "recovered".to_owned()));
    said.extend((incident.awaits_acknowledgement()).then(|| "nobody has it".to_owned()));
    said.extend((!kept).then(|| "closed".to_owned()));
    line(text, &format!("{}  {}", incident.id, said.join(", ")));
    for entry in &incident.timeline {
        line(text, &format!("  {}  {} ({})", time(entry.at), entry.text, entry.actor.name()));
    }
}

fn runs(simulation: &Simulation) -> String {
    let mut text = String::new();
    let planned = simulation.log().iter().filter_map(|recorded| match recorded.event.as_ref() {
        Event::RunPlanned { run, .. } | Event::UndoStarted { run, .. } => Some(*run),
        _ => None,
    });
    planned.filter_map(|id| simulation.run(id)).for_each(|run| show_run(&mut text, &run));
    let captured = simulation.captures_taken.iter().map(|taken| {
        let CaptureEffect { run, step, .. } = &taken.effect;
        (taken.log_len, format!("{}  captured what was before {run} step {step}", time(taken.at)))
    });
    let performed = simulation.steps_taken.iter().map(|taken| {
        let PerformEffect { run, step, attempt, .. } = &taken.effect;
        (taken.log_len, format!("{}  performed {run} step {step} #{attempt}", time(taken.at)))
    });
    let mut taken: Vec<_> = captured.chain(performed).collect();
    taken.sort_by_key(|(log_len, _)| *log_len);
    taken.iter().for_each(|(_, taken)| line(&mut text, taken));
    text
}

fn show_run(text: &mut String, run: &Run) {
    let undoes = run.undoes.map_or(String::new(), |undoes| format!(", undoes {undoes}"));
    let paused = if run.paused { ", paused" } else { "" };
    line(text, &format!("{}  {}{paused}{undoes}", run.id, run.state()));
    for (number, step) in &run.steps {
        let planned = run.plan.step(*number);
        let title = planned.map_or("", |step| step.title.as_str());
        let outcome = step.outcome.as_ref().map_or(String::new(), |outcome| format!(": {}", outcome.summary));
        let by_hand = planned.filter(|step| step.kind == StepKind::Manual && !step.prose.is_empty());
        let prose = by_hand.map_or(String::new(), |step| format!(" ({})", step.prose));
        let state = format!("{} #{}", step.state.word(), step.attempt);
        line(text, &format!("  {number} {state:<13} {title}{prose}{outcome}"));
        for command in planned.filter(|_| run.undoes.is_some()).map_or(&[][..], |step| &step.commands) {
            let with: Vec<&str> = command.captured.keys().map(String::as_str).collect();
            let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
            line(text, &format!("      by {}{with}", word(&command.rendered)));
        }
    }
}

fn status(simulation: &Simulation) -> String {
    let mut text = String::new();
    let (world, now) = (simulation.world(), simulation.now());
    let policy = world.policy();
    let uptime = world.status.uptime_percent(policy.checks.keys(), SignedDuration::from_hours(24), now);
    let uptime = uptime.map_or_else(|| "unknown".to_owned(), |percent| format!("{percent:.2} %"));
    line(&mut text, &format!("uptime {uptime}"));
    for shown in world.status.incidents.values() {
        let until = shown.resolved_at.map_or_else(|| "open".to_owned(), |at| format!("until {}", time(at)));
        let since = time(shown.started_at);
        line(&mut text, &format!("{}  {} {} since {since}, {until}", shown.id, shown.severity, word(&shown.title)));
        for link in &shown.remediations {
            line(&mut text, &format!("  remediation {link}"));
        }
        if let Some(cause) = &shown.root_cause {
            line(&mut text, &format!("  because {}", word(cause)));
        }
        for update in &shown.updates {
            let kind = serde_json::to_value(update.kind).ok();
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
            line(&mut text, &format!("  {}  {kind:<9} {}", time(update.at), word(&update.text)));
        }
    }
    text
}

/// Each review as it was drafted and as it was published.
fn reviews(simulation: &Simulation) -> String {
    let mut text = String::new();
    for recorded in simulation.log() {
        let (review, stands, said) = match recorded.event.as_ref() {
            Event::ReviewDrafted { review, text } => (review, "drafted", text),
            Event::ReviewPublished { review, text } => (review, "published", text),
            _ => continue,
        };
        line(&mut text, &format!("{review}  {stands}"));
        said.lines().for_each(|said| line(&mut text, &format!("  {said}")));
    }
    text
}
