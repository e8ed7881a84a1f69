//! What would hurt in a runbook, found before the night in which it does.
//!
//! A rule is one file with a constant `RULE` and a pure function from a `Document` to findings. To write one:
//!
//! 1. `lint/rules/FAMILY/NAME.rs`: the `RULE` (code, name, severity, page) and `check`, which asks the syntax trees of
//!    `Document` and never matches text that a tree tells better; list it in the family's `mod.rs`.
//! 2. `docs/lint/CODE.md`: what hurts and why, what to write instead, how sure the rule is; `allclear explain CODE` prints it.
//! 3. `specs/lint/CODE.md`: bad and good examples with exactly what is said about them; the tests execute it.
//!
//! Messages name the harm in one sentence without a full stop; the help says what to write instead. A fix is offered
//! only where applying it unread is an improvement. Precision comes before recall: nine true findings beat ten of
//! which one is false.

mod allow;
mod allowed;
mod batch;
mod coverage;
mod document;
mod fence;
mod prose;
mod report;
mod rules;
mod settings;
mod surroundings;

pub(crate) use batch::{BatchSource, Sent};
pub use coverage::{Covered, FoundBy, Watched, WatchedKind, alert_rules, coverage, scheduled_jobs};
pub(crate) use document::{Document, Entry, Place, Scope};
pub(crate) use fence::Fence;
pub(crate) use prose::{Link, Prose};
pub(crate) use report::Report;
pub use report::{Edit, Finding, Fix};
pub use rules::RULES;
pub use settings::{Settings, find_rule};
pub use surroundings::{Known, ReadText, Surroundings};

use crate::diagnostic::{Diagnostic, DiagnosticSeverity};
use crate::model::Runbook;
use crate::span::Span;

/// One thing that can be wrong with a runbook.
#[derive(Debug)]
pub struct Rule {
    /// Stable short code, such as `K04`; never used again for something else.
    pub code: &'static str,
    /// Stable name in words, such as `logs-by-label-without-tail`.
    pub name: &'static str,
    /// How much a finding matters unless the configuration says otherwise.
    pub severity: DiagnosticSeverity,
    /// The page about the rule, in Markdown.
    pub page: &'static str,
    pub(crate) check: fn(&Document<'_>, &mut Report),
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

/// Everything that the rules find and no remark allows, in the order of the text; `diagnostics` are those of `parse`.
pub fn lint(
    runbook: &Runbook,
    text: &str,
    diagnostics: &[Diagnostic],
    surroundings: &Surroundings<'_>,
    settings: &Settings,
) -> Vec<Finding> {
    let document = Document::new(runbook, text, diagnostics, surroundings);
    let mut findings = Vec::new();
    for rule in RULES.iter().copied().flatten().copied().filter(|rule| settings.level(rule).is_some()) {
        let mut report = Report::new(rule);
        (rule.check)(&document, &mut report);
        findings.append(&mut report.found);
    }
    allowed::retain(&document, &mut findings);
    let mut commands: Vec<Span> = document.entries().map(|entry| entry.command.span).collect();
    commands.sort_by_key(|span| span.start);
    for finding in &mut findings {
        finding.severity = settings.level(finding.rule).unwrap_or(finding.severity);
        let before = commands.partition_point(|span| span.start <= finding.span.start);
        let holder = commands[..before].last().filter(|span| finding.span.start < span.end);
        finding.begins = holder.map_or(finding.span.start, |span| span.start);
    }
    findings.retain(|finding| settings.level(finding.rule).is_some());
    findings.sort_by_key(|finding| (finding.begins, finding.span.start, finding.rule.code));
    findings
}
