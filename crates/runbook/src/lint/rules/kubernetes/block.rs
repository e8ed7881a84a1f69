//! Where commands stand to one another in the text, and what the prose around them says.

use crate::lint::document::Entry;
use crate::lint::{Document, Scope};

/// How many commands of a file a rule compares with all others: all of them in any file that people write; fewer the
/// more there are, so that the work grows no faster than the file.
pub(super) fn most(document: &Document<'_>) -> usize {
    const LEAST: usize = 20;
    const COMPARISONS: usize = 1_000_000;
    LEAST.max(COMPARISONS / document.entries().count().max(1))
}

/// Whether both commands are in bash and in one block, so that they are pasted together; `first` stands before `second`.
pub(super) fn one_block(document: &Document<'_>, first: &Entry<'_>, second: &Entry<'_>) -> bool {
    let between = document.text.get(first.command.span.end..second.command.span.start);
    let shell = first.command.language == "bash" && second.command.language == "bash";
    shell
        && between.is_some_and(|between| !between.contains("```") && !between.contains("~~~") && !between.contains('`'))
}

/// The text between two commands.
pub(super) fn between<'t>(document: &Document<'t>, first: &Entry<'_>, second: &Entry<'_>) -> &'t str {
    document.text.get(first.command.span.end..second.command.span.start).unwrap_or_default()
}

/// Whether the text says one of the phrases, whatever its case; the phrases are in lower case.
pub(super) fn says(text: &str, phrases: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// Whether the text of the file from a place on, or all of it, says one of the phrases; they are in lower case.
pub(super) fn says_from(document: &Document<'_>, start: usize, phrases: &[&str]) -> bool {
    let text = document.lower.get(start..).unwrap_or_default();
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// The text of a procedure from its heading on; of the whole file for commands outside any procedure.
pub(super) fn scope_text<'t>(document: &Document<'t>, scope: &Scope<'_>) -> &'t str {
    match scope.procedure {
        Some(procedure) => procedure.span.slice(document.text),
        None => document.text,
    }
}

/// The titles over a command: its procedure's and its step's or section's.
pub(super) fn titles(scope: &Scope<'_>, entry: &Entry<'_>) -> String {
    let procedure = scope.procedure.map_or("", |procedure| procedure.title.as_str());
    format!("{procedure}\n{}", entry.title)
}
