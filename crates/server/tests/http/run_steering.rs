//! Runs that are paused, undone and approved by a second person, over the API and in the console.

use std::collections::BTreeSet;

use allclear_core::{Approvals, EffectClass, Plan, Policy, RunId};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Answer, Stage, plan, policy};

/// The plan, with a way back for its second step.
fn undoable() -> Plan {
    let mut plan = plan();
    let command = &mut plan.steps[1].commands[0];
    command.undo = Some("kubectl scale deployment payments --replicas=3".to_owned());
    *command = command.clone().bound("sandbox");
    plan.sealed()
}

async fn planned(stage: &Stage, plan: &Plan) -> String {
    let answer = stage.post("/api/v1/runs", json!({"plan": plan})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn shown(stage: &Stage, run: &str) -> Value {
    stage.get(&format!("/api/v1/runs/{run}")).await.json()
}

async fn agree(stage: &Stage, run: &str, number: usize, verb: &str) -> Answer {
    let digest = shown(stage, run).await["steps"][number - 1]["digest"].clone();
    stage.post(&format!("/api/v1/runs/{run}/steps/{number}/{verb}"), json!({"digest": digest})).await
}

async fn until(stage: &Stage, run: &str, state: &'static str, step: u32) {
    let id: RunId = run.parse().unwrap();
    let reached = |run: &allclear_core::Run| run.state() == state && run.current().is_some_and(|(at, _)| at == step);
    stage.until(state, |world| world.runs.get(&id).is_some_and(reached)).await;
}

#[tokio::test]
async fn a_run_is_undone_by_a_run_of_its_own_that_is_approved_like_any() {
    let stage = Stage::set().await;
    let run = planned(&stage, &undoable()).await;
    let nothing = stage.get(&format!("/api/v1/runs/{run}/undo")).await;
    assert_eq!((nothing.status, nothing.json()["code"].as_str()), (StatusCode::CONFLICT, Some("nothing-to-undo")));
    agree(&stage, &run, 1, "approve").await;
    until(&stage, &run, "waiting", 2).await;
    agree(&stage, &run, 2, "approve").await;
    until(&stage, &run, "failed", 2).await;

    let preview = stage.get(&format!("/api/v1/runs/{run}/undo")).await.json();
    assert_eq!(preview["undoes"], json!(run));
    let steps = preview["plan"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "what only observes is left out: {preview}");
    assert_eq!((&steps[0]["undoes"], &steps[0]["kind"]), (&json!(2), &json!("command")));
    let other = stage.post(&format!("/api/v1/runs/{run}/undo"), json!({"digest": "0".repeat(64)})).await;
    assert_eq!((other.status, other.json()["code"].as_str()), (StatusCode::CONFLICT, Some("digest-differs")));
    let missing = stage.get(&format!("/api/v1/runs/{run}/undo?to=9")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.text);

    let body = json!({"digest": preview["plan"]["digest"], "to": 2});
    let started = stage.post(&format!("/api/v1/runs/{run}/undo"), body.clone()).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.text);
    let undo = started.json()["id"].as_str().unwrap().to_owned();
    let again = stage.post(&format!("/api/v1/runs/{run}/undo"), body).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("undo-under-way")));
    let original = shown(&stage, &run).await;
    assert_eq!((&original["state"], &original["undone_by"]), (&json!("aborted"), &json!(undo)));
    assert_eq!(agree(&stage, &undo, 1, "approve").await.status, StatusCode::OK);
    let id: RunId = undo.parse().unwrap();
    stage.until("the undo ends", |world| !world.runs.contains_key(&id)).await;

    let (undo, original) = (shown(&stage, &undo).await, shown(&stage, &run).await);
    assert_eq!((&undo["state"], &undo["undoes"]), (&json!("finished"), &json!(run)));
    assert_eq!((&original["state"], &original["steps"][1]["state"]), (&json!("undone"), &json!("undone")));
    assert_eq!(original["steps"][1]["history"]["put_back"][0]["by"], undo["id"]);
    let listed = stage.get("/api/v1/runs").await.json();
    assert_eq!((&listed[0]["id"], &listed[1]["state"]), (&undo["id"], &json!("undone")));
}

#[tokio::test]
async fn a_long_undo_is_folded_away_on_the_page_of_a_run_and_a_short_one_is_not() {
    let stage = Stage::set().await;
    let mut long = undoable();
    let command = &mut long.steps[1].commands[0];
    command.undo = Some("echo 'back again' && ".repeat(10) + "true");
    *command = command.clone().bound("sandbox");
    for (plan, folded) in [(undoable(), false), (long.sealed(), true)] {
        let run = planned(&stage, &plan).await;
        let page = stage.get(&format!("/runs/{run}")).await.text;
        assert!(page.contains("To undo"), "{page}");
        assert_eq!(page.contains("<details class=\"undo\">"), folded, "{page}");
    }
}

