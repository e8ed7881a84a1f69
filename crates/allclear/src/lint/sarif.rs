//! Findings as SARIF 2.1.0, which code scanning reads.

use std::collections::BTreeMap;

use allclear_runbook::{DiagnosticSeverity, Finding, Rule};
use serde_json::{Value, json};

use super::Checked;
use super::place::{Lines, Place};

/// One run of the tool.
pub(crate) fn sarif(checked: &[Checked]) -> Value {
    let used: BTreeMap<&str, &Rule> =
        checked.iter().flat_map(|file| &file.findings).map(|finding| (finding.rule.code, finding.rule)).collect();
    let codes: Vec<&str> = used.keys().copied().collect();
    let results: Vec<Value> = checked.iter().flat_map(|file| of_file(file, &codes)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "allclear",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": used.values().map(|rule| described(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn described(rule: &Rule) -> Value {
    let title = rule.page.lines().next().unwrap_or_default();
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": title },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

const fn level(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Information => "note",
    }
}

fn of_file(file: &Checked, codes: &[&str]) -> Vec<Value> {
    let lines = Lines::of(&file.text);
    let location = json!({ "uri": uri(&file.path) });
    file.findings.iter().map(|finding| result(finding, &lines, &location, codes)).collect()
}

fn result(finding: &Finding, lines: &Lines<'_>, location: &Value, codes: &[&str]) -> Value {
    let mut result = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": codes.binary_search(&finding.rule.code).unwrap_or_default(),
        "level": level(finding.severity),
        "message": { "text": format!("{}\n{}", finding.message, finding.help) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": location,
            "region": region(lines.place(finding.span.start, finding.span.end)),
        } }],
    });
    if let Some(fix) = &finding.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                let region = region(lines.place(edit.span.start, edit.span.end));
                json!({ "deletedRegion": region, "insertedContent": { "text": edit.text } })
            })
            .collect();
        result["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": location, "replacements": replacements }],
        }]);
    }
    result
}

fn region(place: Place) -> Value {
    json!({
        "startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column,
    })
}

/// A path as a relative reference: what a URI may not hold is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
