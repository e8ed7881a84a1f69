//! Every file in `specs/lint` is a rule with bad and good examples; `ALLCLEAR_BLESS=1` rewrites what is said about them.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use allclear_runbook::{Known, RULES, Rule, Settings, Surroundings, lint, parse};

const RUNBOOK: &str = "````markdown\n";
const EXPECTED: &str = "```text\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten().copied()
}

#[test]
fn every_rule_has_one_code_one_name_one_page_and_one_spec() {
    let mut seen = BTreeSet::new();
    for rule in rules() {
        assert!(seen.insert(rule.code) && seen.insert(rule.name), "{} or {} stands twice", rule.code, rule.name);
        assert!(rule.page.starts_with(&format!("# {}: ", rule.code)), "docs/lint/{}.md begins otherwise", rule.code);
        let said = format!("`{}`, {}", rule.name, word(rule));
        assert!(rule.page.lines().nth(2) == Some(&said), "line 3 of docs/lint/{}.md is to be: {said}", rule.code);
        assert!(root().join(format!("specs/lint/{}.md", rule.code)).exists(), "{} has no spec", rule.code);
    }
    for folder in ["docs/lint", "specs/lint"] {
        for file in files(folder) {
            let code = file.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(code == "README" || rules().any(|rule| rule.code == code), "no rule for {}", file.display());
        }
    }
}

fn word(rule: &Rule) -> &'static str {
    match rule.severity {
        allclear_runbook::DiagnosticSeverity::Error => "error",
        allclear_runbook::DiagnosticSeverity::Warning => "warning",
        allclear_runbook::DiagnosticSeverity::Information => "info",
    }
}

#[test]
fn specs_of_the_rules_hold() {
    let failures: Vec<String> =
        files("specs/lint").iter().filter(|file| !file.ends_with("README.md")).filter_map(|file| check(file)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn check(file: &Path) -> Option<String> {
    let spec = std::fs::read_to_string(file).unwrap();
    let code = file.file_stem().unwrap().to_string_lossy().into_owned();
    let (mut actual, mut rest, mut bad, mut good) = (String::new(), spec.as_str(), 0, 0);
    while let Some(at) = rest.find(RUNBOOK) {
        let start = at + RUNBOOK.len();
        let end = start + rest[start..].find("````").unwrap();
        let text = end + rest[end..].find(EXPECTED).unwrap_or_else(|| panic!("{code}: an example has no text block"));
        // What is said stands indented, so that it may show a fence.
        let close = text + EXPECTED.len() + rest[text + EXPECTED.len() - 1..].find("\n```").unwrap();
        let said = said(&code, &rest[start..end], &spec);
        if said.is_empty() {
            good += 1
        } else {
            bad += 1
        }
        actual.push_str(&rest[..text + EXPECTED.len()]);
        actual.push_str(&said);
        rest = &rest[close..];
    }
    actual.push_str(rest);
    assert!(bad > 0, "{code}: no example is found to be bad");
    assert!(good > 0, "{code}: no example is found to be good");
    if actual == spec {
        return None;
    }
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(file, actual).unwrap();
        return None;
    }
    Some(format!("--- specs/lint/{code}.md would be\n{actual}"))
}

/// What the rule says about a runbook, and what becomes of the lines that it would fix.
fn said(code: &str, runbook: &str, spec: &str) -> String {
    let (parsed, diagnostics) = parse("runbook.md", runbook);
    let around: BTreeSet<&str> = spec.lines().filter_map(|line| line.strip_prefix("- file: ")).collect();
    let look = |path: &str| if around.contains(path) { Known::Present } else { Known::Missing };
    let surroundings = Surroundings { today: Some("2026-03-01".to_owned()), look: Some(&look), read: None };
    let mut out = String::new();
    for finding in lint(&parsed, runbook, &diagnostics, &surroundings, &Settings::default())
        .iter()
        .filter(|it| it.rule.code == code)
    {
        let before = &runbook[..finding.span.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let marked = &runbook[finding.span.start..finding.span.end];
        writeln!(out, "{line}:{column} {}", finding.message).unwrap();
        writeln!(out, "    | {}", marked.replace('\n', "\n    | ")).unwrap();
        writeln!(out, "    = {}", finding.help).unwrap();
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            let line_start = runbook[..edit.span.start].rfind('\n').map_or(0, |at| at + 1);
            let line_end = edit.span.end + runbook[edit.span.end..].find('\n').unwrap_or(0);
            let fixed =
                format!("{}{}{}", &runbook[line_start..edit.span.start], edit.text, &runbook[edit.span.end..line_end]);
            writeln!(out, "    + {}", fixed.replace('\n', "\n    + ")).unwrap();
        }
    }
    out
}
