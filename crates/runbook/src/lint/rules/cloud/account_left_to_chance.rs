//! C02: which account, project or region a command reaches is left to the settings of whoever runs it.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "C02",
    name: "account-left-to-chance",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C02.md"),
    check,
};

/// One command line of a cloud.
struct Cloud {
    program: &'static str,
    /// What is left to chance.
    what: &'static str,
    /// Flags that tell it.
    flags: &'static [&'static str],
    /// Groups of commands that need none.
    exempt: &'static [&'static str],
    /// Words by which a text tells it once for all commands, in code or prose; in lower case.
    told: &'static [&'static str],
    help: &'static str,
}

const CLOUDS: &[Cloud] = &[
    Cloud {
        program: "aws",
        what: "account and region",
        flags: &["--profile", "--region"],
        exempt: &[
            "configure",
            "sso",
            "help",
            "sts",
            "s3",
            "s3api",
            "iam",
            "route53",
            "cloudfront",
            "organizations",
            "login",
            "ecr-public",
            "",
        ],
        told: &[
            "--profile",
            "--region",
            "aws_profile",
            "aws_region",
            "aws_default_region",
            "aws_access_key_id",
            "account",
            " role",
            "credentials",
            "acting as",
            "aws configure",
            "aws-vault",
            "aws sso login",
            "saml2aws",
            "gds aws",
        ],
        help: "add `--profile` and `--region`, or set AWS_PROFILE and AWS_REGION in the first step",
    },
    Cloud {
        program: "gcloud",
        what: "project",
        flags: &["--project"],
        exempt: &[
            "auth",
            "config",
            "components",
            "init",
            "info",
            "version",
            "projects",
            "organizations",
            "billing",
            "help",
            "topic",
            "cheat-sheet",
            "",
        ],
        told: &["--project", "project", "cloudsdk_", "configurations activate", "gcloud init"],
        help: "add `--project`, or run `gcloud config set project` in the first step",
    },
    Cloud {
        program: "az",
        what: "subscription",
        flags: &["--subscription", "--ids", "--id", "--scope"],
        exempt: &[
            "login",
            "logout",
            "account",
            "ad",
            "extension",
            "version",
            "upgrade",
            "config",
            "configure",
            "bicep",
            "cloud",
            "rest",
            "devops",
            "repos",
            "pipelines",
            "boards",
            "feedback",
            "find",
            "help",
            "",
        ],
        told: &["subscription", "az account"],
        help: "add `--subscription`, or run `az account set --subscription` in the first step",
    },
];

fn check(document: &Document<'_>, report: &mut Report) {
    for cloud in CLOUDS {
        let place = document.invocations().find(|place| is_open(place, cloud));
        let Some(place) = place.filter(|_| !is_told(document.text, cloud)) else { continue };
        report.at(
            head(&place),
            format!("which {} this reaches depends on what whoever runs it did last", cloud.what),
            cloud.help,
        );
    }
}

fn is_open(place: &Place<'_, '_>, cloud: &Cloud) -> bool {
    if place.program() != cloud.program {
        return false;
    }
    let call = place.call();
    let logs_in = call.operands.iter().any(|word| matches!(word.value.as_str(), "auth" | "login"));
    !logs_in
        && !call.has(cloud.flags)
        && !call.has(&["--help", "-h", "--version"])
        && !cloud.exempt.contains(&group(call))
}

/// The group of commands, behind the stage of maturity that `gcloud` has in front.
fn group<'d>(call: &Call<'d>) -> &'d str {
    let first = call.operand(0);
    if matches!(first, "alpha" | "beta" | "preview") { call.operand(1) } else { first }
}

fn is_told(text: &str, cloud: &Cloud) -> bool {
    let text = text.to_ascii_lowercase();
    cloud.told.iter().any(|told| text.contains(told))
}

/// The program with its group and verb.
fn head(place: &Place<'_, '_>) -> Span {
    let call = place.call();
    let last = call.operands.get(..2).unwrap_or(&call.operands).last().map(|word| word.span);
    let first = place.invocation.words.first().map(|word| word.span);
    let span = first.into_iter().chain(last).reduce(Span::cover);
    span.map_or_else(|| place.span(), |span| place.entry.place(span))
}
