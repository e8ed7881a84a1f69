//! D10: a link to a dashboard that shows a day long past.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D10",
    name: "frozen-time-range",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D10.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for link in document.prose.links.iter().filter(|link| !link.image && !document.runbook.procedures.is_empty()) {
        if is_frozen(&link.target) {
            report.at(
                link.span,
                "this always opens at dates that have passed, whatever is happening now",
                "end the range now: `from=now-3h&to=now` in Grafana, the relative range of the tool elsewhere",
            );
        }
    }
}

/// Whether an address names both ends of a range by the clock.
fn is_frozen(address: &str) -> bool {
    let mut ends = 0;
    for part in address.split(['?', '&', '#', ';']) {
        let Some((key, value)) = part.split_once('=') else { continue };
        let key = key.to_ascii_lowercase();
        let bound =
            matches!(key.as_str(), "from" | "to" | "from_ts" | "to_ts" | "start" | "end" | "starttime" | "endtime");
        if key == "live" && value == "true" {
            return false;
        }
        ends += usize::from(bound && is_moment(value));
    }
    let kibana =
        address.contains("_g=") && address.matches("from:'2").count() + address.matches("from:%272").count() > 0;
    ends >= 2 || kibana
}

/// Seconds or milliseconds since 1970, or a date.
fn is_moment(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    (10..=13).contains(&digits) && digits == value.len()
        || digits == 4 && value[digits..].starts_with('-') && value.len() >= 10
}
