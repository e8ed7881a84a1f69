//! The JSON schema of the file, for editors: generated into `docs/reference/config.schema.json`.

use std::path::Path;

use super::file::File;

#[test]
fn generated_config_schema() {
    let mut schema = schemars::schema_for!(File);
    schema.insert("title".to_owned(), "allclear.toml".into());
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/config.schema.json");
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the schema is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, text, "docs/reference/config.schema.json is stale: run `cargo xtask generate`");
}
