//! The status page and its document.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Answer, SECRET, Stage};

async fn public(stage: &Stage, path: &str) -> Answer {
    stage.ask(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_document_has_the_shape_that_status_pages_read() {
    let stage = Stage::set().await;
    let id = stage.fail_check("estimates").await;
    stage.clock.advance(SignedDuration::from_hours(1));
    stage.until("the first probes", |_| stage.handle.latest_sample("payments").is_some()).await;
    stage
        .post(&format!("/api/v1/incidents/{id}/resolve"), json!({"text": "Back", "root_cause": "A missing index"}))
        .await;
    let document = public(&stage, "/status.json").await.json();
    assert_eq!(document["generated_at"], "2026-11-23T04:00:00Z");
    // Two checks, watched for an hour; one of them was down until its next probe.
    let uptime = document["uptime"]["rolling_7d"].as_f64().unwrap();
    assert!((50.0..=100.0).contains(&uptime), "{uptime}");
    assert_eq!(document["uptime"]["rolling_30d"].as_f64().unwrap(), uptime);
    let payments = document["checks"].as_array().unwrap().iter().find(|check| check["name"] == "payments").unwrap();
    assert_eq!(*payments, json!({"name": "payments", "p95_ms": 83.6, "threshold_ms": 200, "status": "pass"}));
    let incident = &document["recent_incidents"][0];
    assert_eq!(
        *incident,
        json!({
            "id": id,
            "started_at": "2026-11-23T03:00:00Z",
            "resolved_at": "2026-11-23T04:00:00Z",
            "severity": "P1",
            "summary": incident["summary"],
            "root_cause": "A missing index",
            "remediations": ["https://git.example/runbook.md#estimates-fail"],
        })
    );
    assert!(incident["summary"].as_str().unwrap().contains("estimates"));
    assert_eq!(public(&stage, "/synthetics/status.json").await.json()["checks"], document["checks"]);
    assert_eq!(stage.get("/api/v1/status").await.json()["checks"], document["checks"]);
}

#[tokio::test]
async fn a_failing_check_and_an_open_incident_are_shown_at_once() {
    let stage = Stage::set().await;
    let before = public(&stage, "/status").await;
    assert!(before.text.contains("Waiting for the first results") || before.text.contains("operational"));
    let id = stage.fail_check("estimates").await;
    stage.post(&format!("/api/v1/incidents/{id}/update"), json!({"text": "We are <on> it", "public": true})).await;
    let page = public(&stage, "/status").await;
    assert!(page.text.contains("Some systems are down"), "{}", page.text);
    assert!(page.text.contains("We are &lt;on&gt; it"));
    assert!(page.text.contains("<time datetime=\"2026-11-23T03:00:00Z\">2026-11-23 03:00 UTC</time>"));
    assert!(!page.text.contains("<script") && !page.text.contains("style="));
    let document = public(&stage, "/status.json").await.json();
    let failing = document["checks"].as_array().unwrap().iter().find(|check| check["name"] == "estimates").unwrap();
    assert_eq!(failing["status"], "fail");
    assert!(document["recent_incidents"][0].get("resolved_at").is_none());
}

#[tokio::test]
async fn notes_for_the_team_are_not_shown_to_the_public() {
    let stage = Stage::set().await;
    let id = stage.fail_check("estimates").await;
    stage.post(&format!("/api/v1/incidents/{id}/update"), json!({"text": "Kim broke it", "public": false})).await;
    for path in ["/status", "/status.json"] {
        let text = public(&stage, path).await.text;
        assert!(!text.contains("Kim") && !text.contains(SECRET), "{path}");
    }
}

#[tokio::test]
async fn whoever_has_the_last_rendering_is_told_so_and_anybody_may_read_it() {
    let stage = Stage::set().await;
    let first = public(&stage, "/status.json").await;
    assert_eq!(first.header("access-control-allow-origin"), "*");
    assert_eq!(first.header("cache-control"), "public, max-age=5");
    assert_eq!(first.header("content-type"), "application/json");
    let again = async |etag: &str| {
        let request = Request::get("/status.json").header("if-none-match", etag).body(Body::empty()).unwrap();
        stage.ask(request).await
    };
    let unchanged = again(first.header("etag")).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    stage.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(again(first.header("etag")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_site_that_watches_nothing_has_a_status_page() {
    let stage = Stage::with(allclear_core::Policy::default()).await;
    assert_eq!(public(&stage, "/status").await.status, StatusCode::OK);
    let document = public(&stage, "/status.json").await.json();
    assert_eq!(document["uptime"], json!({"rolling_7d": null, "rolling_30d": null}));
    assert_eq!((document["checks"].clone(), document["recent_incidents"].clone()), (json!([]), json!([])));
}
