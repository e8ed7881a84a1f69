//! C07: something in AWS is deleted, and no step before looks at what it is.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "C07",
    name: "deleted-without-a-look",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C07.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| !clears_away(scope)) {
        let mut seen: Vec<&str> = Vec::new();
        for place in scope.invocations().filter(|place| place.program() == "aws") {
            let call = place.call();
            let service = service(call);
            if looks(call) || creates(call) {
                seen.push(service);
                continue;
            }
            if !deletes(call) || seen.contains(&service) {
                continue;
            }
            let Some(verb) = call.operands.get(1) else { continue };
            // One look at the service answers for all that follows.
            seen.push(service);
            report.at(
                place.entry.place(call.operands[0].span.cover(verb.span)),
                "this deletes for good, and no step before it looks at what the name stands for tonight",
                format!("show it first, with `aws {service} {}`, and compare", look(service)),
            );
        }
    }
}

/// Whether the procedure is there to take everything down.
fn clears_away(scope: &Scope<'_>) -> bool {
    let title = scope.procedure.map_or(String::new(), |procedure| procedure.title.to_lowercase());
    [
        "clean up",
        "cleanup",
        "clean-up",
        "cleaning up",
        "teardown",
        "tear down",
        "tearing down",
        "decommission",
        "uninstall",
    ]
    .iter()
    .any(|cue| title.contains(cue))
}

/// The service; both names of S3 are one.
fn service<'d>(call: &Call<'d>) -> &'d str {
    let service = call.operand(0);
    if service == "s3api" { "s3" } else { service }
}

fn look(service: &str) -> &'static str {
    if service == "s3" { "ls" } else { "describe-…` or `list-…" }
}

fn looks(call: &Call<'_>) -> bool {
    let verb = call.operand(1);
    ["describe-", "list-", "get-", "head-", "batch-get-", "lookup-", "search-"]
        .iter()
        .any(|look| verb.starts_with(look))
        || verb == "ls"
        || call.has(&["--dry-run", "--dryrun"])
}

/// What the procedure itself made, it knows.
fn creates(call: &Call<'_>) -> bool {
    let verb = call.operand(1);
    ["create-", "run-", "restore-", "put-", "copy-"].iter().any(|create| verb.starts_with(create)) || verb == "mb"
}

fn deletes(call: &Call<'_>) -> bool {
    const SMALL: &[&str] =
        &["delete-message", "delete-message-batch", "delete-tags", "delete-alarms", "delete-item", "delete-session"];
    match (call.operand(0), call.operand(1)) {
        ("s3", "rm") => call.has(&["--recursive"]),
        ("s3", "rb") => call.has(&["--force"]),
        (_, verb) => (verb.starts_with("delete-") || verb.starts_with("terminate-")) && !SMALL.contains(&verb),
    }
}
