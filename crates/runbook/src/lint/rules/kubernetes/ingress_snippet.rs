//! K21: ingress-nginx ignores or refuses `*-snippet` annotations unless its administrator allowed them.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::kubernetes::kubectl::all_calls;
use crate::lint::rules::kubernetes::manifest::shown;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "K21",
    name: "ingress-snippet",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/K21.md"),
    check,
};

const MESSAGE: &str =
    "ingress-nginx refuses snippet annotations by default since controller 1.9, so this may do nothing";
const HELP: &str = "see whether `allow-snippet-annotations` is on in the controller's ConfigMap, or do it without: a Service that \
                    answers 503, or `custom-http-errors`";

fn check(document: &Document<'_>, report: &mut Report) {
    for it in shown(document, &["-snippet"]) {
        for (key, _) in it.manifest.annotations.iter().filter(|(key, _)| is_snippet(&key.name)) {
            report.at(it.at(key.span), MESSAGE, HELP);
        }
    }
    for call in all_calls(document).filter(|call| call.verb() == "annotate" && !call.is_dry()) {
        for word in call.operands() {
            let sets = word.value.split_once('=').is_some_and(|(key, _)| is_snippet(key));
            if sets {
                report.at(call.at(word.span), MESSAGE, HELP);
            }
        }
    }
}

fn is_snippet(key: &str) -> bool {
    let name = key.strip_prefix("nginx.ingress.kubernetes.io/").unwrap_or_default();
    matches!(
        name,
        "server-snippet" | "configuration-snippet" | "stream-snippet" | "auth-snippet" | "modsecurity-snippet"
    )
}
