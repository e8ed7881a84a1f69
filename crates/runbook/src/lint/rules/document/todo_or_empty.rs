//! D05: a procedure that was never finished.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D05",
    name: "todo-or-empty",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D05.md"),
    check,
};

/// Words that mark what is missing, as people write them.
const MARKS: &[&str] = &["TODO", "TBD", "FIXME"];

fn check(document: &Document<'_>, report: &mut Report) {
    let left: Vec<&str> = MARKS.iter().copied().filter(|mark| document.text.contains(mark)).collect();
    let texts = document.prose.texts.iter().filter(|_| !left.is_empty());
    for text in texts.filter(|text| !is_remark(document.text, **text)) {
        for mark in marks(document.text, *text, &left) {
            report.at(
                mark,
                "this was left to be done, and is still open at night",
                "write it, or say who knows and how to reach them",
            );
        }
    }
    empty_sections(document, report);
}

/// Whether the run is a line that MyST takes for a comment: `% later`.
fn is_remark(text: &str, run: Span) -> bool {
    run.slice(text).starts_with('%')
}

/// These marks in a run of text, as whole words.
fn marks(text: &str, run: Span, marks: &[&str]) -> Vec<Span> {
    let source = run.slice(text);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
    let found = marks.iter().flat_map(|mark| source.match_indices(mark)).filter(|(at, mark)| {
        let (before, behind) = (&source[..*at], &source[at + mark.len()..]);
        !before.ends_with(is_word) && !behind.starts_with(is_word) && !is_about_marks(behind)
    });
    let mut found: Vec<Span> = found.map(|(at, mark)| Span::new(run.start + at, run.start + at + mark.len())).collect();
    found.sort_by_key(|span| span.start);
    found
}

/// Whether the text only talks about such marks: the list of them, comments that hold them.
fn is_about_marks(behind: &str) -> bool {
    let next = behind.trim_start().to_lowercase();
    ["list", "comment", "item", "section", "marker", "s "].iter().any(|word| next.starts_with(word))
}

/// Headings with nothing under them.
fn empty_sections(document: &Document<'_>, report: &mut Report) {
    let headings = &document.prose.headings;
    for (index, heading) in headings.iter().enumerate().filter(|_| !document.runbook.procedures.is_empty()) {
        let next = headings.get(index + 1);
        let body = Span::new(heading.span.end, next.map_or(document.text.len(), |next| next.span.start));
        let is_parent = next.is_some_and(|next| next.level > heading.level);
        let is_title = heading.level == 1 || heading.title.is_empty();
        if !is_parent && !is_title && is_blank(body.slice(document.text)) {
            report.at(
                heading.span,
                format!("nothing stands under \"{}\"", heading.title),
                "write it, or take the heading out so that nobody looks for it",
            );
        }
    }
}

/// Whether nothing but white space, underlines and rules is left; a comment may say what is to be filled in.
fn is_blank(body: &str) -> bool {
    body.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '=' | '#' | '*' | '_'))
}
