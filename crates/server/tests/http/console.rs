//! The console: pages that work without JavaScript, forms that lose nothing.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{SECRET, Stage, plan};

#[tokio::test]
async fn the_first_page_says_what_is_wrong_now() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    assert!(stage.page(&cookie, "/").await.text.contains("Nothing is wrong right now"));
    let id = stage.fail_check("estimates").await;
    let page = stage.page(&cookie, "/").await;
    assert!(page.text.contains("Nobody has answered") && page.text.contains("GET /estimate answered 500, not 200"));
    assert!(page.text.contains(&format!("href=\"/incidents/{id}\"")));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn an_incident_is_worked_to_its_review_with_forms_alone() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let id = stage.fail_check("estimates").await;
    let path = format!("/incidents/{id}");
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("Acknowledge: I have it") && page.contains("https://git.example/runbook.md#estimates-fail"));
    for (verb, fields) in [
        ("acknowledge", vec![]),
        ("assess", vec![("severity", "P0"), ("impact", "No estimates & no orders")]),
        ("update", vec![("text", "Rolling back"), ("public", "true")]),
        ("mitigate", vec![("text", "Rolled back")]),
        ("resolve", vec![("text", "Over"), ("root_cause", "")]),
    ] {
        let answer = stage.form(&cookie, &format!("{path}/{verb}"), &fields).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, path.as_str()),
            "{verb}: {}",
            answer.text
        );
    }
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("No estimates &amp; no orders") && page.contains("Write the review"));
    assert!(!page.contains("Acknowledge: I have it"));
    let review = stage.get("/api/v1/reviews").await.json()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/reviews/{review}");
    assert!(stage.page(&cookie, &path).await.text.contains("Root causes"));
    let action = [("text", "Add an index"), ("owner", "ben"), ("due", "Friday")];
    assert_eq!(stage.form(&cookie, &format!("{path}/action"), &action).await.status, StatusCode::SEE_OTHER);
    let publish = [("text", "# Review\r\nDone")];
    assert_eq!(stage.form(&cookie, &format!("{path}/publish"), &publish).await.status, StatusCode::SEE_OTHER);
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("published") && page.contains("Add an index") && page.contains("# Review\nDone"));
    assert!(stage.page(&cookie, "/reviews").await.text.contains(&review));
}

#[tokio::test]
async fn a_refused_form_comes_back_with_the_reason_and_with_what_was_typed() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let id = stage.fail_check("estimates").await;
    stage.form(&cookie, &format!("/incidents/{id}/acknowledge"), &[]).await;
    let again = stage.form(&cookie, &format!("/incidents/{id}/acknowledge"), &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("already acknowledged; nothing was changed") && again.text.contains("Timeline"));
    let fields = [("text", " "), ("root_cause", "A long & careful thought")];
    let empty = stage.form(&cookie, &format!("/incidents/{id}/resolve"), &fields).await;
    assert_eq!(empty.status, StatusCode::CONFLICT);
    assert!(empty.text.contains("text is empty") && empty.text.contains("A long &amp; careful thought"));
    let fields = [("severity", "P1"), ("title", "Kept"), ("procedure", "gone")];
    let unknown = stage.form(&cookie, "/incidents", &fields).await;
    assert_eq!(unknown.status, StatusCode::CONFLICT);
    assert!(unknown.text.contains("no procedure `gone`") && unknown.text.contains("value=\"Kept\""));
}

#[tokio::test]
async fn a_run_is_steered_with_forms_that_name_what_is_approved() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let run = stage.post("/api/v1/runs", json!({"plan": plan()})).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/runs/{run}");
    let page = stage.page(&cookie, &path).await.text;
    let digest = plan().steps[0].digest("sandbox").to_string();
    assert!(page.contains(&digest) && page.contains("kubectl get pods") && page.contains("observe"));
    let wrong = stage.form(&cookie, &format!("{path}/steps/1/approve"), &[("digest", "00")]).await;
    assert_eq!(wrong.status, StatusCode::CONFLICT);
    assert!(wrong.text.contains("not what would be performed"));
    let right = stage.form(&cookie, &format!("{path}/steps/1/approve"), &[("digest", &digest)]).await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, path.as_str()));
    stage.until("step 2 waits", |world| world.runs.values().any(|it| it.current().is_some_and(|(n, _)| n == 2))).await;
    assert!(stage.page(&cookie, &path).await.text.contains("café done"));
    let empty = stage.form(&cookie, &format!("{path}/steps/2/skip"), &[("reason", "")]).await;
    assert_eq!(empty.status, StatusCode::CONFLICT);
    let skipped = stage.form(&cookie, &format!("{path}/steps/2/skip"), &[("reason", "known to fail")]).await;
    assert_eq!(skipped.status, StatusCode::SEE_OTHER);
    let confirmed = stage.form(&cookie, &format!("{path}/steps/3/confirm"), &[("note", "told Kim")]).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);
    let aborted = stage.form(&cookie, &format!("{path}/abort"), &[("reason", "enough")]).await;
    assert_eq!(aborted.status, StatusCode::SEE_OTHER);
    let page = stage.page(&cookie, &path).await.text;
    assert!(page.contains("aborted") && !page.contains("Abort this run"));
    assert!(stage.page(&cookie, "/runs").await.text.contains(&run));
}

#[tokio::test]
async fn a_procedure_of_the_runbook_is_shown_and_run_from_its_incident() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runbook.md");
    let text = "# Runbook\n\n## Estimates fail\n\n**When:** estimates answer 500.\n\n**Steps:**\n\n1. Look at the pods\n\n   \
                ```bash\n   kubectl get pods\n   ```\n\n2. Tell support\n";
    std::fs::write(&path, text).unwrap();
    let mut policy = crate::support::policy();
    policy.runbook.as_mut().unwrap().path = path.display().to_string();
    let stage = Stage::with(policy).await;
    let cookie = stage.sign_in().await;
    let id = stage.fail_check("estimates").await;
    let page = stage.page(&cookie, &format!("/incidents/{id}")).await.text;
    assert!(page.contains("Look at the pods") && page.contains("Tell support"), "{page}");
    let fields = [("procedure", "estimates-fail"), ("target", "sandbox"), ("set", "")];
    let answer = stage.form(&cookie, &format!("/incidents/{id}/run"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(answer.header("location").starts_with("/runs/run-"));
    let fields = [("procedure", "estimates-fail"), ("target", "moon"), ("set", "A=b")];
    let refused = stage.form(&cookie, &format!("/incidents/{id}/run"), &fields).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.text.contains("no target `moon`") && refused.text.contains("A=b"));
}

#[tokio::test]
async fn no_page_shows_what_may_be_secret() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let id = stage.fail_check("estimates").await;
    for path in
        ["/", "/checks", "/runs", "/reviews", "/status", "/status.json", "/metrics", &format!("/incidents/{id}")]
    {
        let answer = stage.page(&cookie, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for secret in [SECRET, stage.token.as_str()] {
            assert!(!answer.text.contains(secret), "{path} shows {secret}");
        }
        assert!(!answer.text.contains("<script>") && !answer.text.contains(" style="), "{path} has inline code");
    }
    assert!(stage.page(&cookie, "/checks").await.text.contains("https://api.prepchef.example/estimates"));
}
