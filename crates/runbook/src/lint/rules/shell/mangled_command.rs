//! S06: a subcommand, a flag or a region that no program knows: mistyped, or translated along with the prose.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "S06",
    name: "mangled-command",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S06.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.invocation.wraps.is_none()) {
        let found = region(&place).or_else(|| subcommand(&place)).or_else(|| flag(&place));
        if let Some(Mangled { span, message, help }) = found {
            report.at(place.entry.place(span), message, help);
        }
    }
}

struct Mangled {
    span: Span,
    message: String,
    help: String,
}

/// Subcommands by program; where one word is the whole first level, an unknown word near to a known one is a mistake.
#[rustfmt::skip]
const SUBCOMMANDS: &[(&str, &[&str])] = &[
    ("kubectl|oc", &[
        "get", "describe", "logs", "exec", "apply", "delete", "create", "edit", "patch", "scale", "rollout", "top", "cp",
        "port-forward", "proxy", "run", "expose", "set", "explain", "autoscale", "certificate", "cluster-info", "cordon",
        "uncordon", "drain", "taint", "attach", "auth", "debug", "events", "diff", "replace", "wait", "kustomize", "label",
        "annotate", "completion", "alpha", "api-resources", "api-versions", "config", "plugin", "version", "options", "help",
        "adm", "login", "logout", "project", "projects", "status", "whoami", "rsh", "rsync", "process", "secrets", "policy",
        "new-app", "new-project", "start-build", "registry", "image", "import-image", "extract", "observe", "idle", "tag", "must-gather",
    ]),
    ("docker|podman", &[
        "attach", "build", "builder", "buildx", "commit", "compose", "container", "context", "cp", "create", "diff", "events",
        "exec", "export", "history", "image", "images", "import", "info", "inspect", "kill", "load", "login", "logout", "logs",
        "manifest", "network", "node", "pause", "plugin", "port", "ps", "pull", "push", "rename", "restart", "rm", "rmi", "run",
        "save", "search", "secret", "service", "stack", "start", "stats", "stop", "swarm", "system", "tag", "top", "trust",
        "unpause", "update", "version", "volume", "wait", "scan", "scout", "pod", "generate", "play", "kube", "machine",
        "unshare", "untag", "mount", "healthcheck", "auto-update", "model", "init",
    ]),
    ("systemctl", &[
        "start", "stop", "restart", "reload", "status", "enable", "disable", "mask", "unmask", "edit", "cat", "show", "kill",
        "daemon-reload", "daemon-reexec", "list-units", "list-unit-files", "list-timers", "list-sockets", "is-active",
        "is-enabled", "is-failed", "is-system-running", "reset-failed", "isolate", "reboot", "poweroff", "halt", "suspend",
        "try-restart", "reload-or-restart", "condrestart", "list-dependencies", "list-jobs", "set-property", "preset", "revert",
        "freeze", "thaw", "link", "reenable", "get-default", "set-default", "rescue", "emergency", "help", "clean", "cancel",
        "list-machines", "list-paths", "list-automounts", "show-environment", "set-environment", "unset-environment",
        "import-environment", "switch-root", "hibernate", "force-reload", "default", "exit", "kexec", "bind", "log-level",
    ]),
    ("helm", &[
        "completion", "create", "dependency", "env", "get", "help", "history", "install", "lint", "list", "package", "plugin",
        "pull", "push", "registry", "repo", "rollback", "search", "show", "status", "template", "test", "uninstall", "upgrade",
        "verify", "version", "delete", "inspect", "init", "fetch", "reset", "diff", "secrets",
    ]),
];

const S3: &[&str] = &["ls", "cp", "mv", "rm", "sync", "mb", "rb", "website", "presign", "help"];

