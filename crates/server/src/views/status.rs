//! The status page. It has a style sheet and no script, and is read by people who are annoyed already.

use std::collections::BTreeMap;

use allclear_core::{NoticeKind, Outage, PublicIncident, World};
use jiff::{SignedDuration, Timestamp};
use maud::{DOCTYPE, Markup, html};

use super::frame::mark;
use super::incident_list::severity;
use super::time::{between, short};
use crate::status::{CheckStatus, Document};

const DAYS: u8 = 30;

/// How a component stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Operational,
    Unknown,
    Degraded,
    Down,
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Self::Operational => "Operational",
            Self::Unknown => "No data yet",
            Self::Degraded => "Degraded",
            Self::Down => "Down",
        }
    }

    const fn tone(self) -> &'static str {
        match self {
            Self::Operational => "good",
            Self::Unknown => "dim",
            Self::Degraded => "warn",
            Self::Down => "bad",
        }
    }
}

pub(crate) fn page(document: &Document, world: &World, version: &str, now: Timestamp) -> Markup {
    let policy = world.policy();
    let components = components(document);
    let (open, over): (Vec<_>, Vec<_>) =
        world.status.incidents.values().rev().partition(|incident| incident.resolved_at.is_none());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="refresh" content="60";
                title { (policy.service) " status" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href={ "/assets/status.css?v=" (version) };
            }
            body {
                header { (mark()) h1 { (policy.service) " status" } }
                main {
                    (headline(&components, &open))
                    @for incident in &open { (open_incident(incident)) }
                    section aria-labelledby="components" {
                        h2 #components { "Components" }
                        @if components.is_empty() { p.dim { "Nothing is watched yet." } }
                        @for (name, checks) in &components { (component(name, checks, world, now)) }
                        (uptime(document))
                    }
                    section aria-labelledby="past" {
                        h2 #past { "Past incidents" span.dim { " · last 30 days" } }
                        @if over.is_empty() { p.dim { "None." } }
                        @for incident in &over { (past_incident(incident)) }
                    }
                }
                footer {
                    "As of " (short(now)) " · " a href="/status.json" { "status.json" } " · " a href="/" { "For the team" }
                }
            }
        }
    }
}

fn components(document: &Document) -> BTreeMap<&str, Vec<&CheckStatus>> {
    let mut components: BTreeMap<&str, Vec<&CheckStatus>> = BTreeMap::new();
    for check in &document.checks {
        components.entry(&check.component).or_default().push(check);
    }
    components
}

fn standing(checks: &[&CheckStatus]) -> Standing {
    let failing = checks.iter().filter(|check| check.status == "fail").count();
    match failing {
        0 if checks.iter().all(|check| check.is_known) => Standing::Operational,
        0 => Standing::Unknown,
        all if all == checks.len() => Standing::Down,
        _ => Standing::Degraded,
    }
}

fn headline(components: &BTreeMap<&str, Vec<&CheckStatus>>, open: &[&PublicIncident]) -> Markup {
    let worst = components.values().map(|checks| standing(checks)).max().unwrap_or(Standing::Unknown);
    let (tone, text) = match worst {
        Standing::Down => ("bad", "Some systems are down"),
        Standing::Degraded => ("warn", "Some systems are degraded"),
        _ if !open.is_empty() => ("warn", "An incident is open"),
        Standing::Unknown => ("dim", "Waiting for the first results"),
        Standing::Operational => ("good", "All systems operational"),
    };
    html! { p.headline.(tone) role="status" { (text) } }
}

fn component(name: &str, checks: &[&CheckStatus], world: &World, now: Timestamp) -> Markup {
    let standing = standing(checks);
    let outages: Vec<&Outage> =
        checks.iter().filter_map(|check| world.status.outages.get(&check.name)).flatten().collect();
    let names: Vec<&String> = checks.iter().map(|check| &check.name).collect();
    let share =
        |days: i64| world.status.uptime_percent(names.iter().copied(), SignedDuration::from_hours(24 * days), now);
    html! {
        div.component {
            div.line { strong { (name) } span.(standing.tone()) { (standing.word()) } }
            @if let Some(since) = world.status.watched_since { (days(&outages, since, now)) }
            div.line.dim.small {
                span { (DAYS) " days" }
                span { (percent(share(7))) " in 7 days · " (percent(share(30))) " in 30 days" }
            }
        }
    }
}

