//! Runs over the API: planned, approved step by step, followed live, read back.

use allclear_core::Digest;
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Stage, plan};

async fn planned(stage: &Stage, incident: Option<&str>) -> String {
    let answer = stage.post("/api/v1/runs", json!({"plan": plan(), "incident": incident})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn step(stage: &Stage, run: &str, number: usize) -> Value {
    stage.get(&format!("/api/v1/runs/{run}")).await.json()["steps"][number - 1].clone()
}

async fn say(stage: &Stage, run: &str, number: usize, verb: &str, body: Value) {
    let answer = stage.post(&format!("/api/v1/runs/{run}/steps/{number}/{verb}"), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{verb} {number}: {}", answer.text);
}

async fn agree(stage: &Stage, run: &str, number: usize, verb: &str) {
    let digest = step(stage, run, number).await["digest"].clone();
    say(stage, run, number, verb, json!({"digest": digest})).await;
}

async fn until_state(stage: &Stage, run: &str, state: &'static str) {
    let id: allclear_core::RunId = run.parse().unwrap();
    stage.until(state, |world| world.runs.get(&id).map_or(state == "finished", |run| run.state() == state)).await;
}

#[tokio::test]
async fn a_run_is_approved_step_by_step_to_its_end_and_read_back() {
    let stage = Stage::set().await;
    let incident = stage.fail_check("estimates").await;
    let run = planned(&stage, Some(&incident)).await;
    agree(&stage, &run, 1, "approve").await;
    stage.until("step 2 waits", |world| world.runs.values().any(|it| it.current().is_some_and(|(n, _)| n == 2))).await;
    let listed = stage.get("/api/v1/runs").await.json();
    assert_eq!(listed[0]["id"], json!(run));
    assert_eq!((listed[0]["state"].as_str(), listed[0]["in_doubt"].is_null()), (Some("waiting"), true));
    assert_eq!((listed[0]["steps_done"].as_u64(), listed[0]["steps_total"].as_u64()), (Some(1), Some(4)));
    agree(&stage, &run, 2, "approve").await;
    until_state(&stage, &run, "failed").await;
    agree(&stage, &run, 2, "repeat").await;
    stage.until("step 3 waits", |world| world.runs.values().any(|it| it.current().is_some_and(|(n, _)| n == 3))).await;
    say(&stage, &run, 3, "confirm", json!({"note": "told Kim"})).await;
    say(&stage, &run, 4, "skip", json!({"reason": "not needed"})).await;
    until_state(&stage, &run, "finished").await;

    let shown = stage.get(&format!("/api/v1/runs/{run}")).await.json();
    assert_eq!((shown["state"].as_str(), shown["incident"].as_str()), (Some("finished"), Some(incident.as_str())));
    assert_eq!(shown["plan"]["digest"], json!(plan().digest));
    let states: Vec<&str> =
        shown["steps"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["succeeded", "succeeded", "succeeded", "skipped"]);
    assert_eq!(shown["steps"][3]["effect"], "outage");
    let output = stage.get(&format!("/api/v1/runs/{run}/output?step=1")).await;
    assert_eq!(output.text, "performing step 1\ncafé done\n");
    assert!(output.header("content-type").starts_with("text/plain"));
    assert_eq!(stage.get(&format!("/api/v1/runs/{run}/output?step=3")).await.text, "");
    assert_eq!(stage.get(&format!("/api/v1/runs/{run}/output?step=9")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.get(&format!("/api/v1/runs/{run}/output?step=x")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(stage.get(&format!("/api/v1/incidents/{incident}")).await.json()["runs"], json!([run]));
}

#[tokio::test]
async fn an_approval_is_bound_to_what_would_be_performed() {
    let stage = Stage::set().await;
    let run = planned(&stage, None).await;
    let path = format!("/api/v1/runs/{run}/steps/1/approve");
    let other = step(&stage, &run, 2).await["digest"].clone();
    let answer = stage.post(&path, json!({"digest": other})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("digest-differs")));
    let mut tampered = plan();
    tampered.steps[0].commands[0].rendered = "rm -rf /".to_owned();
    let answer = stage.post("/api/v1/runs", json!({"plan": tampered})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("plan-tampered")));
    // The plan is sealed anew, and the digest of a command in it is not that of its text.
    let answer = stage.post("/api/v1/runs", json!({"plan": tampered.sealed()})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("plan-tampered")));
    let answer = stage.post(&format!("/api/v1/runs/{run}/steps/7/skip"), json!({"reason": "x"})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("no-such-step")));
}

#[tokio::test]
async fn nobody_hands_in_the_plan_of_an_undo_or_gets_at_what_was_recorded() {
    let stage = Stage::set().await;
    let mut undoing = plan();
    undoing.steps[0].undoes = Some(1);
    let mut reading = plan();
    let command = &mut reading.steps[0].commands[0];
    command.captured.insert("CAPTURED".to_owned(), Digest::of(b"sealed"));
    *command = command.clone().bound(&reading.target);
    for plan in [undoing, reading] {
        let answer = stage.post("/api/v1/runs", json!({"plan": plan.sealed()})).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("plan-tampered")));
    }
    assert!(stage.handle.world().runs.is_empty());
}

