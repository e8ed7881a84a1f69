//! D12: headings that a link cannot tell apart, or that skip a level.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::prose::Heading;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D12",
    name: "broken-outline",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/D12.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    if document.runbook.procedures.is_empty() {
        return;
    }
    let headings = &document.prose.headings;
    if let Some(pair) = headings.windows(2).find(|pair| pair[1].level > pair[0].level + 1) {
        report.at(
            pair[1].span,
            format!(
                "this is {} levels below the heading above it, so an outline does not show what it belongs to",
                pair[1].level - pair[0].level
            ),
            format!("make it a heading of level {}", pair[0].level + 1),
        );
    }
    twins(headings, report);
    ambiguous_links(document, report);
}

/// Two headings of one name under the same heading.
fn twins(headings: &[Heading], report: &mut Report) {
    let mut open: Vec<(u8, BTreeSet<&str>)> = Vec::new();
    for heading in headings.iter().filter(|heading| !heading.title.is_empty()) {
        while open.last().is_some_and(|(level, _)| *level > heading.level) {
            open.pop();
        }
        if open.last().is_none_or(|(level, _)| *level < heading.level) {
            open.push((heading.level, BTreeSet::new()));
        }
        let Some((_, seen)) = open.last_mut() else { continue };
        if !seen.insert(&heading.title) {
            report.at(
                heading.span,
                format!(
                    "\"{}\" stands here for the second time, so nobody can say which of the two is meant",
                    heading.title
                ),
                "say in each heading what tells it from the other",
            );
        }
    }
}

/// Links to a name that several headings have; a file that links the others by their numbers knows what it does.
fn ambiguous_links(document: &Document<'_>, report: &mut Report) {
    let linked: BTreeSet<&str> = document.prose.links.iter().filter_map(|link| link.target.strip_prefix('#')).collect();
    let headings: BTreeMap<&str, &Heading> =
        document.prose.headings.iter().map(|heading| (heading.anchor.as_str(), heading)).collect();
    for link in &document.prose.links {
        let Some(fragment) = link.target.strip_prefix('#') else { continue };
        let second = format!("{fragment}-1");
        let several = headings.contains_key(second.as_str()) && !linked.contains(second.as_str());
        if let Some(first) = headings.get(fragment).filter(|_| several) {
            report.at(
                link.span,
                format!("several headings are called \"{}\", and this leads to the first of them", first.title),
                "give the heading that is meant a name of its own",
            );
        }
    }
}
