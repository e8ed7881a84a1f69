//! The page of one incident: where it stands, what to do next, what happened.

use allclear_core::{Incident, MessageAction, Policy, Recorded, Run, Stage, World};
use allclear_runbook::Procedure;
use jiff::Timestamp;
use maud::{Markup, html};

use super::form::Typed;
use super::incident_forms;
use super::incident_list::severity;
use super::time::{between, clock, short, time};
use crate::routes::delivery::{DeliveryRecord, DeliveryState};

pub(crate) struct IncidentPage<'a> {
    pub(crate) world: &'a World,
    pub(crate) policy: &'a Policy,
    pub(crate) incident: &'a Incident,
    pub(crate) events: &'a [Recorded],
    pub(crate) runs: &'a [Run],
    /// The procedure as it stands in the runbook's file, where that could be read.
    pub(crate) procedure: Option<&'a Procedure>,
    pub(crate) review: Option<String>,
    pub(crate) now: Timestamp,
    pub(crate) typed: &'a Typed,
}

pub(crate) fn page(page: &IncidentPage<'_>) -> Markup {
    html! {
        (page.typed.reason())
        div data-live="head" { (header(page)) (progress(page.incident)) }
        div.columns {
            div.side {
                div data-live="review" { (review(page)) }
                div data-live="next" { (incident_forms::all(page)) }
            }
            div.main {
                div data-live="procedure" { (procedure(page)) }
                div data-live="runs" { (runs(page.runs)) }
                div data-live="timeline" { (timeline(page.incident)) }
                div data-live="paging" { (paging(page)) (deliveries(page.events)) }
            }
        }
    }
}

fn header(page: &IncidentPage<'_>) -> Markup {
    let incident = page.incident;
    let lasted = between(incident.opened_at, incident.resolved_at.unwrap_or(page.now));
    html! {
        h1 { (severity(incident.severity)) " " (incident.title) }
        dl.facts {
            div { dt { "Id" } dd { (incident.id) } }
            div { dt { "Component" } dd { (incident.component) } }
            div { dt { "Began" } dd { (time(incident.opened_at)) } }
            div { dt { (if incident.is_open() { "Lasts" } else { "Lasted" }) } dd { (lasted) } }
            div { dt { "Commander" } dd { (incident.commander.as_deref().unwrap_or("nobody yet")) } }
            div { dt { "Public" } dd { (if incident.public { "on the status page" } else { "no" }) } }
            @if incident.is_open() {
                div { dt { "Checks" } dd {
                    @if incident.recovered { span.good { "all well again" } } @else { span.bad { "still failing" } }
                } }
            }
        }
        @if let Some(impact) = &incident.impact { p { strong { "Impact: " } (impact) } }
        @if let Some(cause) = &incident.root_cause { p { strong { "Root cause: " } (cause) } }
    }
}

fn progress(incident: &Incident) -> Markup {
    let now = Stage::ALL.iter().copied().find(|stage| *stage > incident.stage);
    html! {
        ol.progress aria-label="Progress" {
            @for stage in &Stage::ALL[1..] {
                @let done = *stage <= incident.stage;
                li.done[done] aria-current=[(now == Some(*stage)).then_some("step")] {
                    span.tick aria-hidden="true" { @if done { "✓" } }
                    (stage.word())
                    @if done { span.hidden { " (reached)" } }
                }
            }
        }
    }
}

fn review(page: &IncidentPage<'_>) -> Markup {
    html! {
        @if let Some(review) = &page.review {
            p.next { a.button.primary href={ "/reviews/" (review) } { "Write the review" } }
        } @else if page.incident.stage >= Stage::Resolved {
            p.dim { "Nothing is left to do for this incident." }
        }
    }
}

