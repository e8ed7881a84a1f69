//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.

use std::fmt::Write as _;

use allclear_runbook::DiagnosticSeverity;

use super::Checked;
use super::place::Lines;

/// One line per finding.
pub(crate) fn github(checked: &[Checked]) -> String {
    let mut out = String::new();
    for file in checked {
        let lines = Lines::of(&file.text);
        for finding in &file.findings {
            let place = lines.place(finding.span.start, finding.span.end);
            let command = match finding.severity {
                DiagnosticSeverity::Error => "error",
                DiagnosticSeverity::Warning => "warning",
                DiagnosticSeverity::Information => "notice",
            };
            // Columns are understood only where the finding is on one line.
            let columns = match place.line == place.end_line {
                true => format!(",col={},endColumn={}", place.column, place.end_column),
                false => String::new(),
            };
            let title = property(&format!("{} {}", finding.rule.code, finding.rule.name));
            let text = message(&format!("{}\n{}", finding.message, finding.help));
            writeln!(
                out,
                "::{command} file={},line={},endLine={}{columns},title={title}::{text}",
                property(&file.path),
                place.line,
                place.end_line
            )
            .expect("a string takes any text");
        }
    }
    out
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
