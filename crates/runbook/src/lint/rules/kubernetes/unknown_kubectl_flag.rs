//! K10: a command or flag that kubectl does not have, or no longer has, ends the command before it does anything.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls, is_namespaced, is_open, kind_of};
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::call::Flag;
use crate::syntax::kubectl::{self, Entry};

pub(super) const RULE: Rule = Rule {
    code: "K10",
    name: "unknown-kubectl-flag",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K10.md"),
    check,
};

/// Flags that have gone: where (any command if empty), what is known of when, what to write instead.
const GONE: &[(&str, &str, &str, &str)] = &[
    ("version", "--short", " 1.28", "leave it out: short is what `version` prints"),
    ("drain", "--delete-local-data", " 1.31", "write `--delete-emptydir-data`"),
    ("", "--export", "", "write `-o yaml` and take out what the cluster added"),
    ("run", "--generator", "", "leave it out, or use `kubectl create deployment`"),
    ("", "--generator", "", "leave it out"),
    ("run", "--replicas", "", "use `kubectl create deployment NAME --image=… --replicas=…`"),
    ("run", "--requests", "", "use `--overrides`, or a manifest"),
    ("run", "--limits", "", "use `--overrides`, or a manifest"),
    ("run", "--serviceaccount", "", "use `--overrides`, or a manifest"),
    ("get", "--show-all", "", "leave it out: all pods are shown"),
    ("", "--include-uninitialized", "", "leave it out"),
    ("top", "--heapster-namespace", "", "leave it out: `top` asks the metrics API"),
];

/// Commands of oc, and one of kubectl that has gone.
const OF_OC: &[&str] = &[
    "rsh",
    "adm",
    "login",
    "logout",
    "project",
    "projects",
    "new-app",
    "new-project",
    "new-build",
    "process",
    "whoami",
    "start-build",
    "import-image",
    "rollback",
    "rolling-update",
];

/// What hides in the help and still works.
const HIDDEN: &[&str] =
    &["--record", "--prune-whitelist", "--v", "--logtostderr", "--stderrthreshold", "--alsologtostderr"];

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document) {
        match call.place.program() {
            "kubectl" | "k" => command(&call, report),
            _ => letters(&call, report),
        }
    }
}

fn command(call: &Kubectl<'_, '_>, report: &mut Report) {
    let operands: Vec<&str> = call.call.operands.iter().map(|word| word.value.as_str()).collect();
    let Some(entry) = kubectl::command(&operands) else { return unknown_command(call, report) };
    if entry.is_group() && !is_whole(call, &operands, entry) {
        return unknown_member(call, &operands, entry, report);
    }
    if let Some((span, message, help)) = misplaced_kind(call) {
        report.at(call.at(span), message, help);
        return;
    }
    // Without `--`, flags behind the pod are those of a command inside: another rule says so.
    if operands.first() == Some(&"exec") && call.call.rest.is_empty() && operands.len() > 2 {
        return;
    }
    if let Some(flag) = call.call.flags.iter().find(|flag| has_one_dash_too_few(flag, entry)) {
        let (letters, written) = (&flag.word.value[2..], flag.word.value.split('=').next().unwrap_or_default());
        let message = format!("with one dash this is `{}` with what is behind it: `{letters}`", &flag.word.value[..2]);
        report.at(call.at(flag.word.span), message, format!("write `-{written}` with two dashes"));
        return;
    }
    for flag in call.call.flags.iter().filter(|flag| is_readable(flag) && entry.takes_value(&flag.name).is_none()) {
        if HIDDEN.contains(&flag.name.as_str()) {
            continue;
        }
        let path = operands[..entry.len()].join(" ");
        unknown_flag(call, flag, &path, report);
        return;
    }
}

/// oc knows more than kubectl; one letter behind two dashes is wrong for both.
fn letters(call: &Kubectl<'_, '_>, report: &mut Report) {
    let double = |flag: &&Flag<'_>| flag.name.len() == 3 && flag.name.starts_with("--") && flag.name != "--v";
    if let Some(flag) = call.call.flags.iter().find(double) {
        unknown_flag(call, flag, call.verb(), report);
    }
}

/// `-namespace`: the name of a long flag behind a single dash.
fn has_one_dash_too_few(flag: &Flag<'_>, entry: &Entry) -> bool {
    let written = flag.word.value.split('=').next().unwrap_or_default();
    let long = written.len() > 4 && !written.starts_with("--") && written.is_ascii();
    long && entry.takes_value(&format!("-{written}")).is_some()
}

/// A kind where the command expects a name, or twice.
fn misplaced_kind(call: &Kubectl<'_, '_>) -> Option<(Span, String, &'static str)> {
    let operands = call.operands();
    let (first, second) = (operands.get(1)?, operands.get(2)?);
    let kind = is_namespaced(kind_of(&first.value)).map(|_| first.value.as_str())?;
    match call.verb() {
        "logs" if matches!(kind, "pod" | "pods" | "po" | "deployment" | "deploy") => {
            let message = format!("`logs` takes this for container `{}` of a pod named `{kind}`", second.value);
            Some((first.span.cover(second.span), message, "write `POD`, or `KIND/NAME` in one word"))
        }
        "get" | "describe" | "delete" | "edit" | "scale" | "annotate" | "label" | "patch" => {
            let (again, _) =
                second.value.split_once('/').filter(|(again, _)| is_namespaced(kind_of(again)).is_some())?;
            let message = format!("kubectl refuses a kind in front of `{again}/NAME`, so this does nothing");
            Some((first.span.cover(second.span), message, "write the kind once: `KIND NAME` or `KIND/NAME`"))
        }
        _ => None,
    }
}

