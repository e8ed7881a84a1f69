//! RD05: KEYS walks over all keys at once, and no other client is served meanwhile.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::redis::sent::{Sent, sent};
use crate::lint::{Document, Fix, Report, Rule};
use crate::syntax::redis::Through;

pub(super) const RULE: Rule = Rule {
    code: "RD05",
    name: "keys-walks-everything",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD05.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in sent(document) {
        match sent.request.name.as_str() {
            "KEYS" => keys(&sent, report),
            "EVAL" if calls_keys(sent.request.argument(0)) => {
                let script = sent.request.arguments.first().map_or(sent.request.span, |script| script.span);
                report.at(
                    sent.entry.place(script),
                    "`KEYS` inside a script walks over all keys of the database, and no client is served meanwhile",
                    "list the keys outside with `redis-cli --scan --pattern 'PATTERN'`, and run the script for a few at a time",
                );
            }
            _ => {}
        }
    }
}

fn keys(sent: &Sent<'_, '_>, report: &mut Report) {
    let span = sent.span();
    let finding = report.at(
        span,
        "`KEYS` walks over all keys of the database, and no client is served meanwhile",
        "use `redis-cli --scan --pattern 'PATTERN'`, which asks for a few keys at a time",
    );
    // `--scan` is an option: only where the request stands behind the client can it take its place.
    if let (Through::Arguments(_), [pattern]) = (sent.request.through, sent.request.arguments.as_slice()) {
        let start = sent.entry.place(sent.request.name_span).start;
        let end = sent.entry.place(pattern.span).start;
        let name = crate::span::Span::new(start, end);
        finding.fix = Some(Fix::replace("list them with SCAN", name, "--scan --pattern "));
    }
}

/// Whether a script in Lua asks for all keys.
fn calls_keys(script: &str) -> bool {
    let script = script.to_ascii_lowercase();
    script.match_indices("call").any(|(at, call)| {
        let rest = script[at + call.len()..].trim_start_matches(['(', ' ', '\'', '"', '\\']);
        rest.strip_prefix("keys")
            .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '['))
    })
}