/// What operations of the AWS CLI begin with, for the services that runbooks name most.
#[rustfmt::skip]
const AWS_VERBS: &[&str] = &[
    "accept", "add", "allocate", "apply", "assign", "associate", "assume", "attach", "authorize", "batch", "cancel", "change",
    "complete", "configure", "copy", "create", "decode", "decrypt", "delete", "deregister", "describe", "detach", "disable",
    "disassociate", "enable", "encrypt", "execute", "export", "failover", "filter", "generate", "get", "import", "increase",
    "invoke", "list", "lookup", "migrate", "modify", "monitor", "move", "promote", "publish", "purge", "put", "query", "reboot",
    "receive", "record", "register", "reject", "release", "remove", "replace", "request", "reset", "restore", "resume", "revoke",
    "rollback", "rotate", "run", "scan", "schedule", "send", "set", "signal", "simulate", "start", "stop", "subscribe",
    "switchover", "tag", "tail", "terminate", "test", "transact", "unassign", "unmonitor", "unsubscribe", "untag", "update",
    "upgrade", "upload", "validate", "verify", "wait",
];

const AWS_SERVICES: &[&str] = &[
    "ec2",
    "rds",
    "ecs",
    "eks",
    "iam",
    "logs",
    "lambda",
    "cloudwatch",
    "elasticache",
    "elbv2",
    "elb",
    "route53",
    "secretsmanager",
    "ssm",
    "sts",
    "sqs",
    "sns",
    "dynamodb",
    "autoscaling",
    "cloudformation",
    "acm",
    "kms",
    "s3api",
    "cloudfront",
];

fn subcommand(place: &Place<'_, '_>) -> Option<Mangled> {
    let call = place.call();
    let word = *call.operands.first()?;
    if call.program == "aws" {
        return operation(word, call.operands.get(1)?);
    }
    let (_, known) =
        SUBCOMMANDS.iter().find(|(programs, _)| programs.split('|').any(|program| program == call.program))?;
    if !is_plain(word) {
        return None;
    }
    let meant = nearest(&word.value, known)?;
    Some(mangled(word, call.program, &word.value, Some(meant)))
}

/// `aws s3 pc`, `aws rds descrbe-db-instances`
fn operation(service: &Word, word: &Word) -> Option<Mangled> {
    if !is_plain(word) {
        return None;
    }
    if service.value == "s3" {
        let known = S3.contains(&word.value.as_str());
        return (!known).then(|| mangled(word, "aws s3", &word.value, nearest(&word.value, S3)));
    }
    if !AWS_SERVICES.contains(&service.value.as_str()) {
        return None;
    }
    let verb = word.value.split('-').next().unwrap_or_default();
    let meant = nearest(verb, AWS_VERBS)?;
    Some(mangled(word, &format!("aws {}", service.value), &word.value, Some(meant)))
}

fn mangled(word: &Word, program: &str, wrong: &str, meant: Option<&str>) -> Mangled {
    let help = match meant {
        Some(meant) => format!("most likely this was to be `{meant}`"),
        None => format!("see `{program} help` for what there is"),
    };
    Mangled { span: word.span, message: format!("`{program}` knows no `{wrong}`: it refuses the whole command"), help }
}

