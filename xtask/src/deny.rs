//! `cargo xtask deny`: licences, banned crates and sources of every dependency, as `deny.toml` says.
//!
//! The file is in cargo-deny's format and cargo-deny reads it as well. These three checks need only what `cargo
//! metadata` knows, so they are done here in a second instead of compiling several hundred crates first in every
//! CI run. Advisories need a database from the network and are left to cargo-deny.

mod licence;

use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::repository::{metadata, root};

/// The part of `deny.toml` that is checked here.
#[derive(Deserialize)]
struct Policy {
    graph: Graph,
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// A licence that one crate may have and others may not.
#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

/// `crate = "name"` or `crate = "name@<1.2"`.
#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// What the checks need to know about a dependency.
struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// `None` for a crate of the workspace.
    source: Option<String>,
}

/// Checks the locked dependency graph; an error when something in it is not allowed.
pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let text = fs::read_to_string(root.join("deny.toml")).context("deny.toml cannot be read")?;
    let policy: Policy = toml::from_str(&text).context("deny.toml is not what this check understands")?;
    let packages = packages(&metadata(&root, &policy.graph.targets)?);
    let complaints: Vec<String> = packages.iter().flat_map(|package| complaints(package, &policy)).collect();
    for complaint in &complaints {
        println!("{complaint}");
    }
    if !complaints.is_empty() {
        bail!("deny: {} complaints; `cargo tree --invert CRATE` shows who brings it in", complaints.len());
    }
    println!("deny: {} crates, all with allowed licences and sources, none banned", packages.len());
    Ok(())
}

fn packages(metadata: &Value) -> Vec<Package> {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .map(|package| Package {
            name: word(&package["name"]).unwrap_or_default(),
            version: word(&package["version"]).unwrap_or_default(),
            licence: word(&package["license"]),
            source: word(&package["source"]),
        })
        .collect()
}

/// Everything that is wrong with one package.
fn complaints(package: &Package, policy: &Policy) -> Vec<String> {
    let Package { name, version, .. } = package;
    let mut complaints = Vec::new();
    if let Some(source) = &package.source
        && !policy.sources.allow_registry.iter().any(|allowed| source == &format!("registry+{allowed}"))
    {
        complaints.push(format!("{name} {version}: comes from {source}, which is not an allowed registry"));
    }
    for ban in policy.bans.deny.iter().filter(|ban| is_banned(package, &ban.package)) {
        complaints.push(format!("{name} {version}: banned: {}", ban.reason));
    }
    let exceptions = policy.licenses.exceptions.iter().filter(|exception| exception.package == *name);
    let extra: Vec<&String> = exceptions.flat_map(|exception| &exception.allow).collect();
    let is_allowed = |licence: &str| {
        policy.licenses.allow.iter().any(|allowed| allowed == licence)
            || extra.iter().any(|allowed| *allowed == licence)
    };
    match &package.licence {
        None => complaints.push(format!("{name} {version}: declares no licence")),
        Some(expression) => match licence::satisfied(expression, &is_allowed) {
            Some(true) => {}
            Some(false) => complaints.push(format!("{name} {version}: licence not allowed: {expression}")),
            None => complaints.push(format!("{name} {version}: not a licence expression: {expression}")),
        },
    }
    complaints
}

fn is_banned(package: &Package, rule: &str) -> bool {
    match rule.split_once("@<") {
        None => package.name == rule,
        Some((name, limit)) => package.name == name && numbers(&package.version) < numbers(limit),
    }
}

/// `0.37.1` as numbers that compare; what follows a hyphen or plus does not matter here.
fn numbers(version: &str) -> Vec<u64> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    core.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [graph]
        targets = []
        [licenses]
        allow = ["MIT", "Apache-2.0"]
        exceptions = [{ crate = "roots", allow = ["CDLA-Permissive-2.0"] }]
        [bans]
        deny = [{ crate = "openssl-sys", reason = "one TLS provider" }, { crate = "sqlx@<0.9", reason = "old" }]
        [sources]
        allow-registry = ["https://registry.test/index"]
    "#;

    fn count(name: &str, version: &str, licence: Option<&str>, source: Option<&str>) -> usize {
        let policy = toml::from_str(POLICY).unwrap();
        let package = Package {
            name: name.into(),
            version: version.into(),
            licence: licence.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        complaints(&package, &policy).len()
    }

    const REGISTRY: Option<&str> = Some("registry+https://registry.test/index");

    #[test]
    fn an_allowed_licence_from_the_allowed_registry_passes() {
        assert_eq!(count("serde", "1.0.0", Some("MIT OR Apache-2.0"), REGISTRY), 0);
        assert_eq!(count("allclear-core", "0.1.0", Some("Apache-2.0"), None), 0);
    }

    #[test]
    fn a_licence_is_allowed_to_the_crate_of_its_exception_only() {
        assert_eq!(count("roots", "1.0.0", Some("CDLA-Permissive-2.0"), REGISTRY), 0);
        assert_eq!(count("other", "1.0.0", Some("CDLA-Permissive-2.0"), REGISTRY), 1);
        assert_eq!(count("other", "1.0.0", None, REGISTRY), 1);
    }

    #[test]
    fn bans_hold_by_name_and_by_version() {
        assert_eq!(count("openssl-sys", "0.9.1", Some("MIT"), REGISTRY), 1);
        assert_eq!(count("sqlx", "0.8.6", Some("MIT"), REGISTRY), 1);
        assert_eq!(count("sqlx", "0.10.0", Some("MIT"), REGISTRY), 0);
    }

    #[test]
    fn another_registry_or_a_git_repository_is_refused() {
        assert_eq!(count("serde", "1.0.0", Some("MIT"), Some("git+https://example.test/serde")), 1);
    }
}
