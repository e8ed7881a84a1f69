//! RD10: inside redis-cli there is no shell: a pipe and what follows it become arguments.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::rules::redis::sent::sent;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::redis::Through;

pub(super) const RULE: Rule = Rule {
    code: "RD10",
    name: "pipe-inside-redis-cli",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/RD10.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in sent(document).filter(|sent| sent.request.through == Through::Session) {
        let arguments = &sent.request.arguments;
        let Some(pipe) = arguments.windows(2).position(|pair| is_pipe(&pair[0].value, &pair[1].value)) else {
            continue;
        };
        let span = Span::new(arguments[pipe].span.start, sent.request.span.end);
        report.at(
            sent.entry.place(span),
            "inside `redis-cli` this is no pipe: the server gets the bar and the words behind it as arguments",
            "run it from the shell: `redis-cli INFO stats | grep hits`",
        );
    }
}

fn is_pipe(bar: &str, program: &str) -> bool {
    const FILTERS: &[&str] = &[
        "grep", "egrep", "head", "tail", "wc", "sort", "awk", "sed", "less", "more", "cut", "xargs", "jq", "tee",
        "uniq",
    ];
    bar == "|" && FILTERS.contains(&program)
}
