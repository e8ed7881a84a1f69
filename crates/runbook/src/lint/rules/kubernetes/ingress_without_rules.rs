//! K20: an Ingress with neither rules nor a default backend is refused by the API server.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::manifest::shown;
use crate::lint::{Document, Report, Rule};
use crate::syntax::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "K20",
    name: "ingress-without-rules",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K20.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for it in shown(document, &["Ingress"])
        .iter()
        .filter(|it| it.manifest.kind == "Ingress" && is_kubernetes(&it.manifest.api_version))
    {
        let spec = it.manifest.root.get("spec");
        let has = |key: &str| spec.and_then(|spec| spec.get(key)).is_some_and(|node| !node.is_empty());
        let shortened = it.entry.command.text.contains("...") || it.entry.command.text.contains('…');
        if ["rules", "defaultBackend", "backend"].iter().any(|key| has(key))
            || shortened
            || spec.is_some_and(is_templated)
        {
            continue;
        }
        report.at(
            it.at(it.manifest.head),
            "the API server refuses an Ingress without rules and without a default backend",
            "give it `spec.rules` for the host and path that are meant, or `spec.defaultBackend`",
        );
    }
}

fn is_kubernetes(version: &str) -> bool {
    version.starts_with("networking.k8s.io/") || version.starts_with("extensions/")
}

/// Whether a placeholder stands where the rest would be.
fn is_templated(spec: &Node) -> bool {
    spec.text().is_some()
}
