//! One step on the page of a run: what it does, what became of it, and what a person can say to it.

use allclear_core::{
    Approval, Attempt, EffectClass, PlannedCommand, PlannedStep, Step, StepHistory, StepKind, StepOutcome, StepState,
};
use maud::{Markup, html};

use super::run::{RunPage, effect, state};
use super::time::clock;

pub(crate) fn step(page: &RunPage<'_>, planned: &PlannedStep, step: &Step) -> Markup {
    let history = page.history.steps.get(&planned.number);
    html! {
        (title(planned, Some(step)))
        @if !planned.prose.is_empty() { p { (planned.prose) } }
        @if let Some(wait) = planned.wait {
            p.dim { "Looks every " (wait.every_s) " s until it is so, for " (wait.at_most_s) " s at most." }
        }
        (commands(planned))
        @if let Some(history) = history { (happened(planned, step, history)) }
        @if let Some(text) = page.output.get(&planned.number).filter(|text| !text.is_empty()) {
            pre.output tabindex="0" aria-label={ "Output of step " (planned.number) } { (text) }
        }
        @if page.run.end.is_none() { (forms(page, planned, step)) }
    }
}

pub(crate) fn title(planned: &PlannedStep, step: Option<&Step>) -> Markup {
    html! {
        h2 {
            span.number { (planned.number) } " " (planned.title)
            @if let Some(step) = step { " " (state(step.state.word())) }
            @if let Some(class) = planned.effect() { " " (effect(class)) }
            @if planned.kind == StepKind::Manual { " " span.effect.manual { "by hand" } }
        }
    }
}

pub(crate) fn commands(planned: &PlannedStep) -> Markup {
    html! {
        @for (index, command) in planned.commands.iter().enumerate() {
            pre.command { code { (command.rendered) } }
            @if planned.commands.len() > 1 || command.gravest() != EffectClass::Observe {
                p.dim { @if planned.commands.len() > 1 { (effect(command.effect)) " " } (way_back(planned, index, command)) }
                @if command.irreversible.is_none() && let Some(undo) = &command.undo && is_long(undo) {
                    details.undo { summary { "To undo line " (command.line) } pre.command { code { (undo) } } }
                }
            }
        }
    }
}

/// Whether an undo would bury the step that it belongs to: on a phone it has more lines than everything else.
fn is_long(undo: &str) -> bool {
    undo.len() > 120
}

/// What is known about undoing a command; of one that is itself an undo, what it puts back.
fn way_back(planned: &PlannedStep, index: usize, command: &PlannedCommand) -> Markup {
    let variables = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    html! {
        @if let Some(words) = command.milder_by_word() { strong { "Declared milder: " } (words) ". " }
        @if !command.captured.is_empty() { "Puts back what was recorded: " (variables(command.captured.keys().collect())) ". " }
        @if !command.capture.is_empty() { "Recorded " (planned.recorded_when(index)) ": " (variables(command.capture.keys().collect())) ". " }
        @match (&command.irreversible, &command.undo, command.effect) {
            (Some(why), _, _) => { strong { "Cannot be undone: " } (why) }
            (None, Some(undo), _) => { @if !is_long(undo) { "To undo: " code { (undo) } } }
            (None, None, EffectClass::Observe) => {}
            (None, None, _) => { @if planned.undoes.is_none() { "No undo is known." } }
        }
    }
}

fn happened(planned: &PlannedStep, step: &Step, history: &StepHistory) -> Markup {
    html! {
        @for given in history.approvals.iter().filter(|_| planned.kind == StepKind::Command) { (approval(given)) }
        @for failure in &history.capture_failures { p.outcome { "Not performed: " (failure) } }
        @if !history.captured.is_empty() { p.outcome.dim { "Recorded before: " (history.captured.len()) " value" (if history.captured.len() == 1 { "" } else { "s" }) ", sealed" } }
        @if let Some(forgone) = &history.without_undo { p.outcome { (clock(forgone.at)) " " (forgone.by.name()) " has it performed without an undo: " (forgone.words.as_deref().unwrap_or_default()) } }
        @for one in &history.attempts { (attempt(one, history.attempts.len() > 1)) }
        @if let Some(skipped) = &history.skipped { p.outcome { (clock(skipped.at)) " left out by " (skipped.by.name()) ": " (skipped.words.as_deref().unwrap_or_default()) } }
        @for one in &history.put_back {
            p.outcome { (clock(one.at)) " " (if one.succeeded { "put back by " } else { "could not be put back by " }) a href={ "/runs/" (one.by) } { (one.by) } }
        }
        @if step.state == StepState::Approved { p.outcome.dim { "What is before is being recorded." } }
    }
}

fn approval(given: &Approval) -> Markup {
    html! {
        p.outcome.dim {
            (clock(given.at)) " approved by " (given.by.name()) @if given.beforehand { " beforehand" }
            " · " code title=(given.digest) { (given.digest.short()) }
            @if given.expired { " · lapsed" }
        }
    }
}

