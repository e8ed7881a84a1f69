//! PrepChef as its users see it: over HTTP.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::PrepChef;

struct Visitor {
    prepchef: PrepChef,
    client: Client,
    folder: tempfile::TempDir,
}

impl Visitor {
    async fn arrives() -> Self {
        // Installed already by another test of this process: that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { prepchef: opens(folder.path()).await, client, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.prepchef.url())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.client.post(self.url(path)).json(&body).send().await.unwrap()).await
    }

    async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.client.put(self.url(path)).json(&body).send().await.unwrap()).await
    }

    async fn charge(&self, key: &str, cents: u64) -> Response {
        let body = json!({ "amount_cents": cents, "currency": "USD" });
        let request = self.client.post(self.url("/payments/charge")).header("Idempotency-Key", key);
        request.json(&body).send().await.unwrap()
    }
}

async fn opens(folder: &std::path::Path) -> PrepChef {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    PrepChef::start(listener, folder.join("faults.json")).unwrap()
}

async fn read(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn health_names_the_service_and_its_cities() {
    let (status, body) = Visitor::arrives().await.get("/health").await;
    assert_eq!(status, 200);
    assert_eq!(body["status"], "ok");
    assert_eq!(body["service"], "prepchef");
    assert_eq!(body["cities"], json!(["san_francisco", "joshua_tree"]));
}

#[tokio::test]
async fn a_city_lists_its_permits_and_an_unknown_one_is_not_found() {
    let visitor = Visitor::arrives().await;
    for slug in ["san_francisco", "joshua_tree"] {
        let (status, body) = visitor.get(&format!("/city/{slug}/requirements")).await;
        assert_eq!(status, 200);
        assert_eq!(body["slug"], slug);
        let permits = body["permits"].as_array().unwrap();
        assert!(permits.len() > 4 && permits.iter().all(|permit| permit["fee_cents"].as_u64() > Some(0)));
    }
    let (status, body) = visitor.get("/city/atlantis/requirements").await;
    assert_eq!(status, 404);
    assert_eq!(body["error"], "there is no city `atlantis`: PrepChef knows san_francisco, joshua_tree");
}

#[tokio::test]
async fn an_estimate_adds_up_to_the_cent() {
    let visitor = Visitor::arrives().await;
    let business = json!({
        "seats": 40, "sqft": 1201, "inspections_per_year": 2, "reinspections_per_year": 1, "party": "kitchen",
    });
    let (status, body) = visitor.post("/city/san_francisco/requirements/estimate", business).await;
    assert_eq!(status, 200);
    let amounts: Vec<u64> =
        body["items"].as_array().unwrap().iter().map(|item| item["amount_cents"].as_u64().unwrap()).collect();
    assert_eq!(amounts, [9_150, 118_840, 13 * 2_715, 40 * 385, 2 * 19_733, 24_667]);
    assert_eq!(body["total_cents"], 242_818);
}

#[tokio::test]
async fn a_chef_pays_for_what_a_chef_must_hold_and_nothing_that_does_not_apply() {
    let visitor = Visitor::arrives().await;
    let (_, body) = visitor.post("/city/joshua_tree/requirements/estimate", json!({ "seats": 9, "sqft": 400 })).await;
    assert_eq!(body["party"], "chef");
    let permits: Vec<&Value> = body["items"].as_array().unwrap().iter().map(|item| &item["permit"]).collect();
    assert_eq!(permits, ["business-licence", "food-handler"]);
    assert_eq!(body["total_cents"], 7_750);
}

#[tokio::test]
async fn a_wrong_estimate_request_is_refused_with_what_is_wrong() {
    let visitor = Visitor::arrives().await;
    for (business, wrong) in [
        (json!({ "seats": 2001, "sqft": 400 }), "seats is 2001"),
        (json!({ "seats": 4, "sqft": 0 }), "sqft is 0"),
        (json!({ "seats": -4, "sqft": 400 }), "expected u32"),
        (json!({ "sqft": 400 }), "missing field `seats`"),
        (json!({ "seats": 4, "sqft": 400, "party": "landlord" }), "unknown variant `landlord`"),
    ] {
        let (status, body) = visitor.post("/city/san_francisco/requirements/estimate", business).await;
        assert_eq!(status, 422);
        let error = body["error"].as_str().unwrap();
        assert!(error.contains(wrong), "{error}");
    }
}

#[tokio::test]
async fn a_charge_is_made_once_for_each_key() {
    let visitor = Visitor::arrives().await;
    let (status, first) = read(visitor.charge("order-1", 4_200).await).await;
    assert_eq!(status, 201);
    let (status, again) = read(visitor.charge("order-1", 4_200).await).await;
    assert_eq!((status, again), (StatusCode::OK, first));
    assert_eq!(visitor.charge("order-1", 4_300).await.status(), 409);
    assert_eq!(visitor.charge("order-2", 0).await.status(), 422);
    let (status, _) = visitor.post("/payments/charge", json!({ "amount_cents": 1, "currency": "USD" })).await;
    assert_eq!(status, 422);
    assert_eq!(visitor.get("/payments/health").await.1["charges"], 1);
}

#[tokio::test]
async fn a_bad_release_breaks_the_city_endpoints_and_nothing_else() {
    let visitor = Visitor::arrives().await;
    let (status, body) = visitor.put("/admin/faults/city-api", json!({ "mode": "error" })).await;
    assert_eq!(status, 200);
    assert_eq!(body["faults"]["city-api"]["mode"], "error");
    assert_eq!(visitor.get("/city/san_francisco/requirements").await.0, 500);
    assert_eq!(visitor.post("/city/joshua_tree/requirements/estimate", json!({})).await.0, 500);
    assert_eq!(visitor.get("/health").await.0, 200);
    assert_eq!(visitor.get("/admin/faults").await.1, body);

    let switched_off = visitor.client.delete(visitor.url("/admin/faults/city-api")).send().await.unwrap();
    assert_eq!(read(switched_off).await.1, json!({ "faults": {} }));
    assert_eq!(visitor.get("/city/san_francisco/requirements").await.0, 200);
}

#[tokio::test]
async fn a_bad_release_stays_bad_over_a_restart() {
    let mut visitor = Visitor::arrives().await;
    visitor.put("/admin/faults/city-api", json!({ "mode": "error" })).await;
    visitor.prepchef = opens(visitor.folder.path()).await;
    assert_eq!(visitor.get("/city/san_francisco/requirements").await.0, 500);
}

#[tokio::test]
async fn payments_that_are_off_say_when_to_come_back() {
    let visitor = Visitor::arrives().await;
    visitor.put("/admin/faults/payments", json!({ "mode": "error" })).await;
    let answer = visitor.charge("order-1", 4_200).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "30");
    assert_eq!(visitor.get("/payments/health").await.0, 503);
}

