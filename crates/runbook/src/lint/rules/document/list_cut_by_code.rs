//! D04: code at the margin cuts a numbered list into several.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::prose::{CodeBlock, NumberedList};
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D04",
    name: "list-cut-by-code",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let lists: Vec<&NumberedList> = document.prose.lists.iter().filter(|list| list.outermost).collect();
    let mut cuts = lists.windows(2).filter_map(|pair| cut(document, pair[0], pair[1]));
    if document.runbook.procedures.is_empty() {
        return;
    }
    let Some(first) = cuts.next() else { return };
    let marker = first.span.slice(document.text).lines().next().unwrap_or_default().trim_end().len();
    let more = match cuts.count() {
        0 => String::new(),
        1 => ", here and in one more place".to_owned(),
        more => format!(", here and in {more} more places"),
    };
    report.at(
        Span::new(first.span.start, first.span.start + marker),
        format!("at the margin this block ends the numbered list, and the next step begins another one{more}"),
        "indent the block as far as the text of its step, so that the steps stay one list and keep their order",
    );
}

/// The block at the margin that stands between two parts of one list.
fn cut<'d>(document: &'d Document<'_>, list: &NumberedList, next: &NumberedList) -> Option<&'d CodeBlock> {
    if next.first != list.first + list.items {
        return None;
    }
    let blocks = &document.prose.blocks;
    let block = blocks.get(blocks.partition_point(|block| block.span.start < list.span.end))?;
    (block.outermost && block.fenced && block.span.end <= next.span.start).then_some(block)
}
