//! The first page: what is wrong now, the open incidents, the last ones.

use std::collections::BTreeMap;

use allclear_core::{Incident, PageState, Policy, Severity, StepState, World};
use jiff::Timestamp;
use maud::{Markup, html};

use super::form::Typed;
use super::time::{between, clock, short};

pub(crate) struct IncidentList<'a> {
    pub(crate) world: &'a World,
    pub(crate) incidents: &'a [Incident],
    pub(crate) now: Timestamp,
    pub(crate) typed: &'a Typed,
}

pub(crate) fn page(list: &IncidentList<'_>) -> Markup {
    let (open, over): (Vec<_>, Vec<_>) = list.incidents.iter().partition(|incident| incident.is_open());
    html! {
        (list.typed.reason())
        div data-live="now" {
            (now(list))
            section aria-labelledby="open" {
                h2 #open { "Open incidents" }
                @if open.is_empty() { p.dim { "No incident is open." } } @else { (table(&open, list.now)) }
            }
        }
        (open_form(list))
        section aria-labelledby="recent" data-live="recent" {
            h2 #recent { "Recent incidents" }
            @if over.is_empty() { p.dim { "None yet." } } @else { (table(&over, list.now)) }
        }
    }
}

/// A severity as a badge.
pub(crate) fn severity(severity: Severity) -> Markup {
    html! { span.severity.(severity.word().to_lowercase()) { (severity) } }
}

fn table(incidents: &[&Incident], now: Timestamp) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Severity" } th { "Incident" } th { "Stage" } th { "Since" } th { "Duration" } th { "Commander" } } }
            tbody {
                @for incident in incidents {
                    tr {
                        td { (severity(incident.severity)) }
                        td.wide { a href={ "/incidents/" (incident.id) } { (incident.title) }
                            div.dim { (incident.id) " · " (incident.component) } }
                        td { (incident.stage.word()) @if incident.recovered && incident.is_open() { div.good { "recovered" } } }
                        td { (short(incident.opened_at)) }
                        td { (between(incident.opened_at, incident.resolved_at.unwrap_or(now))) }
                        td { (incident.commander.as_deref().unwrap_or("–")) }
                    }
                }
            }
        } }
    }
}

fn now(list: &IncidentList<'_>) -> Markup {
    let troubles = troubles(list.world, &list.world.policy(), list.now);
    html! {
        section.now aria-labelledby="now" {
            h1 #now {
                @if troubles.is_empty() { span.good { "✓" } " Nothing is wrong right now" }
                @else { "What is wrong now" }
            }
            ul.troubles { @for trouble in &troubles { li { (trouble) } } }
        }
    }
}

/// Everything that wants somebody's eye, worst first.
fn troubles(world: &World, policy: &Policy, now: Timestamp) -> Vec<Markup> {
    let mut troubles = Vec::new();
    let unanswered = world.pages.values().filter(|page| page.state != PageState::Acknowledged);
    troubles.extend(unanswered.map(|page| {
        html! {
            strong.bad { "Nobody has answered" } " the page for "
            a href={ "/incidents/" (page.incident) } { (page.incident) }
            @match page.escalates_at(policy) {
                Some(at) => { ", next level at " (clock(at)) }
                None => ", and nobody is left to page"
            }
        }
    }));
    let failing = world.checks.iter().filter(|(_, check)| !check.state.is_well());
    troubles.extend(failing.map(|(name, check)| {
        html! {
            strong.bad { (name) } " is " (check.state.word()) " for " (between(check.since, now))
            @if let Some(reason) = &check.reason { ": " (reason) }
        }
    }));
    let stuck = world.runs.values().filter_map(|run| Some((run, run.current()?)));
    let stuck = stuck
        .filter(|(_, (_, step))| matches!(step.state, StepState::InDoubt | StepState::Failed | StepState::Waiting));
    troubles.extend(stuck.map(|(run, (number, step))| {
        html! {
            a href={ "/runs/" (run.id) } { (run.id) } " step " (number) " "
            @match step.state {
                StepState::InDoubt => { strong.bad { "is in doubt" } }
                StepState::Failed => { strong.bad { "has failed" } }
                _ => "waits for a person"
            }
            " (" (run.plan.title) ")"
        }
    }));
    troubles.extend(unreachable(world));
    let owed = world.reviews.values();
    troubles.extend(owed.map(|review| {
        let late = review.due_at <= now;
        html! {
            a href={ "/reviews/" (review.id) } { "The review of " (review.incident) }
            @if late { " " strong.bad { "is overdue" } } @else { " is owed by " (short(review.due_at)) }
        }
    }));
    troubles
}

/// Channels that do not take what we send, each once.
fn unreachable(world: &World) -> Vec<Markup> {
    let failed = world.deliveries.values().filter_map(|delivery| Some((delivery, delivery.last_error.as_ref()?)));
    let mut channels: BTreeMap<&str, (usize, Timestamp, &str)> = BTreeMap::new();
    for (delivery, error) in failed {
        let (count, next_at, last_error) =
            channels.entry(&delivery.channel).or_insert((0, delivery.next_at, error.as_str()));
        *count += 1;
        *next_at = delivery.next_at.min(*next_at);
        *last_error = error;
    }
    let told = channels.into_iter().map(|(channel, (count, next_at, error))| {
        html! {
            strong.warn { "Cannot reach " (channel) } ": " (error) ". " (count)
            @if count == 1 { " message waits" } @else { " messages wait" }
            ", next attempt at " (clock(next_at))
        }
    });
    told.collect()
}

fn open_form(list: &IncidentList<'_>) -> Markup {
    let typed = |field| list.typed.value("open", field);
    let policy = list.world.policy();
    let procedures = policy.runbook.as_ref().map(|runbook| &runbook.procedures);
    html! {
        details.form open[list.typed.is("open")] {
            summary { "Open an incident by hand" }
            form method="post" action="/incidents" {
                label for="title" { "What is happening" }
                input #title name="title" value=(typed("title")) required maxlength="200";
                div.row {
                    div {
                        label for="severity" { "Severity" }
                        (severity_select("severity", typed("severity").parse().unwrap_or(Severity::P1)))
                    }
                    div {
                        label for="component" { "Component (optional)" }
                        input #component name="component" value=(typed("component"));
                    }
                    @if let Some(procedures) = procedures {
                        div {
                            label for="procedure" { "Procedure (optional)" }
                            select #procedure name="procedure" {
                                option value="" { "none" }
                                @for (id, link) in procedures {
                                    option value=(id) selected[typed("procedure") == id] { (link.title) }
                                }
                            }
                        }
                    }
                }
                button.primary type="submit" { "Open incident" }
            }
        }
    }
}

/// A choice of severities.
pub(crate) fn severity_select(id: &str, chosen: Severity) -> Markup {
    let meaning = |severity| match severity {
        Severity::P0 => "P0 – down, data lost or a breach",
        Severity::P1 => "P1 – a major part is unavailable",
        Severity::P2 => "P2 – a minor part is degraded",
        Severity::P3 => "P3 – nobody is affected yet",
    };
    html! {
        select id=(id) name="severity" {
            @for severity in Severity::ALL {
                option value=(severity) selected[severity == chosen] { (meaning(severity)) }
            }
        }
    }
}
