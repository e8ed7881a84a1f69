//! D01: two alternatives in one code block: whoever copies the block runs both.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Entry, Report, Rule, Scope};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D01",
    name: "alternatives-in-one-fence",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/D01.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        for index in 1..scope.entries.len() {
            if let Some(comment) = second_option(document, scope, index) {
                report.at(
                    comment,
                    "whoever copies this block runs both alternatives, one after the other",
                    "give each alternative a block of its own, and say above each when it is the right one",
                );
            }
        }
    }
}

/// The comment that introduces the command as the first of another option of the same block.
fn second_option(document: &Document<'_>, scope: &Scope<'_>, index: usize) -> Option<Span> {
    let (before, entry) = (&scope.entries[index - 1], &scope.entries[index]);
    let root = entry.command.alternative_of.filter(|_| entry.command.option == Some(entry.command.line))?;
    let block = document.prose.block_at(entry.command.span.start)?.span;
    let root = scope.entries[..index].partition_point(|other| other.command.line < root);
    let first = scope.entries.get(root).filter(|first| block.start <= first.command.span.start)?;
    let acts = |from: usize, option: Option<u32>| {
        scope.entries[from..].iter().take_while(|other| other.command.option == option).any(Entry::acts)
    };
    if !acts(root, first.command.option) && !acts(index, entry.command.option) {
        return None;
    }
    let gap = Span::new(before.command.span.end.max(block.start), entry.command.span.start);
    Some(comment(document.text, gap).unwrap_or(entry.command.span))
}

/// The last comment in front of a command, without the line break.
fn comment(text: &str, gap: Span) -> Option<Span> {
    let between = gap.slice(text);
    let lines = between.split_inclusive('\n').scan(gap.start, |start, line| {
        let span = Span::new(*start, *start + line.len());
        *start = span.end;
        Some(span)
    });
    let comments = lines.filter_map(|span| {
        let line = span.slice(text);
        let content = line.trim();
        let start = span.start + (line.len() - line.trim_start().len());
        content.starts_with(['#', '-', '/']).then(|| Span::new(start, start + content.len()))
    });
    comments.last()
}
