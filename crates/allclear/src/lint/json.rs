//! Findings as one JSON array; the fields are part of the command's contract.

use allclear_runbook::{DiagnosticSeverity, Finding};
use serde_json::{Value, json};

use super::Checked;
use super::place::Lines;

/// `error`, `warning`, `info`
pub(super) const fn level(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Information => "info",
    }
}

/// A finding is placed where its command begins and ends behind the characters concerned.
///
/// `[{rule, name, severity, path, line, column, end_line, end_column, message, help, fix}]`
pub(crate) fn json(checked: &[Checked]) -> Vec<Value> {
    let of_file = |file: &Checked| {
        let lines = Lines::of(&file.text);
        file.findings.iter().map(|finding| one(&file.path, &lines, finding)).collect::<Vec<_>>()
    };
    checked.iter().flat_map(of_file).collect()
}

fn one(path: &str, lines: &Lines<'_>, finding: &Finding) -> Value {
    let place = lines.place(finding.begins, finding.span.end);
    let fix = finding.fix.as_ref().map(|fix| {
        let edits = fix.edits.iter().map(|edit| {
            let place = lines.place(edit.span.start, edit.span.end);
            json!({
                "line": place.line, "column": place.column, "end_line": place.end_line, "end_column": place.end_column,
                "text": edit.text,
            })
        });
        json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
    });
    json!({
        "rule": finding.rule.code,
        "name": finding.rule.name,
        "severity": level(finding.severity),
        "path": path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "message": finding.message,
        "help": finding.help,
        "fix": fix,
    })
}
