//! The description of the API.

use std::path::Path;

use crate::support::Stage;

#[test]
fn the_description_of_the_api_is_generated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let mut fresh = serde_json::to_string_pretty(&allclear_server::openapi()).unwrap();
    fresh.push('\n');
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, fresh).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "docs/reference/openapi.json is stale: run `cargo xtask generate`");
}

#[tokio::test]
async fn the_served_description_is_the_committed_one() {
    let stage = Stage::set().await;
    let served = stage.get("/api/v1/openapi.json").await.json();
    assert_eq!(served, serde_json::to_value(allclear_server::openapi()).unwrap());
    assert!(served["paths"]["/api/v1/incidents/{id}/acknowledge"]["post"].is_object());
    assert!(served["components"]["schemas"]["Problem"]["properties"]["code"].is_object());
}
