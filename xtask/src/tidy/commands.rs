//! Rule: every `allclear VERB` and `cargo xtask COMMAND` that a document mentions is one that exists.
//!
//! The verbs are read from the generated CLI reference. The changelog may mention verbs that are gone.

use std::collections::BTreeSet;

use super::Finding;
use super::markdown::{Mention, MentionKind};

const XTASK_COMMANDS: &[&str] = &["setup", "test", "tidy", "generate", "deny", "bench", "fuzz", "crash", "help"];

/// Words after which a command may start, besides the start of the line.
const BEFORE: &[&str] = &["$", "#", "&&", "||", "|", ";", "!", "(", "sudo", "exec", "then", "do", "time"];

/// A command of ours that a document mentions.
#[derive(Debug, PartialEq, Eq)]
enum Invocation<'a> {
    Allclear(&'a str),
    Xtask(&'a str),
}

/// Reads the headings `## allclear VERB` of the CLI reference, of any level, with or without backticks.
pub(super) fn verbs(reference: &str) -> BTreeSet<String> {
    let headings = reference.lines().filter(|line| line.starts_with('#'));
    headings
        .filter_map(|heading| {
            let mut words = heading.split(|letter: char| letter == '#' || letter == '`' || letter.is_whitespace());
            words.find(|word| *word == "allclear")?;
            words.find(|word| !word.is_empty()).map(str::to_owned)
        })
        .collect()
}

pub(super) fn findings(path: &str, mentions: &[Mention], verbs: Option<&BTreeSet<String>>) -> Vec<Finding> {
    if path == "CHANGELOG.md" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for mention in mentions {
        let (MentionKind::Code(text) | MentionKind::Shell(text)) = &mention.kind else { continue };
        for invocation in invocations(text) {
            let message = match invocation {
                Invocation::Xtask(command) if !XTASK_COMMANDS.contains(&command) => {
                    format!("`cargo xtask {command}` does not exist; there are: {}", XTASK_COMMANDS.join(", "))
                }
                Invocation::Allclear(verb) if verbs.is_some_and(|verbs| !verbs.contains(verb)) => {
                    format!("`allclear {verb}` does not exist; the verbs are in docs/reference/cli.md")
                }
                _ => continue,
            };
            findings.push(Finding::new(path, mention.line, message));
        }
    }
    findings
}

/// The invocations of our programs in one line of shell.
fn invocations(line: &str) -> Vec<Invocation<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if !is_command_position(&words[..index]) {
            continue;
        }
        let rest = &words[index + 1..];
        let invocation = match (*word, rest) {
            ("cargo", ["xtask", command, ..]) => name(command).map(Invocation::Xtask),
            ("cargo", ["run", options @ ..]) => after_dashes(options).and_then(name).map(Invocation::Allclear),
            ("allclear", [verb, ..]) => name(verb).map(Invocation::Allclear),
            (program, [verb, ..]) if program.ends_with("/allclear") => name(verb).map(Invocation::Allclear),
            _ => None,
        };
        found.extend(invocation);
    }
    found
}

/// At the start, after an operator, or after `NAME=value`.
fn is_command_position(before: &[&str]) -> bool {
    before.last().is_none_or(|word| {
        BEFORE.contains(word) || word.ends_with(';') || (word.contains('=') && !word.starts_with('-'))
    })
}

/// What follows `--`, where the options before do not choose another package's program.
fn after_dashes<'a>(options: &[&'a str]) -> Option<&'a str> {
    let dashes = options.iter().position(|word| *word == "--")?;
    let chosen =
        options[..dashes].windows(2).find(|pair| matches!(pair[0], "-p" | "--package" | "--bin" | "--example"));
    let is_ours = chosen.is_none_or(|pair| pair[1] == "allclear");
    options.get(dashes + 1).copied().filter(|_| is_ours)
}

/// The word, when it can be a verb: neither an option nor a placeholder such as `VERB`.
fn name(word: &str) -> Option<&str> {
    let word = word.trim_end_matches([';', ')', ',', '.', '"', '\'']);
    let is_name = word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    is_name.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_read_from_the_headings() {
        let reference = "# CLI\n\n## allclear demo\ntext allclear not\n### `allclear log tail`\n";
        assert_eq!(verbs(reference), BTreeSet::from(["demo".to_owned(), "log".to_owned()]));
    }

    #[test]
    fn invocations_are_found_in_command_position_only() {
        assert_eq!(
            invocations("$ allclear lint runbook.md && allclear up"),
            [Invocation::Allclear("lint"), Invocation::Allclear("up")]
        );
        assert_eq!(invocations("RUST_LOG=debug ./target/debug/allclear demo;"), [Invocation::Allclear("demo")]);
        assert_eq!(invocations("cargo run --release -- demo --script"), [Invocation::Allclear("demo")]);
        assert_eq!(invocations("cargo xtask tidy"), [Invocation::Xtask("tidy")]);
        for none in ["apt install allclear now", "allclear VERB", "allclear --help", "cargo run -p xtask -- setup"] {
            assert!(invocations(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn unknown_commands_are_found() {
        let verbs = BTreeSet::from(["demo".to_owned()]);
        let mention = |text: &str| Mention { line: 1, kind: MentionKind::Code(text.to_owned()) };
        let mentions = ["allclear demo", "allclear dance", "cargo xtask test", "cargo xtask tset"].map(mention);
        let found = findings("README.md", &mentions, Some(&verbs));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(findings("README.md", &mentions, None).len(), 1);
    }
}
