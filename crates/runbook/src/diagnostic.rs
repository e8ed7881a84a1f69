//! What the parser has to say about a runbook: a stable code, a place, and what to write instead.

use serde::Serialize;

use crate::span::{Lines, Span};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosticSeverity {
    /// Worth knowing.
    Information,
    /// Risky, or probably not what was meant.
    Warning,
    /// Wrong or without effect as written.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable kebab-case name of the finding.
    pub code: &'static str,
    /// How much it matters.
    pub severity: DiagnosticSeverity,
    /// The characters concerned.
    pub span: Span,
    /// 1-based line of the first character.
    pub line: u32,
    /// 1-based column of the first character, in characters.
    pub column: u32,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub help: String,
}

/// Collects findings about one text.
pub(crate) struct Findings<'t> {
    pub(crate) text: &'t str,
    pub(crate) lines: &'t Lines,
    pub(crate) found: Vec<Diagnostic>,
}

impl Findings<'_> {
    pub(crate) fn warn(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        self.push(DiagnosticSeverity::Warning, code, span, message, help);
    }

    pub(crate) fn inform(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        self.push(DiagnosticSeverity::Information, code, span, message, help);
    }

    fn push(&mut self, severity: DiagnosticSeverity, code: &'static str, span: Span, message: String, help: &str) {
        self.found.push(Diagnostic {
            code,
            severity,
            span,
            line: self.lines.line(span.start),
            column: self.lines.column(self.text, span.start),
            message,
            help: help.to_owned(),
        });
    }
}
