//! D09: a step whose text is in a tool that wants a login.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D09",
    name: "step-behind-login",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D09.md"),
    check,
};

/// Where documents are kept that only people with an account can read.
#[rustfmt::skip]
const HOSTS: &[(&str, &str)] = &[
    ("docs.google.com", "Google Docs"), ("drive.google.com", "Google Drive"), ("notion.so", "Notion"), ("notion.site", "Notion"),
    ("atlassian.net/wiki", "Confluence"), ("sharepoint.com", "SharePoint"), ("quip.com", "Quip"), ("paper.dropbox.com", "Dropbox Paper"),
    ("coda.io", "Coda"), ("app.slite.com", "Slite"), ("onedrive.live.com", "OneDrive"), ("slab.com", "Slab"), ("getguru.com", "Guru"),
];

fn check(document: &Document<'_>, report: &mut Report) {
    let steps = document.runbook.procedures.iter().flat_map(|procedure| &procedure.steps);
    let spans: Vec<_> = steps.map(|step| step.span).collect();
    for link in document.prose.links.iter().filter(|link| !link.image) {
        let Some((_, name)) = HOSTS.iter().find(|(host, _)| is_at(&link.target, host)) else { continue };
        let behind = spans.partition_point(|span| span.start <= link.span.start);
        if spans[..behind].last().is_some_and(|span| link.span.start < span.end)
            && sends_on(document.text, link.span.start)
        {
            report.at(
                link.span,
                format!("this step goes on in {name}, behind a login that may be what is down, or that the person on call lacks"),
                "copy what has to be done into the runbook, and keep the link for the background",
            );
        }
    }
}

/// How much of a line is read on each side of a link, in bytes.
const AROUND: usize = 400;

/// Whether the line sends the reader there to read on, rather than to look up a figure or fill in a form.
fn sends_on(text: &str, at: usize) -> bool {
    let before = &text[text.floor_char_boundary(at.saturating_sub(AROUND))..at];
    let behind = &text[at..text.floor_char_boundary(at.saturating_add(AROUND).min(text.len()))];
    let start = at - before.rfind('\n').map_or(before.len(), |line| before.len() - line - 1);
    let end = at + behind.find('\n').unwrap_or(behind.len());
    let line = text[start..end].to_lowercase();
    let words = [
        "follow",
        "refer to",
        "consult",
        "as per",
        "according to",
        "described",
        "documented",
        "instruction",
        "how to",
        "steps",
        "procedure",
        "runbook",
        "playbook",
        "checklist",
    ];
    words.iter().any(|word| line.contains(word)) && !line.contains("/forms/")
}

/// Whether an address is at a host, or at a part of it, with the path that may follow the host.
fn is_at(address: &str, host: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let (host, path) = host.split_once('/').unwrap_or((host, ""));
    let (actual, behind) = rest.split_once('/').unwrap_or((rest, ""));
    let same = actual == host || actual.strip_suffix(host).is_some_and(|sub| sub.ends_with('.'));
    same && behind.starts_with(path)
}
