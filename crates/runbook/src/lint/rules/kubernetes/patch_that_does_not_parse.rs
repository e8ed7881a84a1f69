//! K11: a patch whose text is neither JSON nor YAML once the shell has taken the quotes away.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::kubernetes::kubectl::{Kubectl, all_calls};
use crate::lint::{Document, Report, Rule};
use crate::syntax::bash::Word;
use crate::syntax::call::Flag;
use crate::syntax::yaml;

pub(super) const RULE: Rule = Rule {
    code: "K11",
    name: "patch-that-does-not-parse",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/K11.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for call in all_calls(document).filter(|call| call.verb() == "patch") {
        let Some((payload, word)) = call.call.flag(&["-p", "--patch"]).and_then(payload) else { continue };
        let Some(why) = fault(payload) else { continue };
        report.at(call.at(word.span), format!("kubectl refuses this patch: {why}"), help(&call, word));
    }
}

fn payload<'f>(flag: &Flag<'f>) -> Option<(&'f str, &'f Word)> {
    flag.value.zip(flag.value_word)
}

fn fault(payload: &str) -> Option<&'static str> {
    // What a command or a variable as a whole stands for is not known here.
    let opaque = payload.starts_with('$') || payload.contains("$(") || payload.contains('`') || payload.contains("<<");
    if opaque || payload.trim().is_empty() || payload.contains("...") || payload.contains('…') {
        return None;
    }
    // Inside double quotes the shell has taken these backslashes away.
    if payload.trim_start().starts_with(['{', '[']) {
        if payload.contains("\\\n") || payload.contains("\\\r\n") {
            return Some("inside single quotes a backslash does not continue the line, it is part of the text");
        }
        if escapes_outside_text(payload) {
            return Some("inside single quotes `\\\"` stays as it is, and is no quotation mark to JSON");
        }
    }
    // What begins with a brace is passed on unread, and the API understands JSON only.
    if payload.trim_start().starts_with('{') {
        return (!yaml::is_json(payload))
            .then_some("what begins with `{` has to be JSON, with every text in double quotes");
    }
    match yaml::documents(payload) {
        Err(fault) if !fault.too_large => Some("it is neither JSON nor YAML as the shell passes it on"),
        _ => None,
    }
}

/// Whether `\"` stands where JSON expects a quotation mark.
fn escapes_outside_text(payload: &str) -> bool {
    let mut inside = false;
    let mut bytes = payload.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => inside = !inside,
            b'\\' if !inside => return true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

fn help(call: &Kubectl<'_, '_>, word: &Word) -> &'static str {
    let single = word.span.slice(&call.place.entry.command.text).contains('\'');
    match single {
        true => "write plain JSON between the single quotes; it may go over several lines as it is",
        false => "put the patch into single quotes, or into a file for `--patch-file`",
    }
}
