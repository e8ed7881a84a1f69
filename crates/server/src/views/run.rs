//! The pages of runs.

use std::collections::BTreeMap;

use allclear_core::{Actor, Approvals, EffectClass, Run, RunHistory, RunId, StepState};
use maud::{Markup, html};

use super::form::Typed;
use super::run_step;
use super::time::{clock, short};
use crate::auth::{Role, Standing};

/// All runs, newest first.
pub(crate) fn list(runs: &[Run]) -> Markup {
    html! {
        h1 { "Runs" }
        div data-live="runs" {
            @if runs.is_empty() { p.dim { "Nothing has been run yet. A run begins at an incident, or with " code { "allclear run" } "." } }
            @else {
                div.scroll { table {
                    thead { tr { th { "Run" } th { "Procedure" } th { "Target" } th { "State" } th { "Planned" } th { "By" } } }
                    tbody {
                        @for run in runs {
                            tr {
                                td { a href={ "/runs/" (run.id) } { (run.id) } }
                                td.wide { (run.plan.title) @if let Some(undoes) = run.undoes { div.dim { "undoes " a href={ "/runs/" (undoes) } { (undoes) } } } @if let Some(incident) = run.incident { div.dim { "for " a href={ "/incidents/" (incident) } { (incident) } } } }
                                td { (run.plan.target) }
                                td { (state(run.state())) }
                                td { (short(run.planned_at)) }
                                td { (run.requested_by.name()) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// A run's or a step's state in its colour.
pub(crate) fn state(word: &str) -> Markup {
    let tone = match word {
        "finished" | "succeeded" | "undone" => "good",
        "failed" | "in-doubt" => "bad",
        "waiting" => "warn",
        "running" | "started" | "approved" => "busy",
        _ => "dim",
    };
    html! { span.state.(tone) { (word.replace('-', " ")) } }
}

/// An effect class in its colour.
pub(crate) fn effect(class: EffectClass) -> Markup {
    html! { span.effect.(class.word()) title="what it does to the world" { (class.word()) } }
}

/// What the page of a run shows, and to whom.
pub(crate) struct RunPage<'a> {
    pub(crate) run: &'a Run,
    pub(crate) history: &'a RunHistory,
    /// What each step wrote, as far as it is shown.
    pub(crate) output: &'a BTreeMap<u32, String>,
    /// The run that undoes this one.
    pub(crate) undone_by: Option<RunId>,
    /// Whether something of it can be put back now.
    pub(crate) undoable: bool,
    pub(crate) asker: &'a Actor,
    pub(crate) standing: Standing,
    pub(crate) approvals: &'a Approvals,
    pub(crate) typed: &'a Typed,
}

impl RunPage<'_> {
    /// Whether whoever looks may change something.
    pub(crate) fn may_act(&self) -> bool {
        self.standing.role >= Role::Responder
    }
}

pub(crate) fn page(page: &RunPage<'_>) -> Markup {
    let run = page.run;
    let current = run.end.is_none().then(|| run.current().map(|(number, _)| number)).flatten();
    html! {
        (page.typed.reason())
        div data-live="head" { (head(page)) }
        ol.run {
            @for planned in &run.plan.steps {
                @if let Some(step) = run.steps.get(&planned.number) {
                    li.current[current == Some(planned.number)] data-live={ "step-" (planned.number) } { (run_step::step(page, planned, step)) }
                }
            }
        }
        div data-live="control" data-open[run.end.is_none()] { (control(page)) }
    }
}

fn head(page: &RunPage<'_>) -> Markup {
    let run = page.run;
    html! {
        h1 { (run.plan.title) " " (state(run.state())) }
        dl.facts {
            div { dt { "Run" } dd { (run.id) } }
            div { dt { "Target" } dd { strong { (run.plan.target) } } }
            @if let Some(incident) = run.incident { div { dt { "Incident" } dd { a href={ "/incidents/" (incident) } { (incident) } } } }
            @if let Some(undoes) = run.undoes { div { dt { "Undoes" } dd { a href={ "/runs/" (undoes) } { (undoes) } } } }
            @if let Some(by) = page.undone_by { div { dt { "Undone by" } dd { a href={ "/runs/" (by) } { (by) } } } }
            div { dt { "Planned" } dd { (short(run.planned_at)) " by " (run.requested_by.name()) } }
            @if let Some(end) = &page.history.end { div { dt { (if end.what == "aborted" { "Aborted" } else { "Finished" }) } dd {
                (short(end.at)) @if end.what == "aborted" { " by " (end.by.name()) ": " (end.words.as_deref().unwrap_or_default()) }
            } } }
            div { dt { "Runbook" } dd { code { (run.plan.runbook) } } }
            div { dt { "Plan" } dd { code title=(run.plan.digest) { (run.plan.digest.short()) } } }
        }
        @if !run.plan.variables.is_empty() || !run.plan.secrets.is_empty() {
            details.form { summary { "Variables" } dl.facts {
                @for (name, value) in &run.plan.variables { div { dt { (name) } dd { code { (value) } } } }
                @for name in &run.plan.secrets { div { dt { (name) } dd.dim { "secret, set by the target" } } }
            } }
        }
        @if run.paused && run.end.is_none() { (paused(page)) }
    }
}

fn paused(page: &RunPage<'_>) -> Markup {
    let last = page.history.pauses.last();
    let under_way = page.run.current().is_some_and(|(_, step)| step.state == StepState::Started);
    html! {
        div.callout role="status" {
            strong { "Paused" }
            @if let Some(last) = last { " by " (last.by.name()) " at " (clock(last.at)) }
            ". " (if under_way { "The step under way goes on to its end; no other is started." } else { "No step is started until somebody goes on." })
            @if page.may_act() { form method="post" action={ "/runs/" (page.run.id) "/resume" } { button.primary type="submit" { "Go on" } } }
        }
    }
}

fn control(page: &RunPage<'_>) -> Markup {
    let run = page.run;
    let open = run.end.is_none();
    html! {
        @if !page.may_act() { p.dim { "You are let in as viewer: others steer this run." } }
        @else if open || page.undoable {
            div.choices {
                @if open && !run.paused {
                    form method="post" action={ "/runs/" (run.id) "/pause" } { button type="submit" { "Pause" } }
                }
                @if page.undoable { a.button href={ "/runs/" (run.id) "/undo" } { "Undo…" } }
            }
            @if open { (abort(page)) }
        }
    }
}

fn abort(page: &RunPage<'_>) -> Markup {
    html! {
        details.form open[page.typed.is("abort")] {
            summary { "Abort this run" }
            form method="post" action={ "/runs/" (page.run.id) "/abort" } {
                label for="reason" { "Why" }
                input #reason name="reason" value=(page.typed.value("abort", "reason")) required;
                button.grave type="submit" { "Abort the run" }
                p.hint { "What is being performed is stopped. What was done stays done." }
            }
        }
    }
}
