//! D14: a step that can be read in a picture only.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D14",
    name: "step-in-a-picture",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D14.md"),
    check,
};

/// A step with more words than this says something of its own.
const WORDS: usize = 8;

fn check(document: &Document<'_>, report: &mut Report) {
    let steps: Vec<_> = document.runbook.procedures.iter().flat_map(|procedure| &procedure.steps).collect();
    let mut seen = None;
    for image in document.prose.links.iter().filter(|link| link.image) {
        let behind = steps.partition_point(|step| step.span.start <= image.span.start);
        let Some(step) = steps[..behind].last().filter(|step| image.span.start < step.span.end) else { continue };
        if seen.replace(step.span.start) == Some(step.span.start) {
            continue;
        }
        if step.commands.is_empty() && says_nothing(document, step.span) {
            report.at(
                image.span,
                "what to do here stands in a picture, which nobody can search, copy or have read out",
                "write down what to click and what to enter; the picture can stay",
            );
        }
    }
}

/// Whether a step has hardly a word, or a few that only point at the picture.
fn says_nothing(document: &Document<'_>, step: Span) -> bool {
    let prose = &document.prose;
    let inside = |texts: &[Span]| -> Vec<String> {
        let first = texts.partition_point(|text| text.start < step.start);
        let own = texts[first..].iter().take_while(|text| text.start < step.end);
        own.flat_map(|text| text.slice(document.text).split_whitespace()).map(str::to_lowercase).collect()
    };
    let words = inside(&prose.texts);
    let count = words.len() + inside(&prose.codes).len();
    let points = words.last().is_some_and(|last| last.ends_with(':'))
        || words
            .iter()
            .any(|word| ["below", "screenshot", "picture", "image", "shown"].iter().any(|it| word.starts_with(it)));
    count < 2 || count <= WORDS && points
}
