//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy checks.
//!
//! Each rule is a pure function from text to findings, in a file of its own under `tidy/`, with a good and a bad
//! example in its tests. This file only reads the repository and prints. A finding says where, what and what
//! to do about it. Nothing is silently left out: what cannot be checked yet is printed as skipped.

mod banned_names;
mod commands;
mod comments;
mod dependencies;
mod glossary;
mod inspect;
mod machine_text;
mod markdown;
mod paths;
mod ratchet;
mod sizes;
mod test_code;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::repository::{files, root, workspace_metadata};
use glossary::Synonym;
use ratchet::Ratchet;

const GLOSSARY: &str = "docs/glossary.md";
const CLI_REFERENCE: &str = "docs/reference/cli.md";
const RATCHET: &str = "xtask/tidy-ratchet.txt";
const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LINES_MAX: usize = 300;

/// One violation: where it is, and a sentence that says what is wrong and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// What the rules need to know about the repository besides the file in hand.
struct Knowledge {
    synonyms: Vec<Synonym>,
    places: paths::Places,
    verbs: Option<BTreeSet<String>>,
    ratchet: Ratchet,
}

/// Checks every file that git knows; an error when there is a finding.
pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let files = files(&root)?;
    let knowledge = learn(&root, &files)?;
    if knowledge.verbs.is_none() {
        println!("skipped: `allclear VERB` in documents, since {CLI_REFERENCE} does not exist");
    }
    let mut findings = dependencies::findings(&workspace_metadata(&root)?);
    let mut oversized = Vec::new();
    for path in &files {
        // Not UTF-8: an image or another binary, for which there are no rules.
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        findings.extend(check_text(path, &text, &knowledge));
        if path.ends_with(".rs") {
            let (found, sizes) = check_rust(path, &text, &knowledge);
            findings.extend(found);
            oversized.extend(sizes);
        }
    }
    findings.extend(knowledge.ratchet.findings(RATCHET, &oversized));
    report(findings, files.len())
}

fn learn(root: &Path, files: &[String]) -> Result<Knowledge> {
    let read = |path: &str| fs::read_to_string(root.join(path));
    let glossary = read(GLOSSARY).with_context(|| format!("{GLOSSARY} cannot be read"))?;
    let ratchet = Ratchet::parse(&read(RATCHET).unwrap_or_default())
        .map_err(|line| anyhow::anyhow!("{RATCHET}:{line}: not `file PATH N` or `function PATH NAME N`"))?;
    Ok(Knowledge {
        synonyms: glossary::synonyms(&glossary),
        places: paths::Places::new(files),
        verbs: read(CLI_REFERENCE).ok().map(|text| commands::verbs(&text)),
        ratchet,
    })
}

/// The rules for any text file, and those for Markdown.
fn check_text(path: &str, text: &str, knowledge: &Knowledge) -> Vec<Finding> {
    let mut findings = machine_text::findings(path, text);
    if !path.ends_with(".md") {
        return findings;
    }
    let mentions = markdown::mentions(text);
    findings.extend(paths::findings(path, &mentions, &knowledge.places));
    findings.extend(commands::findings(path, &mentions, knowledge.verbs.as_ref()));
    let lines = text.lines().count();
    if path == ARCHITECTURE && lines > ARCHITECTURE_LINES_MAX {
        let message = format!("{lines} lines, the limit is {ARCHITECTURE_LINES_MAX}: move detail into docs/ or an ADR");
        findings.push(Finding::new(path, lines, message));
    }
    findings
}

/// The rules for Rust, and what is larger than allowed (the ratchet decides whether that is a finding).
fn check_rust(path: &str, text: &str, knowledge: &Knowledge) -> (Vec<Finding>, Vec<sizes::Oversized>) {
    let mut findings = comments::findings(path, text);
    match inspect::inspect(path, text) {
        Ok(source) => {
            findings.extend(banned_names::findings(path, &source));
            findings.extend(glossary::findings(path, &source, &knowledge.synonyms));
            findings.extend(test_code::findings(path, &source));
            (findings, sizes::oversized(path, text, &source))
        }
        Err(error) => {
            let line = error.span().start().line;
            findings.push(Finding::new(path, line, format!("does not parse as Rust: {error}")));
            (findings, Vec::new())
        }
    }
}

fn report(mut findings: Vec<Finding>, files: usize) -> Result<()> {
    findings.sort();
    for finding in &findings {
        println!("{}:{}: {}", finding.path, finding.line, finding.message);
    }
    if !findings.is_empty() {
        bail!("tidy: {} findings in {files} files", findings.len());
    }
    println!("tidy: {files} files, nothing to complain about");
    Ok(())
}
