//! T02: `certbot --force-renewal` counts against the limit of five per week, whether it helps or not.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "T02",
    name: "certificate-forced",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/T02.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    const TRIES: &[&str] = &["--dry-run", "--test-cert", "--staging"];
    for scope in &document.scopes {
        let mut tried = false;
        for place in
            scope.invocations().filter(|place| matches!(place.program(), "certbot" | "certbot-auto" | "letsencrypt"))
        {
            let call = place.call();
            tried |= call.has(TRIES);
            let Some(force) = call.flag(&["--force-renewal", "--force-renew"]).filter(|_| !tried) else { continue };
            report.at(
                place.entry.place(force.span()),
                "every forced renewal counts: after five of the same names in seven days Let's Encrypt refuses for the rest of the week",
                "try it first with `--dry-run`, which counts nothing, and force only once that works",
            );
        }
    }
}
