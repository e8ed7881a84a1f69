//! Rule: which crate of ours may depend on which. The arrows of ARCHITECTURE.md, as a table that is checked.

use serde_json::Value;

use super::Finding;

const EDGES: &[&str] = &["allclear-core"];

/// For each crate, the crates of ours that it may use outside of its tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("allclear-core", &[]),
    ("allclear-runbook", &["allclear-core"]),
    ("allclear-store", &["allclear-core"]),
    ("allclear-engine", &["allclear-core", "allclear-store"]),
    ("allclear-server", &["allclear-core", "allclear-engine", "allclear-store", "allclear-runbook"]),
    ("allclear-drivers", EDGES),
    ("allclear-kubernetes", EDGES),
    ("allclear-objects", EDGES),
    ("allclear-reconcile", EDGES),
    (
        "allclear",
        &[
            "allclear-core",
            "allclear-runbook",
            "allclear-store",
            "allclear-engine",
            "allclear-server",
            "allclear-drivers",
            "allclear-kubernetes",
            "allclear-objects",
            "allclear-reconcile",
        ],
    ),
    (
        TESTKIT,
        &[
            "allclear-core",
            "allclear-runbook",
            "allclear-store",
            "allclear-engine",
            "allclear-server",
            "allclear-drivers",
        ],
    ),
    ("xtask", &[]),
];

/// May be used by the tests of any crate, and by nothing else.
const TESTKIT: &str = "allclear-testkit";

/// Checks the workspace's own packages in the answer of `cargo metadata`.
pub(super) fn findings(metadata: &Value) -> Vec<Finding> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(|package| package["source"].is_null()).flat_map(|package| of_package(root, package)).collect()
}

fn of_package(root: &str, package: &Value) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let manifest = package["manifest_path"].as_str().unwrap_or(name);
    let manifest = manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/');
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        let message = format!("{name} is not in the table: decide in xtask/src/tidy/dependencies.rs what it may use");
        return vec![Finding::new(manifest, 1, message)];
    };
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| !dependency["path"].is_null())
        .filter_map(|dependency| {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_for_tests = dependency["kind"] == "dev";
            let is_fine = allowed.contains(&used) || is_for_tests && used == TESTKIT;
            let message = format!("{name} must not depend on {used}: {}", advice(used, allowed));
            (!is_fine).then(|| Finding::new(manifest, 1, message))
        })
        .collect()
}

fn advice(used: &str, allowed: &[&str]) -> String {
    match (used, allowed) {
        (TESTKIT, _) => "the testkit belongs under [dev-dependencies]".to_owned(),
        (_, []) => "it uses no crate of ours; the arrow points the other way".to_owned(),
        (_, allowed) => format!("it may use {}; the arrow points the other way", allowed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn messages(name: &str, used: &str, kind: &Value) -> Vec<String> {
        let dependency = json!({ "name": used, "path": "crates/x", "kind": kind });
        let foreign = json!({ "name": "serde", "path": null, "kind": null });
        let package = json!({
            "name": name, "source": null, "manifest_path": "/x/crates/a/Cargo.toml", "dependencies": [dependency, foreign],
        });
        let found = findings(&json!({ "workspace_root": "/x", "packages": [package] }));
        assert!(found.iter().all(|finding| finding.path == "crates/a/Cargo.toml"), "{found:?}");
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn arrows_of_the_table_pass() {
        assert!(messages("allclear-engine", "allclear-store", &Value::Null).is_empty());
        assert!(messages("allclear-core", TESTKIT, &json!("dev")).is_empty());
    }

    #[test]
    fn an_arrow_to_the_left_is_found() {
        let found = messages("allclear-store", "allclear-engine", &Value::Null);
        assert_eq!(
            found,
            [
                "allclear-store must not depend on allclear-engine: it may use allclear-core; the arrow points the other way"
            ]
        );
    }

    #[test]
    fn the_testkit_outside_of_tests_is_found() {
        assert_eq!(messages("allclear", TESTKIT, &Value::Null).len(), 1);
    }

    #[test]
    fn a_crate_that_nobody_decided_about_is_found() {
        assert_eq!(messages("allclear-extra", "allclear-core", &Value::Null).len(), 1);
    }
}