#[tokio::test]
async fn a_paused_run_ends_its_step_and_begins_no_other() {
    let stage = Stage::set().await;
    let run = planned(&stage, &plan()).await;
    stage.script.steps_end.send_replace(false);
    agree(&stage, &run, 1, "approve").await;
    let paused = stage.post(&format!("/api/v1/runs/{run}/pause"), json!({})).await;
    assert_eq!(paused.status, StatusCode::OK, "{}", paused.text);
    assert_eq!(shown(&stage, &run).await["state"], "running", "the step goes on");
    stage.script.steps_end.send_replace(true);
    until(&stage, &run, "waiting", 2).await;
    let resting = shown(&stage, &run).await;
    assert_eq!((&resting["paused"], &resting["steps"][1]["state"]), (&json!(true), &json!("pending")));
    assert_eq!(resting["pauses"][0]["by"], "person:ana");
    let resumed = stage.post(&format!("/api/v1/runs/{run}/resume"), json!({})).await;
    assert_eq!(resumed.status, StatusCode::OK, "{}", resumed.text);
    assert_eq!(shown(&stage, &run).await["steps"][1]["state"], "waiting");
}

#[tokio::test]
async fn a_step_of_which_nothing_can_be_recorded_is_performed_when_somebody_gives_up_its_undo() {
    let stage = Stage::set().await;
    let mut plan = undoable();
    let command = &mut plan.steps[1].commands[0];
    // The drivers of the stage find nothing.
    command.capture = [("REPLICAS".to_owned(), "kubectl get deployment payments".to_owned())].into();
    *command = command.clone().bound("sandbox");
    let run = planned(&stage, &plan.sealed()).await;
    agree(&stage, &run, 1, "approve").await;
    until(&stage, &run, "waiting", 2).await;
    agree(&stage, &run, 2, "approve").await;
    until(&stage, &run, "failed", 2).await;
    let step = shown(&stage, &run).await["steps"][1].clone();
    assert_eq!((&step["attempt"], &step["capture_failed"]), (&json!(0), &json!(true)), "{step}");
    let cookie = stage.sign_in().await;
    let page = stage.page(&cookie, &format!("/runs/{run}")).await.text;
    assert!(page.contains("Perform without undo") && page.contains("Try again"), "{page}");
    assert!(!page.contains("It happened"), "nothing was attempted: {page}");
    let silent = json!({"digest": step["digest"], "reason": " "});
    let silent = stage.post(&format!("/api/v1/runs/{run}/steps/2/forgo-undo"), silent).await;
    assert_eq!(silent.json()["code"], "empty");

    let digest = step["digest"].as_str().unwrap();
    let fields = [("digest", digest), ("reason", "nobody may read it")];
    let forgone = stage.form(&cookie, &format!("/runs/{run}/steps/2/forgo-undo"), &fields).await;
    assert_eq!(forgone.status, StatusCode::SEE_OTHER, "{}", forgone.text);
    until(&stage, &run, "failed", 2).await;
    let step = shown(&stage, &run).await["steps"][1].clone();
    assert_eq!((&step["attempt"], &step["capture_failed"]), (&json!(1), &json!(false)), "{step}");
    assert_eq!(step["history"]["without_undo"]["words"], "nobody may read it");
    let page = stage.page(&cookie, &format!("/runs/{run}")).await.text;
    assert!(
        page.contains("performed without an undo: nobody may read it") && !page.contains("Perform without undo"),
        "{page}"
    );
    let preview = stage.get(&format!("/api/v1/runs/{run}/undo")).await.json();
    let prose = preview["plan"]["steps"][0]["prose"].as_str().unwrap();
    assert!(prose.contains("it was performed without an undo: nobody may read it"), "{prose}");

    assert!(page.contains("It happened"), "it was attempted, and whoever looked may know: {page}");
    let happened = stage.form(&cookie, &format!("/runs/{run}/steps/2/confirm"), &[("note", "three replicas")]).await;
    assert_eq!(happened.status, StatusCode::SEE_OTHER, "{}", happened.text);
    assert_eq!(shown(&stage, &run).await["steps"][1]["state"], "succeeded");
}

#[tokio::test]
async fn a_run_tells_who_agreed_to_what_and_how_every_attempt_ended() {
    let stage = Stage::set().await;
    let run = planned(&stage, &plan()).await;
    agree(&stage, &run, 1, "approve").await;
    until(&stage, &run, "waiting", 2).await;
    agree(&stage, &run, 2, "approve").await;
    until(&stage, &run, "failed", 2).await;
    agree(&stage, &run, 2, "repeat").await;
    until(&stage, &run, "waiting", 3).await;
    let step = shown(&stage, &run).await["steps"][1].clone();
    let history = &step["history"];
    assert_eq!(history["approvals"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&history["approvals"][0]["by"], &history["approvals"][0]["digest"]),
        (&json!("person:ana"), &step["digest"])
    );
    let attempts = history["attempts"].as_array().unwrap();
    let codes: Vec<_> = attempts.iter().map(|it| (it["state"].as_str(), it["outcome"]["exit_code"].as_i64())).collect();
    assert_eq!(codes, [(Some("failed"), Some(1)), (Some("succeeded"), Some(0))]);
    assert_eq!(attempts[0]["outcome"]["output"].as_str().map(str::len), Some(64), "its output is named by digest");
}

