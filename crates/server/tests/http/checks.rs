//! Checks over the API, and metrics.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{SECRET, Stage};

#[tokio::test]
async fn a_check_tells_its_state_its_reason_and_its_latest_sample() {
    let stage = Stage::set().await;
    stage.clock.advance(SignedDuration::from_secs(10));
    stage.until("the first probes", |world| world.checks.values().all(|check| check.state.word() == "passing")).await;
    stage.fail_check("estimates").await;
    let checks = stage.get("/api/v1/checks").await.json();
    let estimates = &checks[0];
    assert_eq!((estimates["name"].as_str(), estimates["state"].as_str()), (Some("estimates"), Some("failing")));
    assert_eq!(estimates["since"], "2026-11-23T03:00:10Z");
    assert_eq!(estimates["reason"], "GET /estimate answered 500, not 200");
    assert_eq!(estimates["target"], "https://api.prepchef.example/estimates");
    assert_eq!((estimates["p95_ms"].as_f64(), estimates["p95_limit_ms"].as_u64()), (Some(83.6), Some(200)));
    assert_eq!(estimates["latest_sample"]["requests"][0]["connect_ms"], json!(1.2));
    assert_eq!(checks[1]["state"], "passing");
}

#[tokio::test]
async fn metrics_have_the_names_that_dashboards_know() {
    let stage = Stage::set().await;
    stage.clock.advance(SignedDuration::from_secs(10));
    stage.until("the first probes", |world| world.checks.values().all(|check| check.state.word() == "passing")).await;
    stage.fail_check("estimates").await;
    let answer = stage.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let seq = stage.handle.world().seq;
    for line in [
        format!("allclear_events_total {seq}").as_str(),
        "allclear_build_info{version=\"0.1.0\"} 1",
        "allclear_incidents_open{severity=\"P1\"} 1",
        "allclear_incidents_open{severity=\"P0\"} 0",
        "allclear_pages_open{state=\"paging\"} 1",
        "allclear_checks{state=\"failing\"} 1",
        "allclear_checks{state=\"passing\"} 1",
        "probe_success{job=\"payments\",target=\"https://api.prepchef.example/payments\"} 1",
        "probe_http_status_code{job=\"payments\",target=\"https://api.prepchef.example/payments\"} 200",
    ] {
        assert!(answer.text.lines().any(|it| it == line), "no `{line}` in\n{}", answer.text);
    }
    assert!(answer.text.contains("phase=\"connect\"} 0.0012"));
    assert!(answer.text.ends_with("# EOF\n"));
    assert!(!answer.text.contains(SECRET));
}
