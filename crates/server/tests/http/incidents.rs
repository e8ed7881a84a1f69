//! Incidents, pages, deliveries and reviews over the API.

use allclear_core::{DeliveryResult, Stage as IncidentStage};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::Stage;

#[tokio::test]
async fn an_incident_is_worked_from_the_failing_check_to_the_published_review() {
    let stage = Stage::set().await;
    let id = stage.fail_check("estimates").await;
    let path = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");
    let done = async |verb: &str, body: Value| {
        let answer = stage.post(&path(verb), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{verb}: {}", answer.text);
    };
    stage.post(&path("acknowledge"), json!(null)).await;
    done("assess", json!({"severity": "P0", "impact": "No city gets an estimate"})).await;
    done("assign", json!({"commander": "ben"})).await;
    done("update", json!({"text": "We are rolling back", "public": true})).await;
    done("update", json!({"text": "Deploy 41 looks odd"})).await;
    done("mitigate", json!({"text": "Rolled back"})).await;
    done("resolve", json!({"text": "Estimates answer again", "root_cause": "A missing index"})).await;

    let shown = stage.get(&format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!(shown["stage"], "resolved");
    assert_eq!(shown["severity"], "P0");
    assert_eq!(shown["commander"], "ben");
    assert_eq!(shown["root_cause"], "A missing index");
    let timeline: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    for said in [
        "Acknowledged",
        "Assessed as P0: No city gets an estimate",
        "Update: We are rolling back",
        "Note: Deploy 41 looks odd",
    ] {
        assert!(timeline.contains(&said), "{said} in {timeline:?}");
    }

    let reviews = stage.get("/api/v1/reviews").await.json();
    let review = reviews[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(reviews[0]["state"], "owed");
    assert!(reviews[0]["text"].as_str().unwrap().contains("A missing index"));
    let action = json!({"text": "Add the index to the schema", "owner": "ana", "due": "2026-12-01"});
    assert_eq!(stage.post(&format!("/api/v1/reviews/{review}/action"), action).await.status, StatusCode::OK);
    let published = stage.post(&format!("/api/v1/reviews/{review}/publish"), json!({"text": "# Done"})).await;
    assert_eq!(published.status, StatusCode::OK, "{}", published.text);

    // It has left the world and is read back from the log.
    assert!(stage.handle.world().incidents.is_empty());
    let closed = stage.get(&format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!((closed["stage"].as_str(), closed["is_open"].as_bool()), (Some("documented"), Some(false)));
    assert_eq!(stage.get("/api/v1/incidents").await.json()[0]["id"], json!(id));
    let review = stage.get(&format!("/api/v1/reviews/{review}")).await.json();
    assert_eq!((review["state"].as_str(), review["text"].as_str()), (Some("published"), Some("# Done")));
    assert_eq!(review["action_items"][0]["owner"], "ana");
}

#[tokio::test]
async fn an_incident_is_opened_by_hand_with_a_procedure() {
    let stage = Stage::set().await;
    let body =
        json!({"severity": "P1", "title": "Payouts are late", "component": "payments", "procedure": "payments-fail"});
    let answer = stage.post("/api/v1/incidents", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let shown = stage.get(&format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!((shown["component"].as_str(), shown["procedure"].as_str()), (Some("payments"), Some("payments-fail")));
    let bare = id.trim_start_matches("incident-");
    assert_eq!(stage.get(&format!("/api/v1/incidents/{bare}")).await.json()["id"], json!(id));
}

#[tokio::test]
async fn a_refusal_says_its_code_and_its_reason() {
    let stage = Stage::set().await;
    let id = stage.fail_check("estimates").await;
    let refused = async |path: &str, body: Value| {
        let answer = stage.post(path, body).await;
        assert!(answer.json()["message"].as_str().unwrap().len() > 20, "{}", answer.text);
        (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
    };
    let incident = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");
    let expect = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(refused(&incident("update"), json!({"text": "  "})).await, expect(409, "empty"));
    stage.post(&incident("acknowledge"), json!({})).await;
    assert_eq!(refused(&incident("acknowledge"), json!({})).await, expect(409, "already-there"));
    let unknown = json!({"severity": "P1", "title": "x", "procedure": "no-such"});
    assert_eq!(refused("/api/v1/incidents", unknown).await, expect(409, "not-in-policy"));
    assert_eq!(refused("/api/v1/incidents/incident-999/acknowledge", json!({})).await, expect(404, "not-open"));
    assert_eq!(refused("/api/v1/incidents/incident-1/acknowledge", json!({})).await, expect(404, "not-open"));
    assert_eq!(refused("/api/v1/incidents/run-3/acknowledge", json!({})).await, expect(400, "bad-id"));
    assert_eq!(refused(&incident("assess"), json!({"severity": "P9", "impact": "x"})).await, expect(422, "bad-body"));
    assert_eq!(refused(&incident("assess"), json!({"severity": "P1"})).await, expect(422, "bad-body"));
    assert_eq!(refused("/api/v1/reviews/review-3/publish", json!({})).await, expect(404, "not-open"));
}

#[tokio::test]
async fn what_was_closed_is_a_conflict_and_what_never_was_is_not_found() {
    let stage = Stage::set().await;
    let answer = stage.post("/api/v1/incidents", json!({"severity": "P3", "title": "Dust"})).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    stage.post(&format!("/api/v1/incidents/{id}/resolve"), json!({"text": "Wiped"})).await;
    assert!(stage.handle.world().incidents.is_empty());
    let again = stage.post(&format!("/api/v1/incidents/{id}/acknowledge"), json!({})).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("not-open")));
    for path in
        ["incidents/incident-77", "runs/run-77", "reviews/review-77", "runs/run-77/output?step=1", "runs/run-77/follow"]
    {
        let answer = stage.get(&format!("/api/v1/{path}")).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (StatusCode::NOT_FOUND, Some("not-found")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn pages_and_deliveries_tell_when_what_and_when_next() {
    let stage = Stage::set().await;
    *stage.script.delivery.lock().unwrap() = DeliveryResult::Failed { error: "answered 503".to_owned() };
    let id = stage.fail_check("estimates").await;
    stage.until("a failed attempt", |world| world.deliveries.values().all(|it| it.last_error.is_some())).await;
    let pages = stage.get("/api/v1/pages").await.json();
    assert_eq!(pages[0]["incident"], json!(id));
    assert_eq!((pages[0]["state"].as_str(), pages[0]["level"].as_u64()), (Some("paging"), Some(1)));
    assert_eq!(pages[0]["escalates_at"], "2026-11-23T03:05:00Z");
    let pending = stage.get("/api/v1/deliveries").await.json();
    assert_eq!(pending[0]["last_error"], "answered 503");
    assert_eq!(
        (pending[0]["attempt"].as_u64(), pending[0]["next_at"].as_str()),
        (Some(2), Some("2026-11-23T03:00:01Z"))
    );
    let shown = stage.get(&format!("/api/v1/incidents/{id}")).await.json();
    let trigger = shown["deliveries"].as_array().unwrap().iter().find(|it| it["action"] == "trigger").unwrap().clone();
    assert_eq!(trigger["attempts"][0]["answer"], "answered 503");
    assert_eq!(trigger["state"], "pending");
    stage.post(&format!("/api/v1/incidents/{id}/acknowledge"), json!({})).await;
    let shown = stage.get(&format!("/api/v1/incidents/{id}")).await.json();
    let trigger = shown["deliveries"].as_array().unwrap().iter().find(|it| it["action"] == "trigger").unwrap().clone();
    assert_eq!(trigger["state"], "withdrawn");
    let incident = stage.handle.world().incidents.values().next().unwrap().stage;
    assert_eq!(incident, IncidentStage::Acknowledged);
}

#[tokio::test]
async fn an_engine_that_has_stopped_is_said_to_be_unavailable() {
    let stage = Stage::set().await;
    let Stage { engine, site, token, .. } = stage;
    engine.stop().await;
    let public = allclear_server::router(site);
    let request = axum::http::Request::post("/api/v1/incidents")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = json!({"severity": "P1", "title": "x"}).to_string();
    let answer = crate::support::ask(&public, request.body(body.into()).unwrap()).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("unavailable")));
    let ready = crate::support::ask(&public, axum::http::Request::get("/readyz").body("".into()).unwrap()).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text.contains("stopped"), "{}", ready.text);
}
