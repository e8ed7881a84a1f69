//! What goes with a manifest that is applied: what to record before, how to put it back, preview and verify it.
//!
//! Server-side apply, which never forces, changes only fields that nobody else manages. So what was there before comes
//! back exactly by applying what `allclear` had applied before: nothing, which frees the fields that it set, or the
//! recorded object. A field that somebody else has changed since stays as it is, or is told as a conflict.

use serde_json::{Value, json};

use crate::syntax::yaml::{self, Manifest};

/// Kinds that hold what others put into them: deleting one is no way back.
const HOLDERS: [&str; 4] = ["Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume"];

/// Kinds whose rollout can be waited for.
const ROLLED_OUT: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// What is recorded and what the server adds, to what can be applied.
const CLEAN: &str = r#"clean() { awk '/^[^ ]/ { top = $1; skip = 0 }
    top == "status:" { next }
    top == "metadata:" && /^  [^ -]/ { skip = $1 ~ /^(creationTimestamp|generation|managedFields|resourceVersion|selfLink|uid):$/ }
    top == "metadata:" && $1 == "deployment.kubernetes.io/revision:" { next }
    !(top == "metadata:" && skip)'; }"#;

/// Where client-side `kubectl apply` keeps what it applied.
const KEPT_BY_CLIENTS: &str = r"'{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}'";

/// What goes with one object.
pub(super) struct Applied {
    pub(super) capture: String,
    pub(super) undo: String,
    pub(super) verify: Option<String>,
}

/// The objects of a text, in order; `captured` names the variable for the one at an index.
pub(super) fn objects(text: &str, captured: impl Fn(usize) -> String) -> Vec<Applied> {
    let manifests = yaml::manifests(text);
    manifests.iter().enumerate().map(|(index, manifest)| one(manifest, &captured(index))).collect()
}

/// What would change, for a person; the values of secrets are masked by the client.
pub(super) fn preview(text: &str) -> String {
    let quoted = text.trim_end().replace('\'', r"'\''");
    format!("kubectl diff --server-side --field-manager=allclear -f - <<<'{quoted}' || test $? = 1")
}

fn one(manifest: &Manifest, captured: &str) -> Applied {
    let (object, kind) = (named(manifest), manifest.kind.as_str());
    let bare = bare(manifest).to_string().replace('\'', r"'\''");
    let absent = if HOLDERS.contains(&kind) {
        format!(
            "echo 'The {kind} did not exist before. What is in it by now would go with it: delete it by hand.'; exit 1"
        )
    } else {
        format!("kubectl delete {object} --ignore-not-found")
    };
    let undo = format!(
        r#"( {CLEAN}
  now() {{ kubectl get {object} --ignore-not-found --show-managed-fields -o "$1"; }}
  apply=(kubectl apply --server-side --field-manager=allclear -f -)
  if test -z "${captured}"; then {absent}
  elif test -z "$(now name)"; then echo 'It was deleted since: nothing is left to put back.'
  elif test -n "$(now jsonpath={KEPT_BY_CLIENTS})"; then
    echo 'Somebody has used "kubectl apply" without --server-side on it since: put it back by hand.'; exit 1
  elif grep -q '^    manager: allclear$' <<<"${captured}"; then clean <<<"${captured}" | "${{apply[@]}}"
  elif ! grep -q '^    manager: allclear$' <<<"$(now yaml)"; then echo 'Nothing of the manifest is left to put back.'
  else
    changed=$(now yaml | clean)
    "${{apply[@]}}" <<<'{bare}'
    if test "$changed" = "$(now yaml | clean)" && test "$changed" != "$(clean <<<"${captured}")"; then
      echo 'The server has kept what the manifest said, though nobody else does: put it back by hand.'; exit 1
    fi
  fi )"#
    );
    Applied {
        capture: format!("kubectl get {object} --ignore-not-found --show-managed-fields -o yaml"),
        undo,
        verify: ROLLED_OUT.contains(&kind).then(|| format!("kubectl rollout status {object} --timeout=5m")),
    }
}

/// The object as arguments of `kubectl`: `Deployment.v1.apps api -n shop`.
fn named(manifest: &Manifest) -> String {
    let (group, version) = manifest.api_version.split_once('/').unwrap_or(("", &manifest.api_version));
    let kind = word(&format!("{}.{version}.{group}", manifest.kind));
    let name = word(manifest.name.as_deref().unwrap_or_default());
    let namespace = manifest.namespace.as_deref().map(|namespace| format!(" -n {}", word(namespace)));
    format!("{kind} {name}{}", namespace.unwrap_or_default())
}

/// A word that the shell takes as it is.
fn word(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Nothing but what the object is called.
fn bare(manifest: &Manifest) -> Value {
    let mut metadata = json!({"name": manifest.name.as_deref().unwrap_or_default()});
    if let Some(namespace) = &manifest.namespace {
        metadata["namespace"] = Value::from(namespace.as_str());
    }
    json!({"apiVersion": manifest.api_version, "kind": manifest.kind, "metadata": metadata})
}
