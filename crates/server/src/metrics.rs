//! `/metrics` in the OpenMetrics text format: what the world and the latest samples say, made afresh for each scrape.
//!
//! The names `probe_…` and their labels are those of the blackbox exporter, so that existing dashboards and alerts work.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use allclear_core::{CheckState, PageState, Probe, RequestSample, Sample, Severity, Verdict, World};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::problem::Problem;
use crate::routes::check::public_part;
use crate::site::Site;

type Labels = Vec<(&'static str, String)>;
type Real = Gauge<f64, AtomicU64>;

pub(crate) async fn metrics(State(site): State<Arc<Site>>) -> Result<impl IntoResponse, Problem> {
    let mut registry = Registry::default();
    let world = site.world();
    own(&mut registry, &site, &world);
    states(&mut registry, &world);
    probes(&mut registry, &site, &world);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Problem::unavailable(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

fn own(registry: &mut Registry, site: &Site, world: &World) {
    let build = Family::<Labels, Gauge>::default();
    build.get_or_create(&vec![("version", site.version.clone())]).set(1);
    registry.register("allclear_build_info", "The version that runs", build);
    let started = Real::default();
    started.set(seconds(site.started_at));
    registry.register("allclear_start_time_seconds", "When this process began, in seconds since 1970", started);
    let events = Counter::<u64>::default();
    events.inc_by(world.seq);
    registry.register("allclear_events", "Events in the log", events);
    let anomalies = Gauge::<i64>::default();
    anomalies.set(count(world.anomalies.len()));
    registry.register("allclear_anomalies", "Events that made no sense where they stand", anomalies);
}

fn states(registry: &mut Registry, world: &World) {
    let incidents = Family::<Labels, Gauge>::default();
    for severity in Severity::ALL {
        let open = world.incidents.values().filter(|it| it.is_open() && it.severity == severity).count();
        incidents.get_or_create(&vec![("severity", severity.word().to_owned())]).set(count(open));
    }
    registry.register("allclear_incidents_open", "Open incidents by severity", incidents);
    let pages = Family::<Labels, Gauge>::default();
    let words =
        [(PageState::Paging, "paging"), (PageState::Exhausted, "exhausted"), (PageState::Acknowledged, "acknowledged")];
    for (state, word) in words {
        let open = world.pages.values().filter(|page| page.state == state).count();
        pages.get_or_create(&vec![("state", word.to_owned())]).set(count(open));
    }
    registry.register("allclear_pages_open", "Pages of open incidents by state", pages);
    let checks = Family::<Labels, Gauge>::default();
    for word in ["unknown", "passing", "faltering", "failing", "recovering"] {
        let such = world.checks.values().filter(|check| check.state.word() == word).count();
        checks.get_or_create(&vec![("state", word.to_owned())]).set(count(such));
    }
    registry.register("allclear_checks", "Checks by state", checks);
    for (name, help, value) in [
        ("allclear_deliveries_pending", "Messages that have not left", world.deliveries.len()),
        ("allclear_runs_open", "Runs under way", world.runs.len()),
        ("allclear_reviews_owed", "Reviews that are owed", world.reviews.len()),
        ("allclear_alerts_firing", "Alerts that fire", world.alerts.len()),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(count(value));
        registry.register(name, help, gauge);
    }
}

fn probes(registry: &mut Registry, site: &Site, world: &World) {
    let success = Family::<Labels, Gauge>::default();
    let failing = Family::<Labels, Gauge>::default();
    let duration = Family::<Labels, Real>::default();
    let p95 = Family::<Labels, Real>::default();
    let status = Family::<Labels, Gauge>::default();
    let phases = Family::<Labels, Real>::default();
    let expiry = Family::<Labels, Real>::default();
    let policy = world.policy();
    for (name, watched) in &policy.checks {
        let Probe::Http(probe) = &watched.probe;
        let labels: Labels = vec![("job", name.clone()), ("target", public_part(&probe.url))];
        if let Some(check) = world.checks.get(name) {
            failing
                .get_or_create(&labels)
                .set(i64::from(matches!(check.state, CheckState::Failing | CheckState::Recovering { .. })));
        }
        let Some(sample) = site.engine.latest_sample(name) else { continue };
        success.get_or_create(&labels).set(i64::from(sample.verdict == Verdict::Pass));
        duration.get_or_create(&labels).set(whole_s(&sample));
        if let Some(ms) = sample.p95_ms {
            p95.get_or_create(&labels).set(ms / 1_000.0);
        }
        if let Some(at) = sample.certificate_expires_at {
            expiry.get_or_create(&labels).set(seconds(at));
        }
        if let Some(last) = sample.requests.last() {
            status.get_or_create(&labels).set(i64::from(last.status.unwrap_or(0)));
            note_phases(&phases, &labels, last);
        }
    }
    registry.register("allclear_check_failing", "Whether the check has failed and not yet recovered", failing);
    registry.register("probe_success", "Whether the last probe passed", success);
    registry.register("probe_duration_seconds", "How long the last probe took, all its requests together", duration);
    registry.register("allclear_probe_p95_seconds", "95th percentile of the requests of the last probe", p95);
    registry.register("probe_http_status_code", "Status of the last request, 0 without an answer", status);
    registry.register("probe_http_duration_seconds", "Phases of the last request", phases);
    registry.register(
        "probe_ssl_earliest_cert_expiry",
        "When the served certificate expires, in seconds since 1970",
        expiry,
    );
}

fn note_phases(phases: &Family<Labels, Real>, labels: &Labels, request: &RequestSample) {
    for (phase, ms) in [
        ("resolve", request.dns_ms),
        ("connect", request.connect_ms),
        ("tls", request.tls_ms),
        ("processing", request.first_byte_ms),
        ("transfer", request.body_ms),
    ] {
        let mut labels = labels.clone();
        labels.push(("phase", phase.to_owned()));
        phases.get_or_create(&labels).set(ms.unwrap_or(0.0) / 1_000.0);
    }
}

fn whole_s(sample: &Sample) -> f64 {
    sample.requests.iter().map(|request| request.total_ms).sum::<f64>() / 1_000.0
}

fn seconds(at: jiff::Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
