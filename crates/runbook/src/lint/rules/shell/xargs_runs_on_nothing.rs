//! S16: without input `xargs` runs its command once, with no arguments.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Fix, Report, Rule};
use crate::syntax::bash::Invocation;
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "S16",
    name: "xargs-runs-on-nothing",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S16.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.program() == "xargs" && place.invocation.stage > 0) {
        if has_option(place.invocation) || !is_generated(&place) {
            continue;
        }
        let Some(inner) = inner(&place).filter(|inner| minds(inner)) else { continue };
        let Some(name) = place.invocation.words.first() else { continue };
        let message =
            format!("where the list is empty, `{}` runs all the same, with nothing to work on", inner.program());
        let end = place.entry.place(name.span).end;
        let span = place.entry.place(name.span);
        report.at(span, message, "write `xargs -r`").fix =
            Some(Fix::insert("run nothing on an empty list", end, " -r"));
    }
}

/// `-r`, or a placeholder in the command, without which there is nothing to put there.
fn has_option(xargs: &Invocation) -> bool {
    let options = xargs
        .arguments()
        .iter()
        .map(|word| word.value.as_str())
        .take_while(|word| word.starts_with('-') || word.bytes().all(|byte| byte.is_ascii_digit()));
    let mut options = options;
    options.any(|word| {
        matches!(word, "--no-run-if-empty" | "--replace")
            || word.starts_with("-I")
            || word.starts_with("-i")
            || word.starts_with("--replace=")
            || word.starts_with('-') && !word.starts_with("--") && word.ends_with('r')
    })
}

/// Whether the list may be empty: it is asked for rather than written down.
fn is_generated(place: &Place<'_, '_>) -> bool {
    let first = place.entry.script.pipeline(place.invocation.pipeline).next();
    first.is_some_and(|first| !matches!(first.program(), "echo" | "printf" | "cat" | "seq" | ""))
}

fn inner<'d>(place: &Place<'d, '_>) -> Option<&'d Invocation> {
    let all = &place.entry.script.invocations;
    let starts = |other: &&Invocation| other.via == Some(place.index);
    all[place.index..].iter().find(starts)
}

/// Whether a run without arguments does something else than nothing, or fails where there was nothing to do.
fn minds(inner: &Invocation) -> bool {
    let only_reads = match inner.program() {
        "echo" | "printf" | "basename" | "dirname" | "true" | "redis-cli" | "grep" | "wc" | "cat" | "ls" => true,
        // Without operands, `-f` is content with nothing.
        "rm" => Call::of(inner).has(&["-f", "--force"]),
        "kubectl" | "oc" => Call::of(inner).begins(&["get|describe|logs|top"]),
        _ => false,
    };
    !only_reads
}
