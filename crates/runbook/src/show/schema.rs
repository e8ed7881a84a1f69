//! The JSON schema of `show`: generated into `docs/reference/show.schema.json`, and held against real documents.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]

use std::path::Path;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::model::SectionKind;
use crate::show::Show;

pub(super) fn effect(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["observe", "change", "outage", "destroy", "unknown"]})
}

pub(super) fn step_kind(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["command", "manual"]})
}

pub(super) fn variable_kind(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["secret", "date", "text"]})
}

pub(super) fn section_kind(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = SectionKind::ALL.iter().map(|kind| kind.word()).collect();
    json_schema!({"type": "string", "enum": words})
}

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Show);
    schema.insert("title".to_owned(), "allclear show --format json".into());
    schema.to_value()
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn generated_show_schema() {
    let text = serde_json::to_string_pretty(&schema()).expect("a schema is JSON") + "\n";
    let path = root("docs/reference/show.schema.json");
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the schema is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, text, "docs/reference/show.schema.json is stale: run `cargo xtask generate`");
}

/// The part of the schema that a `$ref` points to.
fn resolved<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return schema };
    root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} is nowhere"))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema uses the type {other}"),
    }
}

/// Asserts that every field is there, of its type, and that there is no other.
fn validate(value: &Value, schema: &Value, root: &Value, at: &str) {
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let choice = choices.iter().map(|choice| resolved(choice, root));
        let fits = choice.filter(|choice| choice["type"].as_str().is_some_and(|name| is_of_type(value, name)));
        return fits.take(1).for_each(|choice| validate(value, choice, root, at));
    }
    let schema = resolved(schema, root);
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{at} has no type in the schema"),
    };
    assert!(types.iter().any(|name| is_of_type(value, name)), "{at} is {value}, not {types:?}");
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        assert!(words.contains(value), "{at} is {value}, not one of {words:?}");
    }
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| validate(item, &schema["items"], root, &format!("{at}[{index}]")));
        }
        Value::Object(fields) => {
            let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{at} has no properties"));
            for (name, field) in fields {
                let of = properties.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
                validate(field, of, root, &format!("{at}.{name}"));
            }
            for name in properties.keys() {
                assert!(fields.contains_key(name), "{at}.{name} is missing");
            }
        }
        _ => {}
    }
}

#[test]
fn the_reference_runbook_and_the_example_are_shown_as_the_schema_says() {
    let schema = schema();
    for path in ["../shared/reference-runbook.md", "examples/prepchef/runbook.md"] {
        let Ok(text) = std::fs::read_to_string(root(path)) else {
            eprintln!("SKIPPED: {path} is not here");
            continue;
        };
        let shown = serde_json::to_value(super::show(&crate::parse(path, &text).0)).expect("what is shown is JSON");
        validate(&shown, &schema, &schema, path);
        assert!(!shown["procedures"].as_array().expect("a list").is_empty(), "{path} has procedures");
    }
}