/// Whether the word is meant as it stands.
fn is_plain(word: &Word) -> bool {
    !word.expands && !word.value.is_empty() && word.value.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// A flag with letters that no program has in its flags, or torn from its dashes.
fn flag(place: &Place<'_, '_>) -> Option<Mangled> {
    if matches!(place.program(), "echo" | "printf" | "grep" | "sed" | "awk" | "") {
        return None;
    }
    let words = place.invocation.arguments();
    let foreign = words.iter().find(|word| {
        let name = word.value.split('=').next().unwrap_or_default();
        let dashed = name
            .strip_prefix('-')
            .is_some_and(|rest| rest.trim_start_matches('-').chars().all(|c| c.is_alphanumeric() || c == '-'));
        dashed && !word.expands && name.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
    });
    let message = |word: &Word| {
        format!(
            "`{}` knows no option `{}`: it was translated or mistyped",
            place.program(),
            word.value.split('=').next().unwrap_or_default()
        )
    };
    let help = || "write the option as the program's help spells it".to_owned();
    if let Some(word) = foreign {
        return Some(Mangled { span: word.span, message: message(word), help: help() });
    }
    let torn = words.windows(2).find(|pair| {
        pair[0].value == "--"
            && place.program() == "aws"
            && pair[1].value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    torn.map(|pair| Mangled {
        span: pair[0].span.cover(pair[1].span),
        message: format!("behind a blank, `{}` is an argument and no option", pair[1].value),
        help: format!("write `--{}`", pair[1].value),
    })
}

/// A region of AWS that cannot be one.
fn region(place: &Place<'_, '_>) -> Option<Mangled> {
    let assigned = place.invocation.assignments.iter().map(|it| (&it.word, it.name.as_str(), it.value()));
    let exported = place
        .invocation
        .arguments()
        .iter()
        .filter(|_| place.program() == "export")
        .filter_map(|word| word.value.split_once('=').map(|(name, value)| (word, name, value)));
    let variable = assigned
        .chain(exported)
        .find(|(_, name, _)| matches!(*name, "AWS_REGION" | "AWS_DEFAULT_REGION"))
        .map(|(word, _, value)| (word.span, value));
    let call = place.call();
    let option = || {
        let flag = call.flag(&["--region"]).filter(|_| matches!(place.program(), "aws" | "eksctl"))?;
        Some((flag.value_word?.span, flag.value?))
    };
    let (span, value) = variable.or_else(option)?;
    let looks = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && value.contains('-')
        && value.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !looks || value.starts_with("your") || value.contains("region") {
        return None;
    }
    let help = match value.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|rest| is_region(rest)) {
        Some(rest) => format!("`{value}` is a zone; its region is `{rest}`"),
        None => "see `aws ec2 describe-regions --all-regions`".to_owned(),
    };
    (!is_region(value)).then(|| Mangled {
        span,
        message: format!("AWS has no region `{value}`: no host answers under that name"),
        help,
    })
}

/// `us-east-1`, also where the region is newer than this list: an area, where it lies in it, a number.
fn is_region(value: &str) -> bool {
    const AREAS: &[&str] = &[
        "us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "cn", "us-gov", "us-iso", "us-isob", "us-isof",
        "eu-isoe", "eusc-de",
    ];
    const SIDES: &[&str] =
        &["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];
    let Some((rest, number)) = value.rsplit_once('-') else { return false };
    let Some((area, side)) = rest.rsplit_once('-') else { return false };
    AREAS.contains(&area)
        && SIDES.contains(&side)
        && number.len() == 1
        && number != "0"
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The known word that a wrong one differs from by one letter, if the word is not known itself.
fn nearest<'k>(wrong: &str, known: &[&'k str]) -> Option<&'k str> {
    const SHORTEST: usize = 4;
    if known.contains(&wrong) {
        return None;
    }
    let short = wrong.len() < SHORTEST;
    known.iter().copied().find(|right| if short { is_swapped(wrong, right) } else { differs_by_one(wrong, right) })
}

/// Whether two neighbours have changed places.
fn is_swapped(wrong: &str, right: &str) -> bool {
    let differing: Vec<usize> =
        wrong.bytes().zip(right.bytes()).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let (wrong, right) = (wrong.as_bytes(), right.as_bytes());
    wrong.len() == right.len()
        && matches!(differing[..], [first, second] if second == first + 1 && wrong[first] == right[second] && wrong[second] == right[first])
}

/// Whether one letter is missing, added, another one, or has changed places with its neighbour.
fn differs_by_one(wrong: &str, right: &str) -> bool {
    if right.len() < 4 {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (wrong.chars().collect(), right.chars().collect());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (left_a, left_b) = (a.len() - front - back, b.len() - front - back);
    matches!((left_a, left_b), (1, 1) | (0, 1) | (1, 0)) || is_swapped(wrong, right)
}
