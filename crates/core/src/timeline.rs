//! What an incident's timeline says of each event: one sentence, or nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{AlertEnd, EscalationReason, Event, MessageAction, NoticeKind};
use crate::id::{AlertId, Seq};
use crate::plan::PlannedStep;
use crate::record::{Actor, Recorded};
use crate::run::StepState;
use crate::world::World;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Position of the event in the log.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// Who brought it about.
    pub actor: Actor,
    /// What, as a sentence without a full stop.
    pub text: String,
}

/// The entry for this event, made from the world before it.
pub(crate) fn entry(world: &World, recorded: &Recorded) -> Option<TimelineEntry> {
    recorded.incident?;
    let text = sentence(world, &recorded.event)?;
    // What follows of itself is not the deed of whoever's command came along with it.
    let actor = if is_deed(&recorded.event) { recorded.cause.actor.clone() } else { Actor::Engine };
    Some(TimelineEntry { seq: recorded.seq, at: recorded.at, actor, text })
}

fn is_deed(event: &Event) -> bool {
    !matches!(
        event,
        Event::AlertResolved { .. }
            | Event::IncidentRecovered { .. }
            | Event::UpdateFellDue { .. }
            | Event::PageEscalated { .. }
            | Event::PageExhausted { .. }
            | Event::NoticeIssued { .. }
            | Event::ReviewOwed { .. }
            | Event::ReviewFellOverdue { .. }
            | Event::StepStarted { .. }
            | Event::StepInDoubt { .. }
            | Event::RunFinished { .. }
            | Event::CaptureFailed { .. }
            | Event::ApprovalExpired { .. }
            | Event::StepUndone { .. }
            | Event::UndoFailed { .. }
    )
}

fn sentence(world: &World, event: &Event) -> Option<String> {
    let sentence = match event {
        Event::IncidentOpened { severity, title, .. } => format!("{severity} opened: {title}"),
        Event::IncidentJoined { summary, .. } => format!("Another alert joined: {summary}"),
        Event::AlertResolved { alert, reason } => alert_resolved(world, *alert, *reason),
        Event::IncidentRecovered { .. } => "Nothing fires any more".to_owned(),
        Event::IncidentAcknowledged { .. } => "Acknowledged".to_owned(),
        Event::IncidentAssessed { severity, impact, .. } => format!("Assessed as {severity}: {impact}"),
        Event::IncidentAssigned { commander, .. } => format!("{commander} commands"),
        Event::IncidentUpdated { text, public, .. } => {
            format!("{}: {text}", if *public { "Update" } else { "Note" })
        }
        Event::IncidentMitigated { text, .. } => format!("Mitigated: {text}"),
        Event::IncidentResolved { text, .. } => format!("Resolved: {text}"),
        Event::UpdateFellDue { .. } => "An update is owed".to_owned(),
        Event::PageEscalated { level, round, reason, .. } => escalation(*level, *round, *reason),
        Event::PageExhausted { .. } => "Nobody answered at any level; the last resort is used".to_owned(),
        Event::ReviewOwed { due_at, .. } => format!("A review is owed by {due_at}"),
        Event::ReviewFellOverdue { .. } => "The review is overdue".to_owned(),
        Event::ReviewPublished { .. } => "The review is published".to_owned(),
        _ => return delivery_sentence(world, event).or_else(|| run_sentence(world, event)),
    };
    Some(sentence)
}

fn alert_resolved(world: &World, alert: AlertId, reason: AlertEnd) -> String {
    let summary = world.incidents.values().find_map(|incident| incident.alerts.get(&alert));
    let said = match reason {
        AlertEnd::Recovered => "Recovered",
        AlertEnd::NoLongerWatched => "No longer watched",
    };
    format!("{said}: {}", summary.map_or("an alert", String::as_str))
}

fn escalation(level: u32, round: u32, reason: EscalationReason) -> String {
    let (level, round) = (level.saturating_add(1), round.saturating_add(1));
    match reason {
        EscalationReason::Requested => format!("Paging level {level}"),
        EscalationReason::NotAcknowledged if round > 1 => {
            format!("Nobody acknowledged in time: paging level {level}, round {round}")
        }
        EscalationReason::NotAcknowledged => format!("Nobody acknowledged in time: paging level {level}"),
        EscalationReason::Unreachable => format!("No channel could be reached: paging level {level}"),
    }
}

fn delivery_sentence(world: &World, event: &Event) -> Option<String> {
    let (id, said) = match event {
        Event::DeliverySucceeded { delivery, .. } => (delivery, String::new()),
        Event::DeliveryFailed { delivery, attempt: 1, error, .. } => {
            (delivery, format!(" failed, will be retried: {error}"))
        }
        Event::DeliveryAbandoned { delivery, error, .. } => (delivery, format!(" given up: {error}")),
        Event::NoticeIssued { kind, .. } => return notice_sentence(*kind),
        _ => return None,
    };
    let delivery = world.deliveries.get(id)?;
    let what = match delivery.message.action {
        MessageAction::Trigger => "Page",
        MessageAction::Inform => "Notice",
        // How the end of a page travels is not news to anybody.
        MessageAction::Acknowledge | MessageAction::Resolve => return None,
    };
    Some(if said.is_empty() {
        format!("{what} delivered to {}", delivery.channel)
    } else {
        format!("{what} to {}{said}", delivery.channel)
    })
}

fn notice_sentence(kind: NoticeKind) -> Option<String> {
    match kind {
        NoticeKind::Opened => Some("The status page shows it".to_owned()),
        _ => None,
    }
}

fn run_sentence(world: &World, event: &Event) -> Option<String> {
    let title = |run, step: u32| {
        let step = world.runs.get(run).and_then(|run| run.plan.step(step));
        step.map_or_else(String::new, |step: &PlannedStep| step.title.clone())
    };
    Some(match event {
        Event::RunPlanned { run, plan, .. } => format!("{run} planned: {}", plan.title),
        Event::StepStarted { run, step, .. } => format!("{run} step {step} started: {}", title(run, *step)),
        Event::StepSucceeded { run, step, outcome, .. } => format!("{run} step {step} succeeded: {}", outcome.summary),
        Event::StepFailed { run, step, outcome, .. } => format!("{run} step {step} failed: {}", outcome.summary),
        Event::StepInDoubt { run, step, .. } => {
            format!("{run} step {step} is in doubt: it was started and its outcome is unknown")
        }
        Event::StepSkipped { run, step, reason } => format!("{run} step {step} skipped: {reason}"),
        Event::ApprovalExpired { run, step } => {
            format!("{run} step {step} was not started in time: it has to be approved again")
        }
        Event::CaptureFailed { run, step, summary } => {
            let state = world.runs.get(run).and_then(|run| run.steps.get(step)).map(|step| step.state);
            let what = if state == Some(StepState::Started) { "goes no further" } else { "was not started" };
            format!("{run} step {step} {what}, what was before could not be recorded: {summary}")
        }
        Event::UndoForgone { run, step, reason } => {
            format!("{run} step {step} is performed without an undo: {reason}")
        }
        Event::UndoStarted { run, undoes, .. } => format!("{run} planned: it undoes {undoes}"),
        Event::StepUndone { run, step, by } => format!("{run} step {step} was put back by {by}"),
        Event::UndoFailed { run, step, by } => format!("{run} step {step} could not be put back by {by}"),
        Event::RunPaused { run } => format!("{run} paused"),
        Event::RunResumed { run } => format!("{run} goes on"),
        Event::RunAborted { run, reason } => format!("{run} aborted: {reason}"),
        Event::RunFinished { run } => format!("{run} finished"),
        _ => return None,
    })
}
