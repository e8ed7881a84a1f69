//! T01: the annotation asks for a self-signed stopgap at issuance, it renews nothing.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "T01",
    name: "annotation-that-does-not-renew",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/T01.md"),
    check,
};

const ANNOTATION: &str = "cert-manager.io/issue-temporary-certificate";

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| matches!(place.program(), "kubectl" | "oc" | "k")) {
        let call = place.call();
        if !call.begins(&["annotate"]) {
            continue;
        }
        let annotation = place.invocation.arguments().iter().find(|word| word.value.starts_with(ANNOTATION));
        // With a dash behind it, it is taken away.
        let Some(annotation) = annotation.filter(|word| word.value.contains('=')) else { continue };
        let name = call
            .operands
            .iter()
            .skip(1)
            .map(|word| word.value.as_str())
            .find(|word| !word.contains(ANNOTATION) && !is_kind(word));
        let name = name.map_or("NAME", |name| name.rsplit('/').next().unwrap_or(name));
        let namespace =
            call.value(&["-n", "--namespace"]).map_or(String::new(), |namespace| format!(" -n {namespace}"));
        report.at(
            place.entry.place(annotation.span),
            "this renews nothing: it asks for a self-signed certificate while the first one is being issued",
            format!(
                "renew with `cmctl renew {name}{namespace}`, then look at `cmctl status certificate {name}{namespace}`"
            ),
        );
    }
}

fn is_kind(word: &str) -> bool {
    matches!(
        word,
        "certificate" | "certificates" | "cert" | "certs" | "certificate.cert-manager.io" | "ingress" | "ing"
    )
}
