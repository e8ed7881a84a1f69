//! What can be done to an incident. The form that comes next is open, the others wait behind their headings.

use allclear_core::Stage;
use maud::{Markup, html};

use super::incident::IncidentPage;
use super::incident_list::severity_select;

pub(crate) fn all(page: &IncidentPage<'_>) -> Markup {
    if !page.incident.is_open() {
        return html! {};
    }
    html! {
        section.actions aria-label="Actions" {
            @if page.incident.stage == Stage::Open {
                form method="post" action={ "/incidents/" (page.incident.id) "/acknowledge" } {
                    button.primary.big type="submit" { "Acknowledge: I have it" }
                }
            }
            (assess(page))
            (update(page))
            (mitigate(page))
            (resolve(page))
            (assign(page))
        }
    }
}

/// One form behind its heading.
fn folded(page: &IncidentPage<'_>, name: &str, heading: &str, next: bool, fields: &Markup) -> Markup {
    html! {
        details.form open[next || page.typed.is(name)] {
            summary { (heading) }
            form method="post" action={ "/incidents/" (page.incident.id) "/" (name) } { (fields) }
        }
    }
}

fn assess(page: &IncidentPage<'_>) -> Markup {
    let typed = page.typed.value("assess", "severity").parse().unwrap_or(page.incident.severity);
    let impact = match page.typed.value("assess", "impact") {
        "" => page.incident.impact.as_deref().unwrap_or_default(),
        typed => typed,
    };
    let fields = html! {
        label for="assess-severity" { "Severity" }
        (severity_select("assess-severity", typed))
        label for="impact" { "Impact: who cannot do what?" }
        textarea #impact name="impact" rows="2" required { (impact) }
        button.primary type="submit" { "Assess" }
    };
    folded(page, "assess", "Assess", page.incident.stage == Stage::Acknowledged, &fields)
}

fn update(page: &IncidentPage<'_>) -> Markup {
    let public = !page.typed.is("update") || page.typed.value("update", "public") == "true";
    let fields = html! {
        label for="update-text" { "What you know now" }
        textarea #update-text name="text" rows="3" required { (page.typed.value("update", "text")) }
        label.check { input type="checkbox" name="public" value="true" checked[public]; " Show it on the status page" }
        button.primary type="submit" { "Send update" }
    };
    folded(page, "update", "Update", page.incident.stage == Stage::Assessed, &fields)
}

fn mitigate(page: &IncidentPage<'_>) -> Markup {
    let fields = html! {
        label for="mitigate-text" { "What stopped it" }
        textarea #mitigate-text name="text" rows="2" required { (page.typed.value("mitigate", "text")) }
        button.primary type="submit" { "It no longer hurts" }
    };
    let next = page.incident.stage == Stage::Communicated;
    html! { @if page.incident.stage < Stage::Mitigated { (folded(page, "mitigate", "Mitigate", next, &fields)) } }
}

fn resolve(page: &IncidentPage<'_>) -> Markup {
    let fields = html! {
        label for="resolve-text" { "How it ended" }
        textarea #resolve-text name="text" rows="2" required { (page.typed.value("resolve", "text")) }
        label for="root-cause" { "Root cause, as far as it is known (shown to the public)" }
        textarea #root-cause name="root_cause" rows="2" { (page.typed.value("resolve", "root_cause")) }
        button.primary type="submit" { "All clear" }
    };
    folded(page, "resolve", "Resolve", page.incident.stage == Stage::Mitigated, &fields)
}

fn assign(page: &IncidentPage<'_>) -> Markup {
    let fields = html! {
        label for="commander" { "Who leads" }
        input #commander name="commander" value=(page.typed.value("assign", "commander")) required maxlength="64";
        button type="submit" { "Assign" }
    };
    folded(page, "assign", "Hand over command", false, &fields)
}

/// Starts a run of the procedure that is attached.
pub(crate) fn start_run(page: &IncidentPage<'_>, procedure: &str) -> Markup {
    let typed = |field| page.typed.value("run", field);
    let fields = html! {
        input type="hidden" name="procedure" value=(procedure);
        label for="target" { "Target" }
        select #target name="target" {
            @for name in page.policy.targets.keys() { option selected[typed("target") == name] { (name) } }
        }
        label for="set" { "Variables, one NAME=value on each line (no secrets: those belong to the target)" }
        textarea #set name="set" rows="2" { (typed("set")) }
        button.primary type="submit" { "Plan the run" }
        p.hint { "Nothing is performed yet: every step waits for your word." }
    };
    html! {
        @if page.policy.targets.is_empty() {
            p.dim { "To run it from here, add a target to the configuration." }
        } @else {
            (folded(page, "run", "Run this procedure", false, &fields))
        }
    }
}
