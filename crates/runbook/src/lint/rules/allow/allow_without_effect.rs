//! A02: a remark that allows what nothing reports any more hides the next one that comes.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::allow::Allow;
use crate::lint::{Document, Report, Rule, find_rule};

pub(super) const RULE: Rule = Rule {
    code: "A02",
    name: "allow-without-effect",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/A02.md"),
    check: |_, _| {},
};

/// Reports the rules of remarks that covered no finding: `used` tells for each remark which of its rules did. What is
/// allowed is known only when every other rule has been asked, so this is no `check`.
pub(in crate::lint) fn report_unused(document: &Document<'_>, used: &[Vec<bool>]) -> Report {
    let mut report = Report::new(&RULE);
    let idle = |(allow, used): (&Allow, &Vec<bool>)| {
        let rules = allow.rules.iter().zip(used);
        rules
            .filter(|(rule, used)| !**used && find_rule(rule).is_some())
            .map(|(rule, _)| (allow.span, rule.clone()))
            .collect::<Vec<_>>()
    };
    let with_reason = document.allows.iter().zip(used).filter(|(allow, _)| allow.reason.is_some());
    for (span, rule) in with_reason.flat_map(idle) {
        report.at(
            span,
            format!("nothing here breaks {rule} any more, and this would hide it if it came back"),
            "take the remark away",
        );
    }
    report
}