fn with_four_eyes() -> Policy {
    let approvals = Approvals { four_eyes: BTreeSet::from([EffectClass::Change]), ..Approvals::default() };
    Policy { approvals, ..policy() }
}

async fn token_of(stage: &Stage, name: &str) -> String {
    let answer = stage.post("/api/v1/tokens", json!({"name": name})).await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn four_eyes_are_two_persons_who_proved_who_they_are() {
    let stage = Stage::with(with_four_eyes()).await;
    let run = planned(&stage, &plan()).await;
    agree(&stage, &run, 1, "approve").await;
    until(&stage, &run, "waiting", 2).await;
    let digest = shown(&stage, &run).await["steps"][1]["digest"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/runs/{run}/steps/2/approve");
    let approve = |token: &str, actor: &str| {
        let request = Request::post(&path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header(header::CONTENT_TYPE, "application/json").header("x-allclear-actor", actor);
        stage.ask(request.body(Body::from(json!({"digest": digest}).to_string())).unwrap())
    };
    let claimed = approve(&stage.token, "person:ben").await;
    assert_eq!((claimed.status, claimed.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("not-proved")));
    let (ana, ben) = (token_of(&stage, "ana").await, token_of(&stage, "ben").await);
    let herself = approve(&ana, "person:ben").await;
    assert_eq!((herself.status, herself.json()["code"].as_str()), (StatusCode::CONFLICT, Some("four-eyes")));

    let anas = stage.sign_in_with(&ana, "").await;
    let page = stage.page(&anas, &format!("/runs/{run}")).await.text;
    assert!(page.contains("You asked for this run") && !page.contains("Approve and perform"), "{page}");
    let unproved = stage.sign_in_with(&stage.token, "ben").await;
    let page = stage.page(&unproved, &format!("/runs/{run}")).await.text;
    assert!(page.contains("does not prove who you are") && !page.contains("Approve and perform"), "{page}");
    let bens = stage.sign_in_with(&ben, "").await;
    let page = stage.page(&bens, &format!("/runs/{run}")).await.text;
    assert!(page.contains("Approve and perform") && page.contains(&digest), "{page}");
    let form = stage.form(&bens, &format!("/runs/{run}/steps/2/approve"), &[("digest", &digest)]).await;
    assert_eq!(form.status, StatusCode::SEE_OTHER, "{}", form.text);
    until(&stage, &run, "failed", 2).await;
    let approvals = shown(&stage, &run).await["steps"][1]["history"]["approvals"].clone();
    assert_eq!(approvals[0]["by"], "person:ben");
}

#[tokio::test]
async fn a_run_is_paused_resumed_and_undone_with_forms_alone() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let run = planned(&stage, &undoable()).await;
    let path = format!("/runs/{run}");
    stage.form(&cookie, &format!("{path}/pause"), &[]).await;
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("Paused") && page.contains("Go on") && !page.contains("Undo…"), "{page}");
    stage.form(&cookie, &format!("{path}/resume"), &[]).await;
    for number in [1, 2] {
        let digest = shown(&stage, &run).await["steps"][number - 1]["digest"].as_str().unwrap().to_owned();
        stage.form(&cookie, &format!("{path}/steps/{number}/approve"), &[("digest", &digest)]).await;
        until(&stage, &run, if number == 1 { "waiting" } else { "failed" }, 2).await;
    }
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("Undo…") && page.contains("exit code 1"), "{page}");

    let undo = stage.page(&cookie, &format!("{path}/undo")).await;
    assert_eq!(undo.status, StatusCode::OK, "{}", undo.text);
    assert!(undo.text.contains("Put back step 2") && undo.text.contains("--replicas=3"), "{}", undo.text);
    let stale = stage.form(&cookie, &format!("{path}/undo"), &[("digest", &"0".repeat(64))]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("is not what would be performed"), "{}", stale.text);
    let preview = stage.get(&format!("/api/v1/runs/{run}/undo")).await.json();
    let digest = preview["plan"]["digest"].as_str().unwrap();
    let started = stage.form(&cookie, &format!("{path}/undo"), &[("digest", digest)]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let page = stage.page(&cookie, started.header("location")).await.text;
    assert!(page.contains(&format!("href=\"/runs/{run}\"")) && page.contains("Approve and perform"), "{page}");
    let original = stage.page(&cookie, &path).await.text;
    assert!(original.contains("Undone by") && !original.contains("Undo…"), "{original}");
}