fn procedure(page: &IncidentPage<'_>) -> Markup {
    let link = page.incident.procedure.as_deref().and_then(|id| page.policy.procedure(id));
    html! {
        section aria-labelledby="what" {
            h2 #what { "What to do" }
            @match link {
                Some(link) => {
                    p { strong { (link.title) } " · " a href=(link.url) rel="noreferrer" { "read it in the runbook" } }
                }
                None => p.dim { "No procedure of the runbook is attached." }
            }
            @if let Some(procedure) = page.procedure {
                ol.steps {
                    @for step in &procedure.steps {
                        li value=(step.number) {
                            (step.title)
                            @if let Some(worst) = step.commands.iter().map(|command| command.effect).max() {
                                " " (super::run::effect(worst))
                            }
                        }
                    }
                }
                @if let Some(rollback) = procedure.rollback() {
                    p { strong { "If it goes wrong: " } (rollback.text) }
                }
                @if page.incident.is_open() { (incident_forms::start_run(page, &procedure.id)) }
            }
        }
    }
}

fn runs(runs: &[Run]) -> Markup {
    html! {
        @if !runs.is_empty() {
            section aria-labelledby="runs" {
                h2 #runs { "Runs" }
                ul.plain {
                    @for run in runs {
                        li { a href={ "/runs/" (run.id) } { (run.id) } " · " (run.plan.title) " on " (run.plan.target) " · " (super::run::state(run.state())) }
                    }
                }
            }
        }
    }
}

fn timeline(incident: &Incident) -> Markup {
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { "Timeline" }
            ol.timeline reversed {
                @for entry in incident.timeline.iter().rev() {
                    li { (clock(entry.at)) div { (entry.text) " " span.dim { (entry.actor.name()) } } }
                }
            }
        }
    }
}

fn paging(page: &IncidentPage<'_>) -> Markup {
    let pages: Vec<_> = page.world.pages.values().filter(|it| it.incident == page.incident.id).collect();
    html! {
        @if !pages.is_empty() {
            section aria-labelledby="paging" {
                h2 #paging { "Paging" }
                @for page_of in pages {
                    p {
                        @match page_of.state {
                            allclear_core::PageState::Paging => { strong.bad { "Nobody has answered." } " Level " (page_of.level + 1) " since " (clock(page_of.level_at)) }
                            allclear_core::PageState::Exhausted => { strong.bad { "Nobody answered at any level." } }
                            allclear_core::PageState::Acknowledged => { span.good { "Acknowledged." } }
                        }
                        @if let Some(at) = page_of.escalates_at(page.policy) { "; the next level is paged at " (clock(at)) "." }
                    }
                }
            }
        }
    }
}

fn deliveries(events: &[Recorded]) -> Markup {
    let records = DeliveryRecord::all(events);
    html! {
        @if !records.is_empty() {
            section aria-labelledby="messages" {
                h2 #messages { "Messages" }
                div.scroll { table {
                    thead { tr { th { "Sent" } th { "To" } th { "What" } th { "State" } th { "Answer" } } }
                    tbody { @for record in records.iter().rev() { (delivery(record)) } }
                } }
            }
        }
    }
}

fn delivery(record: &DeliveryRecord) -> Markup {
    let what = match record.action {
        MessageAction::Trigger => "page",
        MessageAction::Acknowledge => "acknowledgement",
        MessageAction::Resolve => "all-clear",
        MessageAction::Inform => "notice",
    };
    html! {
        tr {
            td { (short(record.queued_at)) }
            td { (record.channel) }
            td { (what) }
            td {
                @match record.state {
                    DeliveryState::Delivered => { span.good { "delivered" } }
                    DeliveryState::GivenUp => { span.bad { "given up" } }
                    DeliveryState::Withdrawn => { span.dim { "withdrawn" } }
                    DeliveryState::Pending => { span.warn { "on its way" } }
                }
            }
            td.wide {
                @if let Some(last) = record.attempts.last() { (clock(last.at)) " " (last.answer) }
                @if record.attempts.len() > 1 { span.dim { " (" (record.attempts.len()) " attempts)" } }
                @if let (Some(next), false) = (record.next_at, record.attempts.is_empty()) { "; again at " (clock(next)) }
            }
        }
    }
}
