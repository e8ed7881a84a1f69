//! The checks: state, latency against its limit, where the time went, how it went lately.

use allclear_core::{RequestSample, Sample};
use jiff::Timestamp;
use maud::{Markup, html};

use super::sparkline::sparkline;
use super::time::{between, clock, milliseconds};
use crate::routes::check::CheckSummary;

/// A check and its 95th percentile of each of the last minutes.
pub(crate) struct CheckRow {
    pub(crate) check: CheckSummary,
    pub(crate) p95_by_minute: Vec<Option<f64>>,
}

pub(crate) fn page(rows: &[CheckRow], hours: i64, now: Timestamp) -> Markup {
    html! {
        h1 { "Checks" }
        div data-live="checks" {
            @if rows.is_empty() { p.dim { "Nothing is watched yet: add checks to the configuration." } }
            @else {
                div.scroll { table.checks {
                    thead { tr { th { "Check" } th { "State" } th { "p95 / limit" } th { "Last " (hours) " h" } th { "Latest sample" } } }
                    tbody { @for row in rows { (one(row, now)) } }
                } }
            }
        }
    }
}

fn one(row: &CheckRow, now: Timestamp) -> Markup {
    let check = &row.check;
    let slow = matches!((check.p95_ms, check.p95_limit_ms), (Some(p95), Some(limit)) if p95 > f64::from(limit));
    let tone = match check.state {
        "passing" => "good",
        "failing" | "recovering" => "bad",
        "faltering" => "warn",
        _ => "dim",
    };
    html! {
        tr {
            td.wide { strong { (check.name) } div.dim { (check.component) " · " (check.target) } }
            td {
                span.state.(tone) { (check.state) }
                div.dim { "for " (between(check.since, now)) }
                @if let Some(reason) = &check.reason { div.bad { (reason) } }
            }
            td.figure {
                @match check.p95_ms { Some(p95) => { span.bad[slow] { (milliseconds(p95)) } } None => "–" }
                @if let Some(limit) = check.p95_limit_ms { span.dim { " / " (limit) " ms" } }
            }
            td { (sparkline(&row.p95_by_minute, check.p95_limit_ms.map(f64::from), &format!("95th percentile of {}", check.name))) }
            td { @if let Some(sample) = &check.latest_sample { (latest(sample)) } @else { span.dim { "none yet" } } }
        }
    }
}

fn latest(sample: &Sample) -> Markup {
    let slowest = sample.requests.iter().max_by(|one, other| one.total_ms.total_cmp(&other.total_ms));
    html! {
        (clock(sample.at)) span.dim { " · " (sample.requests.len()) " requests" }
        @if let Some(request) = slowest {
            div.phases { (phases(request)) }
            @if let Some(error) = &request.error { div.bad { (error) } }
        }
    }
}

/// Where the time of the slowest request went.
fn phases(request: &RequestSample) -> Markup {
    let phases = [
        ("dns", request.dns_ms),
        ("connect", request.connect_ms),
        ("tls", request.tls_ms),
        ("first byte", request.first_byte_ms),
        ("body", request.body_ms),
    ];
    html! {
        @for (name, ms) in phases { @if let Some(ms) = ms { span { (name) " " b { (milliseconds(ms)) } } } }
        @if let Some(status) = request.status { span { "status " b { (status) } } }
    }
}
