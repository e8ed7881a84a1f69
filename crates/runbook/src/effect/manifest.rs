//! The effect of applying Kubernetes manifests, by kind: a change, unless it stops what runs or only asks something.

use allclear_core::EffectClass;

use crate::syntax::yaml::{self, Manifest, Node};

/// The effect of documents with `apiVersion` and `kind`: the gravest of them.
pub(super) fn effect(text: &str) -> EffectClass {
    let gravest = yaml::manifests(text).iter().map(class).max();
    gravest.unwrap_or_else(|| {
        // Not to be read as YAML, as it was pasted: then the line tells.
        let stops = text.lines().any(|line| line.trim() == "replicas: 0");
        if stops { EffectClass::Outage } else { EffectClass::Change }
    })
}

fn class(manifest: &Manifest) -> EffectClass {
    let field = |name: &str| manifest.root.get("spec").and_then(|spec| spec.get(name)).and_then(Node::text);
    match manifest.kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "DeploymentConfig" | "Scale"
            if field("replicas") == Some("0") =>
        {
            EffectClass::Outage
        }
        // They are questions: the API answers and keeps nothing.
        "SelfSubjectAccessReview"
        | "SelfSubjectRulesReview"
        | "SubjectAccessReview"
        | "LocalSubjectAccessReview"
        | "TokenReview" => EffectClass::Observe,
        _ => EffectClass::Change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(kind: &str, spec: &str) -> EffectClass {
        effect(&format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n"))
    }

    #[test]
    fn a_manifest_is_a_change_unless_it_stops_starts_or_asks_something() {
        assert_eq!(applied("Deployment", "{replicas: 2}"), EffectClass::Change);
        assert_eq!(applied("Deployment", "{replicas: 0}"), EffectClass::Outage);
        assert_eq!(applied("SelfSubjectAccessReview", "{}"), EffectClass::Observe);
        assert_eq!(effect("apiVersion: v1\nkind: Deployment\nspec:\n\treplicas: 0\n"), EffectClass::Outage);
    }

    #[test]
    fn of_several_the_gravest_counts() {
        let stops = "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  replicas: 0\n";
        let text = format!("apiVersion: v1\nkind: Service\n---\n{stops}");
        assert_eq!(effect(&text), EffectClass::Outage);
        let text = "apiVersion: v1\nkind: Service\n---\napiVersion: authentication.k8s.io/v1\nkind: TokenReview\n";
        assert_eq!(effect(text), EffectClass::Change);
    }
}
