//! S20: the first version of the AWS CLI, which distributions still ship, does not know the command.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "S20",
    name: "needs-aws-cli-two",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S20.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    if let Some(place) = document.invocations().find(needs_version_two)
        && !says_so(&document.lower)
    {
        report.at(
            place.span(),
            "version 1 of the AWS CLI answers that this is an invalid choice, and nothing here says that version 2 is needed",
            "name it among the prerequisites: AWS CLI version 2 (`aws --version`)",
        );
    }
}

fn says_so(lower: &str) -> bool {
    [
        "cli v2",
        "cli version 2",
        "cli 2",
        "aws-cli/2",
        "awscli v2",
        "awscliv2",
        "cli-exe-linux",
        "awscli@2",
        "aws-cli v2",
        "version 2 of the aws cli",
        "cli (v2",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

fn needs_version_two(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    place.program() == "aws"
        && (call.begins(&["logs", "tail|start-live-tail"])
            || call.begins(&["sso", "login"])
            || call.begins(&["configure", "sso|sso-session|import|list-profiles|export-credentials"])
            || call.has(&["--no-cli-pager", "--cli-auto-prompt", "--no-cli-auto-prompt"]))
}
