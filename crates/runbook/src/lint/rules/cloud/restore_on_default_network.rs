//! C01: a database restored by RDS stands behind the default security group, with default parameters.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "C01",
    name: "restore-on-default-network",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C01.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for place in scope.invocations().filter(|place| place.program() == "aws") {
            let call = place.call();
            if !is_restore(call) || call.has(&["--cli-input-json", "--cli-input-yaml"]) {
                continue;
            }
            let missing = missing(scope, call);
            if missing.is_empty() {
                continue;
            }
            let span = call.operands.iter().take(2).map(|word| word.span).reduce(crate::span::Span::cover);
            report.at(
                span.map_or(place.span(), |span| place.entry.place(span)),
                format!("without {}, the restored database comes up on the defaults of its VPC and engine, not on those of the original", missing.join(" and ")),
                "read both from the original with `aws rds describe-db-instances` and give them to the restore",
            );
        }
    }
}

fn is_restore(call: &Call<'_>) -> bool {
    call.operand(0) == "rds" && call.operand(1).starts_with("restore-db-")
}

/// The settings that neither the restore nor a later change gives.
fn missing(scope: &Scope<'_>, restore: &Call<'_>) -> Vec<&'static str> {
    let cluster = restore.operand(1).starts_with("restore-db-cluster");
    let parameters = if cluster { "--db-cluster-parameter-group-name" } else { "--db-parameter-group-name" };
    let later: Vec<&Call<'_>> =
        scope.invocations().filter(|place| place.program() == "aws").map(|place| place.call()).collect();
    let changes = |flag: &str| later.iter().any(|call| call.operand(1).starts_with("modify-db-") && call.has(&[flag]));
    let needed = ["--vpc-security-group-ids", parameters];
    needed.into_iter().filter(|flag| !restore.has(&[flag]) && !changes(flag)).collect()
}
