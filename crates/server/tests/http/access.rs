//! Who may come in.

use allclear_core::Severity;
use allclear_store::Opening;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Stage, ask};

/// Every route that is not for everybody: those of the API from its own description, and those of the console.
fn guarded() -> Vec<(String, String)> {
    let openapi = serde_json::to_value(allclear_server::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "1").replace("{step}", "1").replace("{digest}", "1");
        routes.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    for path in [
        "/",
        "/runs",
        "/checks",
        "/reviews",
        "/incidents/incident-1",
        "/runs/run-1",
        "/runs/run-1/undo",
        "/reviews/review-1",
    ] {
        routes.push(("GET".to_owned(), path.to_owned()));
    }
    for path in [
        "/incidents",
        "/incidents/1/acknowledge",
        "/incidents/1/run",
        "/runs/1/abort",
        "/runs/1/pause",
        "/runs/1/undo",
        "/runs/1/steps/1/approve",
        "/reviews/1/action",
        "/reviews/1/publish",
    ] {
        routes.push(("POST".to_owned(), path.to_owned()));
    }
    routes.push(("GET".to_owned(), "/metrics".to_owned()));
    routes
}

#[tokio::test]
async fn every_route_that_is_not_for_everybody_refuses_whoever_has_no_token() {
    let stage = Stage::set().await;
    let before = stage.handle.world().seq;
    assert!(guarded().len() > 40);
    for (method, path) in guarded() {
        for authorization in [None, Some("Bearer alc_wrong"), Some("Basic YWxjOmE="), Some("Bearer")] {
            let mut request = Request::builder().method(method.as_str()).uri(&path);
            if let Some(authorization) = authorization {
                request = request.header(header::AUTHORIZATION, authorization);
            }
            let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
            let answer = stage.ask(request).await;
            if path.starts_with("/api") || path == "/metrics" {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(answer.json()["code"], "unauthenticated");
                assert!(answer.json()["message"].as_str().unwrap().contains("Authorization: Bearer"));
            } else {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
                assert!(answer.header("location").starts_with("/login?next=/"), "{method} {path}");
            }
        }
    }
    assert_eq!(stage.handle.world().seq, before, "somebody without a token changed something");
}

