//! D07: the runbook's own date for its next review has passed.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D07",
    name: "review-overdue",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D07.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let Some(today) = document.surroundings.today.as_deref().and_then(date) else { return };
    let Some(front) = document.prose.front_matter else { return };
    let fields = fields(front, document.text);
    let find = |names: &[&str]| fields.iter().find(|(key, _, _)| names.contains(&key.as_str()));
    let overdue = |span: Span, due: String, report: &mut Report| {
        report.at(
            span,
            format!(
                "by its own front matter this was to be reviewed by {due}: nobody has said since that it still holds"
            ),
            "walk through it once, correct what has changed, and set the new date",
        );
    };
    if let Some((_, value, span)) =
        find(&["review_by", "next_review", "next_review_on", "review_due", "expires", "expires_on", "valid_until"])
    {
        if date(value).is_some_and(|due| due < today) {
            overdue(*span, value.clone(), report);
        }
        return;
    }
    let last = find(&["last_reviewed_on", "last_reviewed", "last_review", "reviewed_on", "reviewed"]);
    let every = find(&["review_in", "review_every", "review_interval", "review_period"]);
    if let (Some((_, last, span)), Some((_, every, _))) = (last, every)
        && let Some(due) = date(last).and_then(|last| after(last, every))
        && due < today
    {
        overdue(*span, text_of(due), report);
    }
}

/// `key: value` lines with the span of the value; dashes in keys count as underscores.
fn fields(front: Span, text: &str) -> Vec<(String, String, Span)> {
    let mut found = Vec::new();
    let mut start = front.start;
    for line in front.slice(text).split_inclusive('\n') {
        if let Some((key, value)) = line.split_once(':') {
            let content = value.trim().trim_matches(['"', '\'']);
            let at = start + key.len() + 1 + value.find(content).unwrap_or(0);
            let key = key.trim().to_lowercase().replace('-', "_");
            found.push((key, content.to_owned(), Span::new(at, at + content.len())));
        }
        start += line.len();
    }
    found
}

/// Year, month and day of `2026-03-01` or `2026-03-01T…`.
fn date(text: &str) -> Option<(u32, u32, u32)> {
    let day = text.trim().get(..10)?;
    let mut parts = day.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    ((1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then_some((year, month, day))
}

fn text_of((year, month, day): (u32, u32, u32)) -> String {
    format!("{year}-{month:02}-{day:02}")
}

/// The date so much later: `6 months`, `1 year`, `90 days`.
fn after((year, month, day): (u32, u32, u32), interval: &str) -> Option<(u32, u32, u32)> {
    let mut words = interval.split_whitespace();
    let count: u32 = words.next()?.parse().ok().filter(|count| *count < 10_000)?;
    let unit = words.next()?.to_lowercase();
    let months = match unit.trim_end_matches('s') {
        "year" => count * 12,
        "month" => count,
        "week" => return Some(days_later((year, month, day), count * 7)),
        "day" => return Some(days_later((year, month, day), count)),
        _ => return None,
    };
    let index = month - 1 + months;
    let (year, month) = (year + index / 12, index % 12 + 1);
    Some((year, month, day.min(length(year, month))))
}

fn days_later((mut year, mut month, day): (u32, u32, u32), days: u32) -> (u32, u32, u32) {
    let mut day = day + days;
    while day > length(year, month) {
        day -= length(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    (year, month, day)
}

const fn length(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