#[tokio::test]
async fn a_slow_part_answers_late_and_a_hanging_one_not_at_all() {
    let visitor = Visitor::arrives().await;
    visitor.put("/admin/faults/health", json!({ "mode": "slow", "delay_ms": 30 })).await;
    let began = std::time::Instant::now();
    assert_eq!(visitor.get("/health").await.0, 200);
    assert!(began.elapsed() >= Duration::from_millis(30));

    visitor.put("/admin/faults/health", json!({ "mode": "hang" })).await;
    let asked = visitor.client.get(visitor.url("/health")).timeout(Duration::from_millis(50)).send().await;
    assert!(asked.unwrap_err().is_timeout());
}

#[tokio::test]
async fn an_unknown_fault_or_mode_is_refused_by_name() {
    let visitor = Visitor::arrives().await;
    let (status, body) = visitor.put("/admin/faults/kitchen", json!({ "mode": "error" })).await;
    assert_eq!(status, 404);
    assert_eq!(body["error"], "there is no fault `kitchen`: the switches are city-api, health, payments");
    let (status, body) = visitor.put("/admin/faults/health", json!({ "mode": "sulk" })).await;
    assert_eq!(status, 422);
    assert!(body["error"].as_str().unwrap().contains("unknown variant `sulk`"));
}
