//! Findings and the changes that would settle them.

use crate::diagnostic::DiagnosticSeverity;
use crate::lint::Rule;
use crate::span::Span;

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters.
    pub severity: DiagnosticSeverity,
    /// The characters concerned: as few as tell what is meant.
    pub span: Span,
    /// First byte of the command that holds them; where there is none, their own first byte.
    pub begins: usize,
    /// What is wrong and why it hurts, in one sentence.
    pub message: String,
    /// What to write instead, in one sentence.
    pub help: String,
    /// A change that settles it and can be applied unread.
    pub fix: Option<Fix>,
    /// Where credentials stand that the finding is about: to be covered wherever the text is shown.
    pub secrets: Vec<Span>,
}

/// A change to the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// The edits, in the order of the text, none over another.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there instead.
    pub text: String,
}

impl Fix {
    /// Replaces one span.
    pub(crate) fn replace(title: &str, span: Span, text: impl Into<String>) -> Self {
        Self { title: title.to_owned(), edits: vec![Edit { span, text: text.into() }] }
    }

    /// Inserts text at one place.
    pub(crate) fn insert(title: &str, at: usize, text: impl Into<String>) -> Self {
        Self::replace(title, Span::new(at, at), text)
    }
}

/// Takes the findings of one rule.
#[derive(Debug)]
pub(crate) struct Report {
    rule: &'static Rule,
    pub(super) found: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(rule: &'static Rule) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// Adds a finding about these bytes of the file; see `Entry::place`.
    pub(crate) fn at(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> &mut Finding {
        self.found.push(Finding {
            rule: self.rule,
            severity: self.rule.severity,
            span,
            begins: span.start,
            message: message.into(),
            help: help.into(),
            fix: None,
            secrets: Vec::new(),
        });
        self.found.last_mut().expect("a finding was added in the line above")
    }
}
