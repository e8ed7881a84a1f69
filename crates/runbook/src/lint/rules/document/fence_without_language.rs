//! D11: commands in a code block that does not say their language.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D11",
    name: "fence-without-language",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D11.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let mut found: Vec<(Span, &str)> = Vec::new();
    for entry in document.scopes.iter().filter(|scope| scope.procedure.is_some()).flat_map(|scope| &scope.entries) {
        let Some(block) = document.prose.block_at(entry.command.span.start) else { continue };
        let marker = block.span.slice(document.text).lines().next().unwrap_or_default().trim_end();
        let span = Span::new(block.span.start, block.span.start + marker.len());
        let open = block.fenced && block.info.trim().is_empty() && marker.chars().all(|c| matches!(c, '`' | '~'));
        if open && found.last().is_none_or(|(last, _)| *last != span) {
            found.push((span, &entry.command.language));
        }
    }
    // A procedure inside another one comes behind it, whichever stands first in the text.
    found.sort_by_key(|(span, _)| span.start);
    found.dedup_by_key(|(span, _)| span.start);
    let Some((span, language)) = found.first() else { return };
    let more = match found.len() - 1 {
        0 => String::new(),
        1 => ", nor does one more block below".to_owned(),
        more => format!(", nor do {more} more blocks below"),
    };
    report.at(
        *span,
        format!("this does not say that it is {language}, so nothing colours or checks it{more}"),
        format!("name the language behind the opening marker: {}{language}", span.slice(document.text)),
    );
}
