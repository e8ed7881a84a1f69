//! S07: a secret among the arguments is shown by `ps` and kept by the history.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::shell::secret;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "S07",
    name: "secret-on-command-line",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S07.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for entry in document.entries() {
        let mut last: Option<Span> = None;
        for place in entry.invocations() {
            let secrets = secret::of(place.invocation);
            let Some(found) = secrets.first() else { continue };
            let span = entry.place(found.span);
            let message = match found.listed {
                true => "whoever lists the processes can read this secret, and the history keeps it",
                false => "the history keeps this secret, and so does whatever records the session",
            };
            if last.replace(span) != Some(span) {
                let stand = secrets.iter().filter_map(|it| it.place(&entry.command.text));
                report.at(span, message, found.help).secrets = stand.map(|it| entry.place(it)).collect();
            }
        }
    }
}
