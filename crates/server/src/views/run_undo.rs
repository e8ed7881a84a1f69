//! The page before an undo: what it would perform, and what stays.

use allclear_core::{Plan, PlannedStep, Run, StepKind};
use maud::{Markup, html};

use super::form::Typed;
use super::run::state;
use super::run_step::{commands, title};

/// What would be undone, and how.
pub(crate) struct UndoPage<'a> {
    pub(crate) run: &'a Run,
    pub(crate) plan: &'a Plan,
    pub(crate) to: Option<u32>,
    pub(crate) may_act: bool,
    pub(crate) typed: &'a Typed,
}

pub(crate) fn page(page: &UndoPage<'_>) -> Markup {
    let (run, plan) = (page.run, page.plan);
    html! {
        (page.typed.reason())
        h1 { "Undo " a href={ "/runs/" (run.id) } { (run.id) } ": " (run.plan.title) " " (state(run.state())) }
        p { "Latest first. Nothing is performed yet: the undo is a run of its own, and asks before each step." }
        dl.facts {
            div { dt { "Target" } dd { strong { (plan.target) } } }
            div { dt { "Steps" } dd { (plan.steps.len()) } }
            div { dt { "Plan" } dd { code title=(plan.digest) { (plan.digest.short()) } } }
        }
        ol.run { @for step in &plan.steps { li { (one(run, step)) } } }
        (how_far(page))
        @if page.may_act {
            form method="post" action={ "/runs/" (run.id) "/undo" } {
                input type="hidden" name="digest" value=(plan.digest);
                @if let Some(to) = page.to { input type="hidden" name="to" value=(to); }
                button.primary.grave type="submit" { "Start the undo on " (plan.target) }
                @if run.end.is_none() { p.hint { (run.id) " ends with it: no further step of it is performed." } }
            }
        }
    }
}

fn one(run: &Run, step: &PlannedStep) -> Markup {
    let undone = step.undoes.and_then(|number| run.steps.get(&number));
    html! {
        (title(step, None))
        @if let Some(undone) = undone { p.dim { "That step: " (undone.state.word().replace('-', " ")) } }
        @if step.kind == StepKind::Manual { p.callout { (step.prose) } } @else if !step.prose.is_empty() { p { (step.prose) } }
        (commands(step))
    }
}

/// Links to an undo of less.
fn how_far(page: &UndoPage<'_>) -> Markup {
    let mut numbers: Vec<u32> = page.plan.steps.iter().filter_map(|step| step.undoes).collect();
    numbers.dedup();
    html! {
        @if numbers.len() > 1 || page.to.is_some() {
            p.dim {
                "Less of it: "
                @for number in numbers.iter().filter(|number| page.to != Some(**number)) {
                    a href={ "/runs/" (page.run.id) "/undo?to=" (number) } { "down to step " (number) } " "
                }
                @if page.to.is_some() { a href={ "/runs/" (page.run.id) "/undo" } { "the whole run" } }
            }
        }
    }
}
