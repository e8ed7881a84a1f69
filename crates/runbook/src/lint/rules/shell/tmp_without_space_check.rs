//! S23: a dump fills `/tmp`, and with it the memory or the root disk of the host.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::rules::shell::transfer;
use crate::lint::{Document, Report, Rule, Scope};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "S23",
    name: "tmp-without-space-check",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S23.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        sequence(scope, report);
    }
}

fn sequence(scope: &Scope<'_>, report: &mut Report) {
    for place in scope.invocations() {
        if matches!(place.program(), "df" | "duf") {
            return;
        }
        if place.invocation.wraps.is_some() && !place.invocation.redirects.iter().any(|redirect| redirect.writes()) {
            continue;
        }
        if let Some(span) = fills(&place) {
            report.at(
                span,
                "nothing asks whether this fits: a full `/tmp` stops the restore, and on many hosts it is memory or the root disk",
                "look first with `df -h /tmp`, or stream it without a file",
            );
        }
    }
}

/// The word that says that large data goes to `/tmp`.
fn fills(place: &Place<'_, '_>) -> Option<Span> {
    let invocation = place.invocation;
    let call = place.call();
    let last = call.operands.last().filter(|_| call.operands.len() > 1).map(|word| (word.value.as_str(), word.span));
    let target = |names: &[&str]| call.flag(names).and_then(|flag| Some((flag.value?, flag.value_word?.span)));
    let redirected = || {
        let target = invocation.redirects.iter().find(|redirect| redirect.writes()).map(|redirect| &redirect.target);
        target.map(|target| (target.value.as_str(), target.span))
    };
    let large = |found: &(&str, Span)| transfer::is_large(found.0);
    let found = match place.program() {
        _ if transfer::dumps(invocation) => {
            target(&["-f", "--file", "--result-file", "-r", "-o", "--out", "--archive", "-D", "--rdb"])
                .or_else(redirected)
                .or_else(|| call.operands.last().map(|word| (word.value.as_str(), word.span)))
        }
        "aws" if call.begins(&["s3", "cp|sync|mv"]) => last
            .filter(|_| call.operand(2).starts_with("s3://"))
            .filter(|found| large(found) || transfer::is_large(call.operand(2)) || call.begins(&["s3", "sync"])),
        "gsutil" if call.begins(&["cp|rsync"]) => last.filter(|_| {
            call.operands.iter().any(|word| word.value.starts_with("gs://"))
                && call.operands.iter().any(|word| transfer::is_large(&word.value))
        }),
        "curl" => target(&["-o", "--output"]).or_else(redirected).filter(large),
        "wget" => target(&["-O", "--output-document"])
            .filter(large)
            .or_else(|| target(&["-P", "--directory-prefix"]).filter(|_| transfer::is_large(call.operand(0)))),
        "scp" | "rsync" | "kubectl" | "oc" | "docker" => last
            .filter(|_| matches!(place.program(), "scp" | "rsync") || call.begins(&["cp"]))
            .filter(|_| call.operands.iter().any(|word| transfer::is_large(&word.value))),
        "tar" => target(&["-f", "--file"]).filter(large).filter(|_| call.has(&["-c", "--create"])).or_else(|| {
            call.operands
                .get(1)
                .filter(|_| call.operand(0).starts_with('c'))
                .map(|word| (word.value.as_str(), word.span))
        }),
        "tee" => last.filter(|_| of_dump(place)),
        _ => None,
    };
    let found = found.or_else(|| redirected().filter(|(path, _)| is_in_tmp(path) && of_dump(place)));
    found.filter(|(path, _)| is_in_tmp(path)).map(|(_, span)| place.entry.place(span))
}

fn is_in_tmp(path: &str) -> bool {
    path.starts_with("/tmp/") || path == "/tmp"
}

/// Whether a dump comes through the pipe.
fn of_dump(place: &Place<'_, '_>) -> bool {
    let script = &place.entry.script;
    script.pipeline(place.invocation.pipeline).any(|stage| transfer::dumps(transfer::innermost(script, stage)))
}
