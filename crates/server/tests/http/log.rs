//! The log over the API.

use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::Stage;

#[tokio::test]
async fn the_log_is_read_in_pages() {
    let stage = Stage::set().await;
    stage.fail_check("estimates").await;
    let all = stage.get("/api/v1/events").await.json();
    let count = all.as_array().unwrap().len();
    assert!(count > 5);
    assert_eq!((all[0]["seq"].as_u64(), all[0]["event"]["type"].as_str()), (Some(1), Some("EngineStarted")));
    let part = stage.get("/api/v1/events?after=2&limit=2").await.json();
    assert_eq!(part.as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 4]);
    let wrong = stage.get("/api/v1/events?after=yesterday").await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (StatusCode::BAD_REQUEST, Some("bad-parameter")));
}

#[tokio::test]
async fn the_head_of_the_log_is_told_as_the_verification_takes_it() {
    let stage = Stage::set().await;
    let told = stage.get("/api/v1/log/head").await.json();
    let head = stage.handle.store().head().await.unwrap();
    assert_eq!(told, json!({"seq": head.seq, "hash": head.hash, "head": head.to_string()}));
}

#[tokio::test]
async fn a_follower_resumes_after_the_last_event_that_it_has_seen() {
    let stage = Stage::set().await;
    stage.fail_check("estimates").await;
    let request = stage.request("GET", "/api/v1/events/follow").header("last-event-id", "2");
    let response = stage.public.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut seen = Vec::new();
    let mut opened_by_hand = false;
    // Ends when everything up to the incident that is opened meanwhile has come.
    while seen.last() != Some(&stage.handle.world().seq) || !opened_by_hand {
        let frame = body.frame().await.unwrap().unwrap();
        for line in std::str::from_utf8(frame.data_ref().unwrap()).unwrap().lines() {
            seen.extend(line.strip_prefix("id: ").map(|id| id.parse::<u64>().unwrap()));
        }
        if seen.len() == 3 && !opened_by_hand {
            opened_by_hand = true;
            stage.post("/api/v1/incidents", json!({"severity": "P2", "title": "Another"})).await;
        }
    }
    assert_eq!(seen, (3..=*seen.last().unwrap()).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_follower_that_names_no_position_hears_only_what_comes_next() {
    let stage = Stage::set().await;
    let before = stage.handle.world().seq;
    let request = stage.request("GET", "/api/v1/events/follow").body(axum::body::Body::empty()).unwrap();
    let mut body = stage.public.clone().oneshot(request).await.unwrap().into_body();
    stage.post("/api/v1/incidents", json!({"severity": "P2", "title": "Next"})).await;
    let frame = body.frame().await.unwrap().unwrap();
    let text = std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
    assert!(text.contains(&format!("id: {}\n", before + 1)), "{text}");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json_under_api() {
    let stage = Stage::set().await;
    let missing = stage.get("/api/v1/nothing").await;
    assert_eq!((missing.status, missing.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("no-such-route")));
    let wrong = stage.post("/api/v1/checks", json!({})).await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (StatusCode::METHOD_NOT_ALLOWED, Some("wrong-method")));
    let page = stage.get("/nothing").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("<h1>") && page.text.contains("/nothing"), "{}", page.text);
}

#[tokio::test]
async fn a_body_that_is_no_json_or_too_long_is_refused_with_what_to_do() {
    let stage = Stage::set().await;
    let send = async |kind: &str, body: String| {
        let request = stage.request("POST", "/api/v1/incidents").header("content-type", kind);
        let answer = stage.ask(request.body(body.into()).unwrap()).await;
        (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(send("application/json", "{".to_owned()).await, (400, "bad-body".to_owned()));
    assert_eq!(send("text/plain", "{}".to_owned()).await, (415, "not-json".to_owned()));
    let long = format!("\"{}\"", "a".repeat(2 * 1024 * 1024));
    assert_eq!(send("application/json", long).await, (413, "body-too-large".to_owned()));
}

#[tokio::test]
async fn the_policy_is_shown_with_references_in_place_of_secrets() {
    let stage = Stage::set().await;
    let policy = stage.get("/api/v1/policy").await.json();
    assert_eq!(policy["service"], "PrepChef");
    assert_eq!(policy["channels"]["on-call"]["url"], json!({"env": "OBS_ALERT_WEBHOOK"}));
}
