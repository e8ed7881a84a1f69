//! S12: a download that goes straight into a shell runs whatever the server, or half of a connection, sends.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "S12",
    name: "download-piped-into-shell",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S12.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| matches!(place.program(), "curl" | "wget")) {
        let shell =
            place.downstream().find(|next| matches!(innermost(next.words.as_slice()), Some("bash" | "sh" | "zsh")));
        if let Some(shell) = shell {
            report.at(
                place.span().cover(place.entry.place(shell.span)),
                "whatever the server sends at this moment is run, and half of it if the connection breaks",
                "download to a file, compare its checksum, read it, then run it",
            );
        }
    }
}

/// The program behind `sudo` and its options.
fn innermost(words: &[crate::syntax::bash::Word]) -> Option<&str> {
    words.iter().map(|word| word.value.as_str()).find(|word| *word != "sudo" && !word.starts_with('-'))
}
