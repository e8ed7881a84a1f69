//! Every file in `specs/runbook` is a runbook with what Allclear understands of it; `ALLCLEAR_BLESS=1` rewrites the latter.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const RUNBOOK: &str = "````markdown\n";
const EXPECTED: &str = "\n```text\n";

#[test]
fn specs_of_the_parser_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/runbook");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the specs are in {}", folder.display());
    let failures: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(file: &Path) -> Option<String> {
    let spec = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    let start =
        spec.find(RUNBOOK).unwrap_or_else(|| panic!("{name} has no four-backtick markdown block")) + RUNBOOK.len();
    let end = start + spec[start..].find("````").unwrap();
    let behind =
        end + spec[end..].find(EXPECTED).unwrap_or_else(|| panic!("{name} has no text block")) + EXPECTED.len();
    let close = behind + spec[behind..].find("```").unwrap();
    let actual = shown(&spec[start..end]);
    if actual == spec[behind..close] {
        return None;
    }
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(file, format!("{}{actual}{}", &spec[..behind], &spec[close..])).unwrap();
        return None;
    }
    Some(format!("--- {name}: expected\n{}\n--- actual\n{actual}", &spec[behind..close]))
}

fn shown(runbook: &str) -> String {
    let (parsed, diagnostics) = allclear_runbook::parse("runbook.md", runbook);
    let mut out = allclear_runbook::render_show(&parsed);
    for procedure in &parsed.procedures {
        for (word, lines) in [("checks", &procedure.verify_lines), ("ways back", &procedure.rollback_lines)] {
            if !lines.is_empty() {
                writeln!(out, "{word} of {}: {lines:?}", procedure.id).unwrap();
            }
        }
    }
    for finding in diagnostics {
        writeln!(out, "{}:{} {}: {}", finding.line, finding.column, finding.code, finding.message).unwrap();
    }
    out
}