#[tokio::test]
async fn an_aborted_run_has_ended() {
    let stage = Stage::set().await;
    let run = planned(&stage, None).await;
    let path = format!("/api/v1/runs/{run}/abort");
    assert_eq!(stage.post(&path, json!({"reason": "wrong cluster"})).await.status, StatusCode::OK);
    assert_eq!(stage.get(&format!("/api/v1/runs/{run}")).await.json()["state"], "aborted");
    let again = stage.post(&path, json!({"reason": "again"})).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("not-open")));
}

/// Reads `kind: data` of a stream until it ends.
async fn lines(stage: &Stage, path: &str) -> Vec<(String, Value)> {
    let request = stage.request("GET", path).body(axum::body::Body::empty()).unwrap();
    let mut body = stage.public.clone().oneshot(request).await.unwrap().into_body();
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
    }
    let events = text.split("\n\n").filter(|event| event.contains("data:"));
    events
        .map(|event| {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
            (field("event:").to_owned(), serde_json::from_str(field("data:")).unwrap())
        })
        .collect()
}

fn written_in(lines: &[(String, Value)]) -> String {
    lines.iter().filter(|(kind, _)| kind == "output").map(|(_, it)| it["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_run_is_followed_from_its_beginning_to_its_end_with_its_output_in_place() {
    let stage = Stage::set().await;
    let run = planned(&stage, None).await;
    stage.script.steps_end.send_replace(false);
    agree(&stage, &run, 1, "approve").await;
    // Some output was written before anybody listens, and some comes after.
    let id: allclear_core::RunId = run.parse().unwrap();
    let (written, mut live) = stage.handle.output(id, 1).unwrap();
    if written.len() < 22 {
        while live.recv().await.unwrap().bytes.as_ref() != b"\xC3" {}
    }
    let path = format!("/api/v1/runs/{run}/follow");
    let following = lines(&stage, &path);
    let steering = async {
        stage.script.steps_end.send_replace(true);
        stage
            .until("step 2 waits", |world| world.runs.values().any(|it| it.current().is_some_and(|(n, _)| n == 2)))
            .await;
        let answer = stage.post(&format!("/api/v1/runs/{run}/abort"), json!({"reason": "enough"})).await;
        assert_eq!(answer.status, StatusCode::OK);
    };
    let (lines, ()) = tokio::join!(following, steering);

    assert_eq!(written_in(&lines), "performing step 1\ncafé done\n");
    let told: Vec<&str> = lines
        .iter()
        .map(|(kind, it)| if kind == "event" { it["event"]["type"].as_str().unwrap() } else { kind.as_str() })
        .collect();
    assert_eq!(told.first(), Some(&"RunPlanned"));
    assert_eq!(told[told.len() - 2..], ["RunAborted", "end"]);
    let last_output = told.iter().rposition(|kind| *kind == "output").unwrap();
    let succeeded = told.iter().position(|kind| *kind == "StepSucceeded").unwrap();
    assert!(last_output < succeeded, "{told:?}");
    // Whoever comes when it is over is told the same.
    let again = self::lines(&stage, &path).await;
    assert_eq!(written_in(&again), "performing step 1\ncafé done\n");
    assert_eq!(again.last().unwrap().1, json!({"state": "aborted"}));
}

#[tokio::test]
async fn a_plan_that_may_not_enter_the_log_is_refused_whoever_posts_it() {
    let stage = Stage::refusing_plans(|plan, _| {
        let lines = plan.steps.iter().filter(|step| step.prose.contains("hunter22")).map(|step| step.line);
        lines.map(|line| format!("line {line} holds what looks like a credential")).collect()
    })
    .await;
    let mut plan = plan();
    plan.steps[1].prose = "The password is hunter22".to_owned();
    let answer = stage.post("/api/v1/runs", json!({"plan": plan.sealed()})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("plan-refused")));
    assert!(answer.text.contains("line 20 holds"), "{}", answer.text);
    assert!(stage.handle.world().runs.is_empty());
    planned(&stage, None).await;
}
