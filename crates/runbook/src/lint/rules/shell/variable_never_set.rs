//! S21: a variable that the file uses and never sets is a blank that nobody is asked to fill in.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Entry, Report, Rule};
use crate::model::VariableForm;
use crate::shell::lexer::{Lexer, TokenKind};
use crate::span::Span;
use crate::variable::{Quoting, assigned, occurrences};
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    code: "S21",
    name: "variable-never-set",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/S21.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let bash = |entry: &&Entry<'_>| entry.command.language == "bash";
    let mut entries: Vec<&Entry<'_>> = document.entries().filter(bash).collect();
    entries.sort_by_key(|entry| entry.command.span.start);
    let mut set = BTreeSet::new();
    for entry in &entries {
        assigned(&entry.command.text, &mut set);
        reads(entry, &mut set);
    }
    let written = written(document.text);
    for entry in entries {
        if entry.invocations().any(|place| takes_over(place.invocation)) {
            return;
        }
        if entry.script.error.is_some() || entry.command.session.is_some() {
            continue;
        }
        for (name, span) in uses(entry) {
            if is_given(&name) || written.contains(name.as_str()) || !set.insert(name.clone()) {
                continue;
            }
            report.at(
                entry.place(span),
                format!("`{name}` is used here and set nowhere in this file: where it is empty, the command means something else"),
                format!("say where its value comes from, or give it with `--set {name}=…`"),
            );
        }
    }
}

/// Names that `read`, `mapfile`, `printf -v` and `getopts` set.
fn reads(entry: &Entry<'_>, set: &mut BTreeSet<String>) {
    for place in entry.invocations() {
        if matches!(place.program(), "read" | "mapfile" | "readarray" | "printf" | "getopts") {
            set.extend(place.invocation.arguments().iter().map(|word| word.value.clone()));
        }
    }
}

/// Whether a file is read whose variables nobody here knows.
fn takes_over(invocation: &crate::syntax::bash::Invocation) -> bool {
    let harmless = |value: &str| value.contains("completion") || value.ends_with("activate");
    matches!(invocation.program(), "source" | "." | "eval" | "envsubst")
        && !invocation.arguments().iter().any(|word| harmless(&word.value))
}

/// Where variables are expanded, by name.
fn uses(entry: &Entry<'_>) -> Vec<(String, Span)> {
    let text = entry.command.text.as_str();
    let mut hidden: Vec<Span> =
        Lexer::new(text).filter(|token| token.kind == TokenKind::Comment).map(|token| token.span).collect();
    for redirect in entry.script.invocations.iter().flat_map(|invocation| &invocation.redirects) {
        let Some(body) = redirect.body.as_ref().filter(|body| !body.expands) else { continue };
        hidden.extend(body.start.map(|start| Span::new(start, start + body.text.len())));
    }
    // `$host uptime`: rather a prompt than a program with an unknown name.
    let programs = entry.script.invocations.iter().filter_map(|invocation| invocation.words.first());
    hidden.extend(programs.filter(|word| word.value.starts_with('$')).map(|word| word.span));
    let shown = |at: usize| !hidden.iter().any(|span| span.start <= at && at < span.end);
    let found = occurrences("bash", text).into_iter();
    found
        .filter(|it| it.form == VariableForm::Shell && it.quoting != Quoting::Single && shown(it.start))
        .map(|it| (it.name, Span::new(it.start, it.end)))
        .collect()
}

/// Names that a desktop, a toolchain or a CI system sets.
fn is_given(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "GOPATH",
        "GOROOT",
        "JAVA_HOME",
        "VISUAL",
        "PAGER",
        "SUDO_USER",
        "DISPLAY",
        "SSH_AUTH_SOCK",
        "HOSTTYPE",
        "OSTYPE",
        "MACHTYPE",
        "USERNAME",
        "SHLVL",
        "HISTFILE",
        "CI",
        "KUBECONFIG",
    ];
    NAMES.contains(&name) || ["AWS_", "XDG_", "LC_", "GITHUB_", "SSH_"].iter().any(|start| name.starts_with(start))
}

/// Names that the text sets where it shows no command: in an example, in a file to write, in prose.
fn written(text: &str) -> BTreeSet<&str> {
    let signs = text.match_indices('=');
    let named = signs.map(|(at, _)| {
        let before = text[..at].trim_end_matches(' ');
        let name = before.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
        &before[name.len()..]
    });
    named.collect()
}