/// One bar for each of the last days: green without an outage, amber with one, red where it lasted an hour in all.
///
/// The bars of one colour are one path: the page is small, and that is what makes it fast.
fn days(outages: &[&Outage], since: Timestamp, now: Timestamp) -> Markup {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let label = format!("the last {DAYS} days, {} outages", outages.len());
    let mut bars: BTreeMap<&str, String> = BTreeMap::new();
    for ago in (0..DAYS).rev() {
        let to = now.saturating_sub(DAY * i32::from(ago)).unwrap_or(Timestamp::MIN);
        let from = to.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
        let bar = format!("M{} 0h8v24h-8z", u32::from(DAYS - 1 - ago) * 10);
        bars.entry(tone(outages, since, from, to)).or_default().push_str(&bar);
    }
    html! {
        svg.days viewBox={ "0 0 " (u32::from(DAYS) * 10 - 2) " 24" } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for (tone, path) in &bars { path.(tone) d=(path) {} }
        }
    }
}

fn tone(outages: &[&Outage], since: Timestamp, from: Timestamp, to: Timestamp) -> &'static str {
    let within = |outage: &&Outage| {
        let (begin, end) = (outage.from.max(from), outage.until.unwrap_or(to).min(to));
        (end.as_second() - begin.as_second()).max(0)
    };
    match outages.iter().map(within).sum::<i64>() {
        0 if to <= since => "none",
        0 => "good",
        1..3600 => "warn",
        _ => "bad",
    }
}

/// Never rounded up to a whole hundred: an outage that can be seen is not denied by the figure beside it.
fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{} %", (value * 100.0).floor() / 100.0))
}

fn uptime(document: &Document) -> Markup {
    html! {
        dl.uptime {
            div { dt { "Uptime, 7 days" } dd { (percent(document.uptime.rolling_7d)) } }
            div { dt { "Uptime, 30 days" } dd { (percent(document.uptime.rolling_30d)) } }
        }
    }
}

fn open_incident(incident: &PublicIncident) -> Markup {
    html! {
        article.incident.open {
            h2 { (severity(incident.severity)) " " (incident.title) }
            p.dim { (incident.component) " · since " (short(incident.started_at)) }
            (updates(incident))
        }
    }
}

fn past_incident(incident: &PublicIncident) -> Markup {
    html! {
        article.incident {
            h3 { (severity(incident.severity)) " " (incident.title) }
            p.dim {
                (short(incident.started_at))
                @if let Some(resolved_at) = incident.resolved_at { " · lasted " (between(incident.started_at, resolved_at)) }
            }
            @if let Some(cause) = &incident.root_cause { p { strong { "Root cause: " } (cause) } }
            @if !incident.remediations.is_empty() {
                p { strong { "Remediation: " }
                    @for link in &incident.remediations { a href=(link) rel="noreferrer" { (section_of(link)) } " " } }
            }
            details { summary { "Updates" } (updates(incident)) }
        }
    }
}

/// The name of the section that a link leads to.
fn section_of(link: &str) -> String {
    link.rsplit_once('#').map_or_else(|| "runbook".to_owned(), |(_, anchor)| format!("runbook, {anchor}"))
}

fn updates(incident: &PublicIncident) -> Markup {
    let word = |kind| match kind {
        NoticeKind::Opened => "Opened",
        NoticeKind::Mitigated => "Mitigated",
        NoticeKind::Resolved => "Resolved",
        _ => "Update",
    };
    html! {
        ol.updates reversed {
            @for update in incident.updates.iter().rev() {
                li { strong { (word(update.kind)) } " " (short(update.at)) p { (update.text) } }
            }
        }
    }
}
