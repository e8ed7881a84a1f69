//! K23: a manifest of an apiVersion that clusters no longer serve.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::manifest::shown;
use crate::lint::{Document, Fix, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K23",
    name: "removed-api-version",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K23.md"),
    check,
};

/// apiVersion, kinds, the release that no longer serves them, what to write, whether the fields stayed the same.
#[rustfmt::skip]
const REMOVED: &[(&str, &str, &str, &str, bool)] = &[
    ("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", "1.16", "apps/v1", false),
    ("extensions/v1beta1", "NetworkPolicy", "1.16", "networking.k8s.io/v1", true),
    ("extensions/v1beta1", "PodSecurityPolicy", "1.16", "", false),
    ("extensions/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1", false),
    ("apps/v1beta1", "Deployment StatefulSet ReplicaSet", "1.16", "apps/v1", false),
    ("apps/v1beta2", "Deployment DaemonSet StatefulSet ReplicaSet", "1.16", "apps/v1", true),
    ("networking.k8s.io/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1", false),
    ("networking.k8s.io/v1beta1", "IngressClass", "1.22", "networking.k8s.io/v1", true),
    ("rbac.authorization.k8s.io/v1beta1", "Role ClusterRole RoleBinding ClusterRoleBinding", "1.22", "rbac.authorization.k8s.io/v1", true),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "1.22", "apiextensions.k8s.io/v1", false),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", "1.22", "admissionregistration.k8s.io/v1", false),
    ("apiregistration.k8s.io/v1beta1", "APIService", "1.22", "apiregistration.k8s.io/v1", true),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", "1.22", "certificates.k8s.io/v1", false),
    ("coordination.k8s.io/v1beta1", "Lease", "1.22", "coordination.k8s.io/v1", true),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", "1.22", "scheduling.k8s.io/v1", true),
    ("storage.k8s.io/v1beta1", "StorageClass VolumeAttachment CSIDriver CSINode", "1.22", "storage.k8s.io/v1", true),
    ("batch/v1beta1", "CronJob", "1.25", "batch/v1", true),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", "1.25", "discovery.k8s.io/v1", false),
    ("events.k8s.io/v1beta1", "Event", "1.25", "events.k8s.io/v1", false),
    ("policy/v1beta1", "PodDisruptionBudget", "1.25", "policy/v1", false),
    ("policy/v1beta1", "PodSecurityPolicy", "1.25", "", false),
    ("node.k8s.io/v1beta1", "RuntimeClass", "1.25", "node.k8s.io/v1", true),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "1.25", "autoscaling/v2", false),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26", "autoscaling/v2", false),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.27", "storage.k8s.io/v1", true),
];

fn check(document: &Document<'_>, report: &mut Report) {
    for it in shown(document, &["beta"]) {
        let manifest = &it.manifest;
        let fits = |entry: &&(&str, &str, &str, &str, bool)| {
            entry.0 == manifest.api_version && entry.1.split(' ').any(|kind| kind == manifest.kind)
        };
        let Some((version, _, release, instead, same)) = REMOVED.iter().find(fits) else { continue };
        let span = it.at(manifest.version_span);
        let message = format!("Kubernetes {release} and newer do not serve {} of `{version}`", manifest.kind);
        let help = match (*instead, same) {
            ("", _) => "there is no successor of this kind: use Pod Security Admission".to_owned(),
            (instead, true) => format!("write `{instead}`"),
            (instead, false) => format!("write `{instead}`, and see which of its fields are others there"),
        };
        let fix = Fix::replace("write the version that is served", span, *instead);
        report.at(span, message, help).fix = same.then_some(fix).filter(|_| span.slice(document.text) == *version);
    }
}
