//! What a text in a fence looks like where its tag does not tell: a query, the listing of a folder, a message to fill in, a
//! diagram, a manifest.

use crate::shell::programs;

/// `db.orders.find(…)`, `rs.status()`
pub(super) fn is_mongo(text: &str) -> bool {
    let first =
        text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or_default();
    ["db.", "rs.", "sh."].iter().any(|prefix| first.starts_with(prefix)) && first.contains('(')
}

/// A text without a tag that begins like a query of a monitoring system: `rate(http_requests_total{…}[5m])`.
pub(super) fn begins_like_query(text: &str) -> bool {
    ["rate(", "sum(", "sum by", "histogram_quantile(", "increase(", "avg(", "max(", "absent(", "up{", "count("]
        .iter()
        .any(|start| text.trim_start().starts_with(start))
}

/// Whether a text is a query for Prometheus although it may be tagged as something else: functions and ranges that only
/// such a query has, and no line that begins like a command.
pub(crate) fn is_query_text(text: &str) -> bool {
    #[rustfmt::skip]
    const PARTS: &[&str] = &[
        "rate(", "sum(", "sum by", "sum without", "count by", "avg by", "max by", "min by", "topk(", "histogram_quantile(",
        "increase(", "_over_time(", "predict_linear(", "absent(", "label_replace(",
    ];
    let called = text.contains("$ ") || text.lines().any(|line| calls(line.trim()));
    PARTS.iter().any(|part| text.contains(part)) && !called
}

/// The listing of a folder: `├── values.yaml`; behind a command it would be what that printed.
pub(super) fn is_tree(text: &str) -> bool {
    let called = text.contains("$ ") || text.lines().any(|line| calls(line.trim().trim_start_matches("# ")));
    text.lines().any(|line| line.trim_start().starts_with(['├', '└', '│', '┌'])) && !called
}

/// Whether a line begins with a program that everybody knows, or sets a variable.
fn calls(line: &str) -> bool {
    programs::begins_with_program(line) || programs::is_assignment(line)
}

pub(super) fn is_template(text: &str) -> bool {
    let blanks = text.matches('[').zip(text.matches(']')).count();
    let labels = text.lines().filter(|line| line.trim_start().starts_with("**") && line.contains(':')).count();
    labels >= 2 || blanks >= 2 && text.lines().filter(|line| is_label(line)).count() >= 2
}

/// `Impact: …`
fn is_label(line: &str) -> bool {
    line.split_once(": ")
        .is_some_and(|(label, _)| label.len() < 30 && label.starts_with(char::is_uppercase) && !label.contains('='))
}

pub(super) fn is_diagram(text: &str) -> bool {
    text.contains("+--") || text.contains("-->") || text.chars().any(|c| matches!(c, '─'..='╿' | '▲' | '▼' | '►' | '→'))
}

pub(super) fn is_manifest(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    // What Helm still has to fill in is no manifest yet.
    let filled_in = ["{{-", "{{ .", "{{ include", "{{ template"].iter().any(|tag| text.contains(tag));
    has("apiVersion:") && has("kind:") && !filled_in
}
