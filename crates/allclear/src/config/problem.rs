//! What is wrong with a configuration, where, and what to write instead.
//!
//! Invariant: the text that is shown was masked before, so no excerpt and no message holds a secret.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use super::code::Code;
use super::secret;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The configuration is usable.
    Warning,
    /// It is not.
    Error,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(super) code: Code,
    pub(super) weight: Weight,
    pub(super) span: Option<Range<usize>>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn error(code: Code, span: impl Into<Option<Range<usize>>>, message: impl Into<String>) -> Self {
        Self { code, weight: Weight::Error, span: span.into(), message: message.into(), help: None }
    }

    pub(super) fn warning(code: Code, span: impl Into<Option<Range<usize>>>, message: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, ..Self::error(code, span, message) }
    }

    /// Adds what to write instead.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Everything that is wrong with one file, in the order of its text. It prints as whole lines, as none where all is well.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    path: String,
    text: String,
    problems: Vec<Problem>,
}

impl Report {
    pub(super) fn new(path: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        for problem in &mut problems {
            problem.message = secret::mask_text(&problem.message);
            // The end of the file is a place too, and a caret needs a character to stand under.
            if let Some(span) = &mut problem.span {
                span.start = floor(text, span.start);
                span.end = floor(text, span.end).max(span.start);
            }
        }
        if problems.is_empty() {
            return Self { path: path.to_owned(), text: String::new(), problems };
        }
        let is_literal = |problem: &&Problem| problem.code == Code::LiteralSecret;
        let secrets: Vec<_> = problems.iter().filter(is_literal).filter_map(|problem| problem.span.clone()).collect();
        Self { path: path.to_owned(), text: secret::mask_source(text, &secrets), problems }
    }

    /// Whether the configuration cannot be used.
    pub(crate) fn has_errors(&self) -> bool {
        self.count(Weight::Error) > 0
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many problems weigh so much.
    pub(crate) fn count(&self, weight: Weight) -> usize {
        self.problems.iter().filter(|problem| problem.weight == weight).count()
    }

    /// For people, in colour: excerpt, caret and advice for each problem, a blank line between them.
    pub(crate) fn styled(&self) -> String {
        self.render(&Renderer::styled())
    }

    /// For programs.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.problems.iter().map(|problem| self.problem_json(problem)).collect()
    }

    fn problem_json(&self, problem: &Problem) -> Value {
        let start = problem.span.as_ref().map(|span| self.position(span.start));
        let end = problem.span.as_ref().map(|span| self.position(span.end));
        json!({
            "code": problem.code.word(),
            "severity": match problem.weight { Weight::Error => "error", Weight::Warning => "warning" },
            "path": self.path,
            "line": start.map(|(line, _)| line),
            "column": start.map(|(_, column)| column),
            "end_line": end.map(|(line, _)| line),
            "end_column": end.map(|(_, column)| column),
            "message": problem.message,
            "help": problem.help,
        })
    }

    /// 1-based line and column, in characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let rendered: Vec<String> =
            self.problems.iter().map(|problem| self.render_problem(problem, renderer)).collect();
        rendered.iter().map(|problem| format!("{problem}\n")).collect::<Vec<_>>().join("\n")
    }

    fn render_problem(&self, problem: &Problem, renderer: &Renderer) -> String {
        let level = match problem.weight {
            Weight::Error => Level::ERROR,
            Weight::Warning => Level::WARNING,
        };
        let title = level.primary_title(problem.message.as_str()).id(problem.code.word());
        let group = match &problem.span {
            Some(span) => title.element(
                Snippet::source(self.text.as_str())
                    .path(self.path.as_str())
                    .annotation(AnnotationKind::Primary.span(span.clone())),
            ),
            None => title.element(Origin::path(self.path.as_str())),
        };
        let help = problem.help.as_deref().map(|help| Level::HELP.message(help));
        renderer.render(&[group.elements(help)])
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Report {}

/// The nearest character boundary at or before the offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
