//! What surrounds every page of the console: head, navigation, who is signed in.

use allclear_core::{Actor, StepState, World};
use maud::{DOCTYPE, Markup, html};

use crate::site::Site;

/// A part of the console, as it stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Incidents,
    Runs,
    Checks,
    Reviews,
}

/// What the surroundings show.
#[derive(Debug)]
pub(crate) struct Frame {
    service: String,
    person: String,
    version: String,
    incidents: usize,
    runs: usize,
    failing: usize,
    reviews: usize,
}

impl Frame {
    pub(crate) fn of(site: &Site, world: &World, actor: &Actor) -> Self {
        let waits = |state| matches!(state, StepState::Waiting | StepState::Failed | StepState::InDoubt);
        Self {
            service: world.policy().service.clone(),
            person: actor.name().to_owned(),
            version: site.version.clone(),
            incidents: world.incidents.values().filter(|incident| incident.is_open()).count(),
            runs: world.runs.values().filter(|run| run.current().is_some_and(|(_, step)| waits(step.state))).count(),
            failing: world.checks.values().filter(|check| !check.state.is_well()).count(),
            reviews: world.reviews.len(),
        }
    }

    pub(crate) fn page(&self, part: Part, title: &str, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    (head(&format!("{title} · {}", self.service), &self.version))
                    script src={ "/assets/live.js?v=" (self.version) } defer {}
                }
                body {
                    a.skip href="#main" { "Skip to content" }
                    header.bar data-live="bar" {
                        a.brand href="/" { (mark()) span { (self.service) } }
                        nav aria-label="Main" {
                            (self.entry(part, Part::Incidents, "/", "Incidents", self.incidents, "bad"))
                            (self.entry(part, Part::Runs, "/runs", "Runs", self.runs, "warn"))
                            (self.entry(part, Part::Checks, "/checks", "Checks", self.failing, "bad"))
                            (self.entry(part, Part::Reviews, "/reviews", "Reviews", self.reviews, "warn"))
                            a href="/status" { "Status page" }
                        }
                        form.who method="post" action="/logout" {
                            span { (self.person) }
                            button.quiet type="submit" { "Sign out" }
                        }
                    }
                    main #main { (main) }
                    footer { "Allclear " (self.version) " · all times in UTC" span #live role="status" {} }
                }
            }
        }
    }

    fn entry(&self, here: Part, part: Part, to: &str, name: &str, count: usize, tone: &str) -> Markup {
        html! {
            a href=(to) aria-current=[(here == part).then_some("page")] {
                (name)
                @if count > 0 { " " span.count.(tone) { (count) } }
            }
        }
    }
}

/// What every page's head holds.
pub(crate) fn head(title: &str, version: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) }
        link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
        link rel="stylesheet" href={ "/assets/console.css?v=" (version) };
    }
}

/// The sign beside the name.
pub(crate) fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" {
            circle cx="12" cy="12" r="11" {}
            path d="M7 12.5l3.5 3.5L17.5 8.5" {}
        }
    }
}
