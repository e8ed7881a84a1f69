//! Which findings the remarks of an author allow, and which remarks allow none.
//!
//! Invariant: the work grows with remarks and findings, not with their product.

use std::collections::BTreeMap;

use crate::lint::allow::Allow;
use crate::lint::document::Document;
use crate::lint::{Finding, find_rule, rules};

/// Leaves what no remark allows, and adds what is wrong with the remarks.
pub(super) fn retain(document: &Document<'_>, findings: &mut Vec<Finding>) {
    if document.allows.is_empty() {
        return;
    }
    let line = |finding: &Finding| document.lines.line(finding.span.start);
    let mut found: BTreeMap<&'static str, Vec<u32>> = BTreeMap::new();
    for finding in findings.iter() {
        found.entry(finding.rule.code).or_default().push(line(finding));
    }
    found.values_mut().for_each(|lines| lines.sort_unstable());
    let covered = covered(&document.allows);
    let used =
        document.allows.iter().map(|allow| allow.rules.iter().map(|rule| is_used(allow, rule, &found)).collect());
    let used: Vec<Vec<bool>> = used.collect();
    findings.retain(|finding| {
        let ranges = covered.get(finding.rule.code).map_or(&[][..], Vec::as_slice);
        let line = line(finding);
        let behind = ranges.partition_point(|(first, _)| *first <= line);
        behind == 0 || ranges[behind - 1].1 < line
    });
    findings.append(&mut rules::report_unused(document, &used).found);
}

/// Whether a remark hides a finding of one of its rules.
fn is_used(allow: &Allow, rule: &str, found: &BTreeMap<&'static str, Vec<u32>>) -> bool {
    let lines = find_rule(rule).and_then(|rule| found.get(rule.code)).filter(|_| allow.reason.is_some());
    lines.is_some_and(|lines| {
        let first = lines.partition_point(|line| *line < allow.lines.0);
        lines.get(first).is_some_and(|line| *line <= allow.lines.1)
    })
}

/// The lines that remarks cover, first and last, for each rule: rising, and none over another.
fn covered(allows: &[Allow]) -> BTreeMap<&'static str, Vec<(u32, u32)>> {
    let mut covered: BTreeMap<&'static str, Vec<(u32, u32)>> = BTreeMap::new();
    for allow in allows.iter().filter(|allow| allow.reason.is_some()) {
        for rule in allow.rules.iter().filter_map(|rule| find_rule(rule)) {
            covered.entry(rule.code).or_default().push(allow.lines);
        }
    }
    for ranges in covered.values_mut() {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (first, last) in ranges.drain(..) {
            match joined.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        *ranges = joined;
    }
    covered
}
