//! Kubernetes manifests in a plan: blanks filled so that a value stays one value, and what cannot be performed refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::yaml::{self, Manifest, Node, Value};
use crate::variable::Occurrence;

/// The manifest with every blank filled, or why one cannot be, as the end of a sentence.
pub(super) fn rendered(
    text: &str,
    occurrences: &[Occurrence],
    variables: &BTreeMap<String, String>,
    secrets: &BTreeSet<String>,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for occurrence in occurrences {
        let Occurrence { start, end, name, .. } = occurrence;
        if secrets.contains(name) {
            return Err(format!(
                "needs the secret `{name}` in a manifest, which would go into the log with it; make the secret with a command that reads it from the environment"
            ));
        }
        let Some(value) = variables.get(name) else { continue };
        out.push_str(&text[last..*start]);
        out.push_str(&written(value, name, &text[..*start], &text[*end..])?);
        last = *end;
    }
    out.push_str(&text[last..]);
    Ok(out)
}

/// The value as it is written between what stands before and behind it.
fn written(value: &str, name: &str, before: &str, behind: &str) -> Result<String, String> {
    let plain = value.starts_with(|c: char| c.is_alphanumeric())
        && value.chars().all(|c| c.is_alphanumeric() || "_-./:+".contains(c))
        && !value.ends_with(':');
    if plain {
        return Ok(value.to_owned());
    }
    let line = before.rsplit('\n').next().unwrap_or_default().trim_end_matches(' ');
    let rest = behind.split('\n').next().unwrap_or_default();
    let whole = line.ends_with(':') || line.ends_with('-');
    if whole && rest.trim().is_empty() {
        // What is text in JSON is the same text in YAML.
        return Ok(serde_json::Value::from(value).to_string());
    }
    Err(format!(
        "cannot take this value of `{name}` within a longer text; write the blank alone behind its key, where it can be quoted"
    ))
}

/// Why the text cannot be performed, as the end of a sentence that began with its line.
pub(super) fn check(text: &str) -> Result<(), String> {
    let documents = yaml::documents(text).map_err(|fault| match fault.too_large {
        true => "is a manifest too large to be read; keep it in a file and apply that".to_owned(),
        false => "is not valid YAML; `kubectl apply` would refuse it".to_owned(),
    })?;
    let manifests = yaml::manifests(text);
    let said = documents.iter().filter(|node| node.value != Value::Null).count();
    if manifests.is_empty() || manifests.len() < said {
        return Err("is YAML without `apiVersion` and `kind`, and only Kubernetes manifests are performed; do it by hand and leave the step out with --only".to_owned());
    }
    manifests.iter().try_for_each(one)
}

fn one(manifest: &Manifest) -> Result<(), String> {
    let kind = &manifest.kind;
    if manifest.name.as_deref().is_none_or(str::is_empty) {
        return Err(format!("is a {kind} without `metadata.name`, so it could not be found again to put it back"));
    }
    let holds = |key: &str| manifest.root.get(key).is_some_and(|values| !values.is_empty());
    if kind == "Secret" && (holds("data") || holds("stringData")) {
        return Err("is a Secret with its values, which would go into the log; make it with `kubectl create secret`, from the environment or from a file".to_owned());
    }
    if manifest.root.get("status").is_some_and(|status: &Node| !status.is_empty()) {
        return Err(format!("is a {kind} with a `status`, which is the server's to write; leave it out"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::occurrences;

    fn fill(text: &str, value: &str) -> Result<String, String> {
        let variables = BTreeMap::from([("x".to_owned(), value.to_owned())]);
        rendered(text, &occurrences("yaml", text), &variables, &BTreeSet::new())
    }

    #[test]
    fn a_value_stays_one_value() {
        assert_eq!(fill("image: api:<x>\n", "1.4.2").unwrap(), "image: api:1.4.2\n");
        assert_eq!(fill("note: <x>\n", "back: soon\n# no").unwrap(), "note: \"back: soon\\n# no\"\n");
        assert_eq!(fill("- <x>\n", "{a: b}").unwrap(), "- \"{a: b}\"\n");
        assert!(fill("note: we are <x>\n", "a: b").is_err());
        assert!(fill("labels: {a: <x>}\n", "b, c: d").is_err());
    }

    #[test]
    fn what_cannot_be_performed_is_told() {
        let why = |text: &str| check(text).unwrap_err();
        assert_eq!(check("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: b}\n"), Ok(()));
        assert!(why("replicaCount: 2\nimage: x\n").contains("only Kubernetes manifests"));
        assert!(why("apiVersion: v1\nkind: Job\nmetadata: {generateName: x-}\n").contains("metadata.name"));
        assert!(why("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: b}\n").contains("log"));
        assert!(why("apiVersion: v1\nkind: [\n").contains("not valid YAML"));
        assert!(why("apiVersion: v1\nkind: X\nmetadata: {name: x}\n---\na: 1\n").contains("only Kubernetes"));
    }
}