fn is_readable(flag: &Flag<'_>) -> bool {
    let name = flag.name.trim_start_matches('-');
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn unknown_flag(call: &Kubectl<'_, '_>, flag: &Flag<'_>, path: &str, report: &mut Report) {
    let program = call.place.program();
    let verb = path.split(' ').next().unwrap_or_default();
    let gone = GONE.iter().find(|(of, name, ..)| *name == flag.name && (of.is_empty() || *of == verb));
    let written = flag.word.value.split('=').next().unwrap_or_default();
    let (message, help) = match gone {
        Some((_, name, since, help)) => {
            (format!("`{name}` was taken out of kubectl{since}, which refuses the whole command"), (*help).to_owned())
        }
        None => (
            format!("`{program} {path}` has no flag `{}`, so this does nothing", shown(flag, written)),
            instead(flag, written, path),
        ),
    };
    report.at(call.at(flag.word.span), message, help);
}

/// `-namespace` is meant as one flag, and `-lw` as two.
fn shown<'f>(flag: &'f Flag<'_>, written: &'f str) -> &'f str {
    if written.len() > 4 && !written.starts_with("--") { written } else { &flag.name }
}

fn instead(flag: &Flag<'_>, written: &str, path: &str) -> String {
    if flag.name.len() == 3 && flag.name.starts_with("--") {
        return format!("write `{}` with one dash", &flag.name[1..]);
    }
    if written.len() > 4 && !written.starts_with("--") {
        return format!("write `-{written}` with two dashes");
    }
    format!("see `kubectl {path} --help`")
}

fn unknown_command(call: &Kubectl<'_, '_>, report: &mut Report) {
    let verb = call.call.operand(0);
    let (message, help) = if verb == "rolling-update" {
        (
            "`rolling-update` was taken out of kubectl".to_owned(),
            "use `kubectl set image` or `kubectl rollout restart`".to_owned(),
        )
    } else if OF_OC.contains(&verb) {
        (format!("kubectl has no `{verb}`: that is a command of OpenShift's `oc`"), instead_of_oc(verb))
    } else if let Some(meant) = nearest(verb) {
        (format!("kubectl has no command `{verb}`"), format!("`{meant}` may be meant"))
    } else {
        return;
    };
    report.at(call.head(), message, help);
}

fn instead_of_oc(verb: &str) -> String {
    match verb {
        "rsh" => "write `kubectl exec -it POD -- sh`".to_owned(),
        "adm" => "leave `adm` out: `kubectl drain`, `kubectl top`".to_owned(),
        "whoami" => "write `kubectl auth whoami`".to_owned(),
        "project" => "write `kubectl config set-context --current --namespace=NAME`".to_owned(),
        _ => "use `oc`, or say what does the same in plain Kubernetes".to_owned(),
    }
}

/// A command of at least four letters from which the word differs in one.
fn nearest(verb: &str) -> Option<&'static str> {
    if verb == "log" {
        return Some("logs");
    }
    let plain = verb.len() >= 5 && verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    kubectl::commands().filter(|_| plain).find(|known| known.len() >= 5 && is_one_apart(verb, known))
}

/// Whether one letter is missing, too many, another one, or in the place of its neighbour.
fn is_one_apart(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let front = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[front..], &other[front..]);
    let back = one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[..one.len() - back], &other[..other.len() - back]);
    let swapped = one.len() == 2 && other.len() == 2 && one[0] == other[1] && one[1] == other[0];
    swapped || one.len().max(other.len()) == 1
}

/// Whether a command that groups others may stand as it is: alone, with a file, or with a word to be filled in.
fn is_whole(call: &Kubectl<'_, '_>, operands: &[&str], entry: &Entry) -> bool {
    let stands_alone = matches!(operands.first(), Some(&("apply" | "cluster-info")));
    let file = call.call.has(&["-f", "--filename", "-k", "--kustomize", "--help", "-h", "--raw"]);
    stands_alone
        || file
        || operands
            .get(entry.len())
            .is_none_or(|word| is_open(word) || !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
}

fn unknown_member(call: &Kubectl<'_, '_>, operands: &[&str], entry: &Entry, report: &mut Report) {
    let (path, word) = (operands[..entry.len()].join(" "), operands[entry.len()]);
    let span = call.call.operands[entry.len()].span;
    let help = match path.as_str() {
        "create" => {
            format!("write a manifest for it and `kubectl apply -f`: `create` makes a few kinds only, not `{word}`")
        }
        _ => format!("see `kubectl {path} --help`"),
    };
    report.at(call.at(span), format!("`kubectl {path}` has no `{word}`, so this does nothing"), help);
}