#[tokio::test]
async fn the_status_page_the_probes_and_the_sign_in_are_for_everybody() {
    let stage = Stage::set().await;
    for path in
        ["/status", "/status.json", "/synthetics/status.json", "/healthz", "/readyz", "/login", "/assets/live.js"]
    {
        let answer = stage.ask(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_socket_needs_no_token_and_believes_who_is_named() {
    let stage = Stage::set().await;
    let open = |actor: &str| {
        let body = json!({"severity": "P2", "title": "Slow search"}).to_string();
        Request::post("/api/v1/incidents")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-allclear-actor", actor)
            .body(Body::from(body))
            .unwrap()
    };
    let answer = ask(&stage.local, open("person:zoë")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.json()["events"][0]["cause"]["actor"], "person:zoë");
    let long = format!("person:{}", "a".repeat(65));
    for claimed in ["engine", "person:", "root:ana", &long] {
        let answer = ask(&stage.local, open(claimed)).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("bad-actor")),
            "{claimed}"
        );
    }
    let console = ask(&stage.local, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(console.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_signs_in_stands_in_the_causes_by_name_until_the_session_ends() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    let answer = stage.form(&cookie, "/incidents", &[("severity", "P1"), ("title", "Search is down")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let opened = stage.handle.store().latest(Opening::Incident, 1).await.unwrap();
    assert_eq!(opened[0].cause.actor.to_string(), "person:ana");
    stage.clock.advance(SignedDuration::from_hours(13));
    assert_eq!(stage.page(&cookie, "/").await.header("location"), "/login?next=/");
}

#[tokio::test]
async fn whoever_signs_out_is_out() {
    let stage = Stage::set().await;
    let cookie = stage.sign_in().await;
    assert_eq!(stage.page(&cookie, "/").await.status, StatusCode::OK);
    assert_eq!(stage.form(&cookie, "/logout", &[]).await.header("location"), "/login");
    assert_eq!(stage.page(&cookie, "/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_from_other_sites_and_from_plain_text() {
    let stage = Stage::set().await;
    let form = format!("name=ana&token={}", stage.token);
    let request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let cookie = stage.ask(request.body(Body::from(form)).unwrap()).await.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(&stage.token));
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let stage = Stage::set().await;
    let incident = stage.fail_check("estimates").await;
    let cookie = stage.sign_in().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post(format!("/incidents/{incident}/acknowledge"))
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "status.prepchef.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value);
        let answer = stage.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let log = stage.handle.store().read(0, 1_000).await.unwrap();
    assert!(log.iter().all(|it| it.event.name() != "IncidentAcknowledged"));
}

#[tokio::test]
async fn wrong_tokens_are_told_what_to_do_and_then_wait() {
    let stage = Stage::set().await;
    let attempt = async |token: &str| {
        let request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        stage.ask(request.body(Body::from(format!("name=Ana+B&token={token}"))).unwrap()).await
    };
    let wrong = attempt("alc_wrong").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.text.contains("nobody has that token") && wrong.text.contains("value=\"Ana B\""));
    assert!(!wrong.text.contains("alc_wrong"));
    for _ in 0..19 {
        attempt("alc_wrong").await;
    }
    assert_eq!(attempt("alc_wrong").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(attempt(&stage.token).await.status, StatusCode::SEE_OTHER, "nobody can lock the others out");
    stage.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(attempt("alc_wrong").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_token_alone_is_an_api_client() {
    let stage = Stage::set().await;
    let request = Request::post("/api/v1/incidents")
        .header(header::AUTHORIZATION, format!("bearer {}", stage.token))
        .header(header::CONTENT_TYPE, "application/json");
    let body = json!({"severity": Severity::P3, "title": "Look into it"}).to_string();
    let answer = stage.ask(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.json()["events"][0]["cause"]["actor"], "source:api");
    let log = stage.handle.store().read(0, 1_000).await.unwrap();
    assert!(log.iter().all(|it| it.event.name() != "IncidentAcknowledged"));
}

async fn token_of(stage: &Stage, name: &str, role: &str) -> String {
    let answer = stage.post("/api/v1/tokens", json!({"name": name, "role": role})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["token"].as_str().unwrap().to_owned()
}

fn as_holder(token: &str, method: &str, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").header("x-allclear-actor", "person:ben");
    request.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn a_person_with_a_token_of_their_own_is_that_person_whoever_they_claim_to_be() {
    let stage = Stage::set().await;
    let zoe = token_of(&stage, "zoë", "responder").await;
    let body = json!({"severity": "P3", "title": "Look into it"});
    for router in [&stage.public, &stage.local] {
        let answer = ask(router, as_holder(&zoe, "POST", "/api/v1/incidents", &body)).await;
        assert_eq!(answer.json()["events"][0]["cause"]["actor"], "person:zoë", "{}", answer.text);
    }
    let whoami = stage.ask(as_holder(&zoe, "GET", "/api/v1/whoami", &json!(null))).await.json();
    assert_eq!(whoami, json!({"actor": "person:zoë", "role": "responder", "proved": true}));
    let admin = stage.get("/api/v1/whoami").await.json();
    assert_eq!(admin, json!({"actor": "person:ana", "role": "admin", "proved": false}), "the admin token names nobody");

    let cookie = stage.sign_in_with(&zoe, "somebody else").await;
    let page = stage.page(&cookie, "/").await;
    assert!(page.text.contains("zoë") && !page.text.contains("somebody else"), "{}", page.text);
}

#[tokio::test]
async fn a_role_allows_what_it_says_and_nothing_more() {
    let stage = Stage::set().await;
    let viewer = token_of(&stage, "vic", "viewer").await;
    let responder = token_of(&stage, "rob", "responder").await;
    let admin = token_of(&stage, "ada", "admin").await;
    let incident = json!({"severity": "P3", "title": "Look into it"});
    let person = json!({"name": "mallory", "role": "admin"});
    for (token, reads, works, lets_in) in
        [(&viewer, 200, 403, 403), (&responder, 200, 201, 403), (&admin, 200, 201, 201)]
    {
        for (method, path, body, status) in [
            ("GET", "/api/v1/incidents", &json!(null), reads),
            ("POST", "/api/v1/incidents", &incident, works),
            ("POST", "/api/v1/tokens", &person, lets_in),
        ] {
            let answer = stage.ask(as_holder(token, method, path, body)).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
            assert!(status != 403 || answer.json()["code"] == "not-allowed");
        }
    }
    assert_eq!(stage.ask(as_holder(&responder, "GET", "/api/v1/tokens", &json!(null))).await.status.as_u16(), 403);
    let cookie = stage.sign_in_with(&viewer, "").await;
    assert_eq!(stage.page(&cookie, "/").await.status, StatusCode::OK);
    let answer = stage.form(&cookie, "/incidents", &[("severity", "P1"), ("title", "x")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("vic is let in as viewer"), "{}", answer.text);
}

#[tokio::test]
async fn a_token_that_is_revoked_opens_nothing_any_more() {
    let stage = Stage::set().await;
    let zoe = token_of(&stage, "zoë", "responder").await;
    let cookie = stage.sign_in_with(&zoe, "").await;
    let again = stage.post("/api/v1/tokens", json!({"name": "Zoë"})).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("token-taken")));
    let listed = stage.get("/api/v1/tokens").await;
    assert_eq!(listed.json()[0]["name"], "zoë");
    assert!(!listed.text.contains(&zoe[4..]), "nobody can read it again");
    let revoke = stage.post("/api/v1/tokens/revoke", json!({"name": "zoë"})).await;
    assert_eq!(revoke.status, StatusCode::NO_CONTENT, "{}", revoke.text);
    let answer = stage.ask(as_holder(&zoe, "GET", "/api/v1/incidents", &json!(null))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stage.page(&cookie, "/").await.header("location"), "/login?next=/");
    let unknown = stage.post("/api/v1/tokens/revoke", json!({"name": "zoë"})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