fn attempt(attempt: &Attempt, several: bool) -> Markup {
    html! {
        @if let Some(outcome) = &attempt.outcome {
            p.outcome {
                (clock(attempt.ended_at.unwrap_or(attempt.started_at))) " "
                @if several { "attempt " (attempt.number) ": " }
                (outcome.summary)
                @if let Some(by) = &attempt.told_by { " (" (by.name()) ")" }
                (measured(outcome))
            }
        } @else if attempt.state == "in-doubt" {
            p.outcome { (clock(attempt.started_at)) " attempt " (attempt.number) " was started, and nobody knows how it ended" }
        }
    }
}

fn measured(outcome: &StepOutcome) -> Markup {
    html! {
        @if let Some(code) = outcome.exit_code && !outcome.summary.contains(&format!("exit code {code}")) {
            " · exit code " (code)
        }
        @if outcome.duration_ms > 0 { " · " (took(outcome.duration_ms)) }
    }
}

fn took(ms: u64) -> String {
    let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
    if ms < 1_000 { format!("{ms} ms") } else { format!("{seconds:.1} s") }
}

fn forms(page: &RunPage<'_>, planned: &PlannedStep, step: &Step) -> Markup {
    let manual = planned.kind == StepKind::Manual;
    let waiting = step.state == StepState::Waiting;
    let doubt = step.state == StepState::InDoubt;
    let failed = step.state == StepState::Failed;
    // Nobody can have seen that something happened which was never attempted.
    let attempted = (doubt || failed) && step.attempt > 0;
    let performs = (waiting && !manual) || doubt || failed;
    let why_not = why_not(page, planned);
    html! {
        @if doubt {
            p.refusal { strong { "In doubt." } " The step was started and nobody knows how it ended, because Allclear was interrupted. Look for yourself, then say which it is." }
        }
        @if performs && let Some(why_not) = &why_not { p.callout { strong { "Four eyes. " } (why_not) } }
        @if (waiting || doubt || failed) && page.may_act() {
            div.choices {
                @if waiting && !manual && why_not.is_none() { (digest_form(page, planned, "approve", "Approve and perform")) }
                @if (waiting && manual) || attempted {
                    (text_form(page, planned.number, "confirm", "note", "What you saw or did", if attempted { "It happened" } else { "Done" }, !failed))
                }
                @if (doubt || failed) && why_not.is_none() { (digest_form(page, planned, "repeat", if attempted { "Perform it again" } else { "Try again" })) }
                @if failed && step.capture_failed && why_not.is_none() { (forgo_form(page, planned)) }
                (text_form(page, planned.number, "skip", "reason", "Why it is left out", "Skip", false))
            }
        }
    }
}

/// Why whoever looks at the page cannot approve the step.
fn why_not(page: &RunPage<'_>, planned: &PlannedStep) -> Option<String> {
    let class = planned.gravest().map_or("it", EffectClass::word);
    if !page.approvals.needs_four_eyes(planned) {
        None
    } else if *page.asker == page.run.requested_by {
        Some(format!(
            "You asked for this run, and {class} needs a second person's yes: somebody else approves it here."
        ))
    } else if !page.standing.proved {
        Some(format!(
            "{class} needs a second person's yes, and the admin token does not prove who you are: sign in with a token \
             of your own (allclear token create)."
        ))
    } else {
        None
    }
}

/// The digest binds the click to what was shown: another command or target is refused.
fn digest_form(page: &RunPage<'_>, planned: &PlannedStep, verb: &str, label: &str) -> Markup {
    let grave = matches!(planned.gravest(), Some(EffectClass::Outage | EffectClass::Destroy | EffectClass::Unknown));
    let digest = planned.digest(&page.run.plan.target);
    html! {
        form method="post" action={ "/runs/" (page.run.id) "/steps/" (planned.number) "/" (verb) } {
            input type="hidden" name="digest" value=(digest);
            button.primary.grave[grave] type="submit" disabled[page.run.paused] { (label) " on " (page.run.plan.target) }
            p.hint { "digest " code title=(digest) { (digest.short()) } @if page.run.paused { " · the run is paused" } }
        }
    }
}

/// The word of a person who would rather have it done than have it undoable.
fn forgo_form(page: &RunPage<'_>, planned: &PlannedStep) -> Markup {
    let (form, digest) = (format!("forgo-undo-{}", planned.number), planned.digest(&page.run.plan.target));
    html! {
        form.inline method="post" action={ "/runs/" (page.run.id) "/steps/" (planned.number) "/forgo-undo" } {
            input type="hidden" name="digest" value=(digest);
            label for=(form) { "Why its undo is given up" }
            input id=(form) name="reason" value=(page.typed.value(&form, "reason")) required;
            button.grave type="submit" disabled[page.run.paused] { "Perform without undo on " (page.run.plan.target) }
            p.hint { "What is before it could not be recorded: no command will put it back." }
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
