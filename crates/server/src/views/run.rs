//! The pages of runs.

use std::collections::BTreeMap;

use allclear_core::{EffectClass, PlannedStep, Run, Step, StepKind, StepState};
use maud::{Markup, html};

use super::form::Typed;
use super::time::{clock, milliseconds, short};

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
                                td.wide { (run.plan.title) @if let Some(incident) = run.incident { div.dim { "for " a href={ "/incidents/" (incident) } { (incident) } } } }
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
        "finished" | "succeeded" => "good",
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

pub(crate) struct RunPage<'a> {
    pub(crate) run: &'a Run,
    /// What each step wrote, as far as it is shown.
    pub(crate) output: &'a BTreeMap<u32, String>,
    pub(crate) typed: &'a Typed,
}

pub(crate) fn page(page: &RunPage<'_>) -> Markup {
    let run = page.run;
    let current = run.end.is_none().then(|| run.current().map(|(number, _)| number)).flatten();
    html! {
        (page.typed.reason())
        div data-live="head" {
            h1 { (run.plan.title) " " (state(run.state())) }
            dl.facts {
                div { dt { "Run" } dd { (run.id) } }
                div { dt { "Target" } dd { strong { (run.plan.target) } } }
                @if let Some(incident) = run.incident { div { dt { "Incident" } dd { a href={ "/incidents/" (incident) } { (incident) } } } }
                div { dt { "Planned" } dd { (short(run.planned_at)) " by " (run.requested_by.name()) } }
                div { dt { "Runbook" } dd { code { (run.plan.runbook) } } }
                div { dt { "Plan" } dd { code title=(run.plan.digest) { (run.plan.digest.short()) } } }
            }
            @if !run.plan.variables.is_empty() {
                details.form { summary { "Variables" } dl.facts {
                    @for (name, value) in &run.plan.variables { div { dt { (name) } dd { code { (value) } } } }
                    @for name in &run.plan.secrets { div { dt { (name) } dd.dim { "secret, set by the target" } } }
                } }
            }
        }
        ol.run {
            @for planned in &run.plan.steps {
                @if let Some(step) = run.steps.get(&planned.number) {
                    li.current[current == Some(planned.number)] data-live={ "step-" (planned.number) } { (one_step(page, planned, step)) }
                }
            }
        }
        @if run.end.is_none() { div data-live="abort" { (abort(page)) } }
    }
}

fn one_step(page: &RunPage<'_>, planned: &PlannedStep, step: &Step) -> Markup {
    html! {
        h2 {
            span.number { (planned.number) } " " (planned.title) " " (state(step.state.word()))
            @if let Some(class) = planned.effect() { " " (effect(class)) }
            @if planned.kind == StepKind::Manual { " " span.effect.manual { "by hand" } }
        }
        @if !planned.prose.is_empty() { p { (planned.prose) } }
        @for command in &planned.commands {
            pre.command { code { (command.rendered) } }
            @if planned.commands.len() > 1 || command.effect != EffectClass::Observe {
                p.dim {
                    @if planned.commands.len() > 1 { (effect(command.effect)) " " }
                    @match (&command.undo, command.effect) {
                        (Some(undo), _) => { "To undo: " (undo) }
                        (None, EffectClass::Observe) => {}
                        (None, _) => "No undo is known."
                    }
                }
            }
        }
        @if let Some(outcome) = &step.outcome {
            p.outcome { (clock(step.since)) " " (outcome.summary)
                @if let Some(code) = outcome.exit_code { " · exit code " (code) }
                @if outcome.duration_ms > 0 { " · " (milliseconds(duration(outcome.duration_ms))) } }
        }
        @if let Some(text) = page.output.get(&planned.number).filter(|text| !text.is_empty()) {
            pre.output tabindex="0" aria-label={ "Output of step " (planned.number) } { (text) }
        }
        @if page.run.end.is_none() { (step_forms(page, planned, step)) }
    }
}

fn duration(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64() * 1_000.0
}

fn step_forms(page: &RunPage<'_>, planned: &PlannedStep, step: &Step) -> Markup {
    let manual = planned.kind == StepKind::Manual;
    let waiting = step.state == StepState::Waiting;
    let doubt = step.state == StepState::InDoubt;
    let failed = step.state == StepState::Failed;
    html! {
        @if doubt {
            p.refusal { strong { "In doubt." } " The step was started and nobody knows how it ended, because Allclear was interrupted. Look for yourself, then say which it is." }
        }
        @if waiting || doubt || failed {
            div.choices {
                @if waiting && !manual { (digest_form(page, planned, "approve", "Approve and perform")) }
                @if (waiting && manual) || doubt {
                    (text_form(page, planned.number, "confirm", "note", "What you saw or did", if doubt { "It happened" } else { "Done" }, true))
                }
                @if doubt || failed { (digest_form(page, planned, "repeat", "Perform it again")) }
                (text_form(page, planned.number, "skip", "reason", "Why it is left out", "Skip", false))
            }
        }
    }
}

/// The digest binds the click to what was shown: another command or target is refused.
fn digest_form(page: &RunPage<'_>, planned: &PlannedStep, verb: &str, label: &str) -> Markup {
    let grave = matches!(planned.effect(), Some(EffectClass::Outage | EffectClass::Destroy | EffectClass::Unknown));
    html! {
        form method="post" action={ "/runs/" (page.run.id) "/steps/" (planned.number) "/" (verb) } {
            input type="hidden" name="digest" value=(planned.digest(&page.run.plan.target));
            button.primary.grave[grave] type="submit" { (label) " on " (page.run.plan.target) }
        }
    }
}

fn text_form(
    page: &RunPage<'_>,
    number: u32,
    verb: &str,
    field: &str,
    label: &str,
    button: &str,
    primary: bool,
) -> Markup {
    let form = format!("{verb}-{number}");
    html! {
        form.inline method="post" action={ "/runs/" (page.run.id) "/steps/" (number) "/" (verb) } {
            label for=(form) { (label) }
            input id=(form) name=(field) value=(page.typed.value(&form, field)) required;
            button.primary[primary] type="submit" { (button) }
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
