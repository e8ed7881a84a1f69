//! Writes `docs/reference/catalogue.md` from the files of the catalogue, so that the two cannot differ.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]

use std::fmt::Write as _;

use super::{Entry, FileChange, Program, file};

const HEAD: &str = "# The catalogue\n\nWhat Allclear knows about commands. Generated from the files under \
    `crates/runbook/catalogue`; `cargo xtask generate` writes it. The guide says how to [teach it your own \
    commands](../guide/teach-it-your-own-commands.md).\n\nThe first row that fits decides. A command that no row fits is \
    `unknown`, unless the program says otherwise. In *how it is undone*, `$CAPTURED` is what the capture printed before.\n";

/// The files, in the order of the reference.
const FILES: [&str; 10] = [
    "kubernetes.toml",
    "databases.toml",
    "containers.toml",
    "cloud.toml",
    "system.toml",
    "files.toml",
    "network.toml",
    "secrets.toml",
    "code.toml",
    "shell.toml",
];

/// What a file of the catalogue says, with its path and its text.
pub(super) fn files() -> impl Iterator<Item = (&'static str, String, Vec<Program>)> {
    FILES.into_iter().map(|path| {
        let text = std::fs::read_to_string(format!("{}/catalogue/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let programs = file::read(path, &text).unwrap_or_else(|problems| panic!("{}", problems[0]));
        (path, text, programs)
    })
}

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for (path, file, programs) in files() {
        let title = file.lines().next().unwrap().trim_start_matches("# ").trim_end_matches('.');
        write!(text, "\n## {title}\n\n`{path}`\n").unwrap();
        programs.iter().for_each(|program| write_program(&mut text, program));
    }
    text
}

fn write_program(text: &mut String, program: &Program) {
    let names: Vec<String> = program.names.iter().map(|name| format!("`{name}`")).collect();
    write!(text, "\n### {}\n\n{}", program.about, names.join(", ")).unwrap();
    if let Some(effect) = program.otherwise {
        write!(text, "; otherwise `{}`", effect.word()).unwrap();
    }
    text.push_str(".\n");
    if program.entries.is_empty() {
        return;
    }
    text.push_str("\n| looks like | effect | how it is undone | example |\n|---|---|---|---|\n");
    program.entries.iter().for_each(|entry| write_entry(text, entry));
}

fn write_entry(text: &mut String, entry: &Entry) {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let patterns = entry.patterns.iter().map(|pattern| match pattern.text.as_str() {
        "" => "anything else".to_owned(),
        text => format!("`{}`", cell(text)),
    });
    let patterns: Vec<String> = patterns.collect();
    let repeated = entry.repeated.map_or(String::new(), |effect| format!(", in a loop `{}`", effect.word()));
    let files = entry.files.as_ref().map(|files| match files.change {
        FileChange::Content => "each file as it was, up to 1 MiB",
        FileChange::Rights => "each file with the rights that it had",
        FileChange::Place => "back to its name, and what stood there as it was, up to 1 MiB",
    });
    let undo = match (&entry.undo, &entry.irreversible) {
        (Some(undo), _) => format!("`{}`", cell(&undo.text.replace("{captured}", "\"$CAPTURED\""))),
        (None, Some(why)) => format!("not at all: {}", cell(why)),
        (None, None) if entry.transient => "nothing is left to undo".to_owned(),
        (None, None) => files.unwrap_or_default().to_owned(),
    };
    let example = entry.examples.first().map_or(String::new(), |it| format!("`{}`", cell(it)));
    let effect = entry.effect.word();
    writeln!(text, "| {} | `{effect}`{repeated} | {undo} | {example} |", patterns.join(", ")).unwrap();
}

#[test]
fn generated_reference_of_the_catalogue_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/catalogue.md");
    let fresh = reference();
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == fresh, "docs/reference/catalogue.md is stale: run `cargo xtask generate`");
}
