//! Addresses worth watching: what commands fetch, and what prose names as a health check or an API.

use allclear_core::EffectClass;

use crate::model::{Command, Endpoint};
use crate::span::{Lines, Span};

/// Adds the addresses that a command fetches.
pub(crate) fn of_command(command: &Command, lines: &Lines, text: &str, found: &mut Vec<Endpoint>) {
    let fetches = command.text.split_whitespace().any(|word| matches!(word, "curl" | "wget" | "http" | "https" | "xh"));
    if fetches && command.effect == EffectClass::Observe {
        scan(text, command.span, lines, |_| true, found);
    }
}

/// Adds the addresses in a stretch of prose that look like health checks or APIs.
pub(crate) fn of_prose(span: Span, lines: &Lines, text: &str, found: &mut Vec<Endpoint>) {
    scan(text, span, lines, looks_watched, found);
}

/// One entry per address, at its first mention.
pub(crate) fn distinct(mut found: Vec<Endpoint>) -> Vec<Endpoint> {
    found.sort_by_key(|endpoint| endpoint.span.start);
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|endpoint| seen.insert(endpoint.url.clone()));
    found
}

fn scan(text: &str, span: Span, lines: &Lines, wanted: impl Fn(&str) -> bool, found: &mut Vec<Endpoint>) {
    // Nobody writes a longer one; within it another may begin, and one more in that.
    const LONGEST: usize = 1_000;
    let source = span.slice(text);
    let mut behind = 0;
    for (at, _) in source.match_indices("http") {
        let rest = &source[at..];
        if at < behind || !(rest.starts_with("http://") || rest.starts_with("https://")) {
            continue;
        }
        let rest = &rest[..rest.floor_char_boundary(LONGEST)];
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`<>)]}|\\,;".contains(c)).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(['.', ':', '?', '!', '*']);
        let host = url.split("//").nth(1).unwrap_or_default();
        if rest[end..].starts_with('<') || host.is_empty() || url.contains(['$', '{']) || !wanted(url) {
            continue;
        }
        behind = at + end;
        let start = span.start + at;
        let span = Span::new(start, start + url.len());
        found.push(Endpoint { url: url.to_owned(), line: lines.line(start), span });
    }
}

fn looks_watched(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let health = path.split(['/', '?']).any(|part| {
        matches!(
            part,
            "health" | "healthz" | "healthcheck" | "ready" | "readyz" | "live" | "livez" | "ping" | "api" | "v1" | "v2"
        )
    });
    (health || host.starts_with("api.")) && !host.ends_with("github.com") && !host.starts_with("docs.")
}
