//! D15: contacts that cannot be reached, levels that nothing has, a rollback without a way.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::model::{Contact, Procedure, Section, SectionKind};
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "D15",
    name: "promise-without-use",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D15.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    if document.runbook.procedures.is_empty() {
        return;
    }
    contacts(document, report);
    severities(document, report);
    for procedure in &document.runbook.procedures {
        rollbacks(document, procedure, report);
    }
}

fn contacts(document: &Document<'_>, report: &mut Report) {
    for contact in &document.runbook.contacts {
        let source = contact.span.slice(document.text);
        let span = Span::new(contact.span.start, contact.span.start + first_line(source));
        if is_placeholder(source) {
            report.at(
                span,
                "this contact was never filled in, and whoever needs it finds that out at night",
                "write the name and the number, or the rotation that is paged",
            );
        } else if is_person(contact) && !is_reachable(source) {
            report.at(
                span,
                format!("this does not say how to reach \"{}\"", contact.name),
                "add a number, an address, a channel or the rotation that is paged",
            );
        }
    }
}

/// Whether the entry names somebody, rather than saying something about whom to call when.
fn is_person(contact: &Contact) -> bool {
    let words = contact.name.split_whitespace().count();
    (1..=5).contains(&words) && !contact.name.ends_with(['.', '?']) && contact.reach.split_whitespace().count() <= 12
}

/// `[Name]`, `<phone>`, `XXX-XXXX`: something is to be put in its place.
fn is_placeholder(source: &str) -> bool {
    let lower = source.to_lowercase();
    let bracketed = source.match_indices('[').any(|(at, _)| {
        let Some((inside, behind)) = source[at + 1..].split_once(']') else { return false };
        let inside = inside.trim();
        !inside.is_empty() && inside != "x" && inside != "X" && !behind.starts_with(['(', '[', ':'])
    });
    let angled = source.match_indices('<').any(|(at, _)| {
        let Some((inside, _)) = source[at + 1..].split_once('>') else { return false };
        inside.chars().next().is_some_and(char::is_alphabetic)
            && !inside.contains(['@', ':', '/', '='])
            && !matches!(inside, "br" | "b" | "i" | "td" | "tr")
    });
    bracketed
        || angled
        || ["xxx-", "xxx ", "tbd", "todo", "your-", "your name", "555-0", "-xxxx"]
            .iter()
            .any(|mark| lower.contains(mark))
}

/// Whether there is a number, an address, a channel, or a tool that pages.
fn is_reachable(source: &str) -> bool {
    const WAYS: &[&str] = &[
        "@",
        "#",
        "http",
        "pager",
        "opsgenie",
        "slack",
        "teams",
        "rotation",
        "roster",
        "rota",
        "schedule",
        "on-call",
        "on call",
        "oncall",
        "phone",
        "email",
        "e-mail",
        "channel",
        "discord",
        "zoom",
        "victorops",
        "ticket",
        "chat",
        "hotline",
        "sms",
        "whatsapp",
        "telegram",
        "signal",
        "jira",
        "portal",
        "dashboard",
        "mailto",
        "grafana",
        "matrix",
        "irc",
        "bridge",
        "directory",
        "support",
    ];
    let lower = source.to_lowercase();
    let digits = source.bytes().filter(u8::is_ascii_digit).count();
    digits >= 5 || WAYS.iter().any(|way| lower.contains(way))
}

/// A scale of levels that no procedure refers to.
fn severities(document: &Document<'_>, report: &mut Report) {
    // Where procedures are no answers to incidents, a scale is about something else.
    let procedures = &document.runbook.procedures;
    if procedures.iter().filter(|procedure| procedure.trigger.is_some()).count() * 2 < procedures.len() {
        return;
    }
    let levels = &document.runbook.severities;
    let Some(first) = levels.first().filter(|_| levels.len() > 1) else { return };
    let codes: BTreeSet<String> = levels.iter().map(|level| level.code.to_lowercase()).collect();
    let used = document.runbook.procedures.iter().any(|procedure| {
        let text = procedure.span.slice(document.text).to_lowercase();
        procedure.severity.is_some()
            || text.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| codes.contains(word))
    });
    if used {
        return;
    }
    let Some(line) = document.text.lines().nth(first.line.saturating_sub(1) as usize) else { return };
    let offset = line.as_ptr() as usize - document.text.as_ptr() as usize;
    let at = offset + line.find(&first.code).unwrap_or(0);
    report.at(
        Span::new(at, at + first.code.len()),
        format!(
            "no procedure says which of these {} levels it is, so nobody knows whom to wake and how fast",
            levels.len()
        ),
        "give each procedure a line such as `**Severity**: P1`",
    );
}

fn rollbacks(document: &Document<'_>, procedure: &Procedure, report: &mut Report) {
    let acts = procedure
        .steps
        .iter()
        .flat_map(|step| &step.commands)
        .any(|command| command.effect != allclear_core::EffectClass::Observe);
    for section in procedure.sections_of(SectionKind::Rollback).filter(|_| acts) {
        if is_empty_promise(document, section) {
            let source = section.span.slice(document.text);
            let length = if source.starts_with(&section.title) { section.title.len() } else { first_line(source) };
            report.at(
                Span::new(section.span.start, section.span.start + length),
                "this promises a way back and names no command, so it will be made up under pressure",
                "write the commands that undo each step, in order, with what is lost on the way",
            );
        }
    }
}

fn first_line(text: &str) -> usize {
    text.lines().next().unwrap_or_default().trim_end().len()
}

/// Whether a sentence or two is all there is: no command, no list of what to do, no link to it.
fn is_empty_promise(document: &Document<'_>, section: &Section) -> bool {
    let source = section.span.slice(document.text);
    let listed = source
        .lines()
        .skip(1)
        .any(|line| ["- ", "* ", "1", "|", "+ "].iter().any(|mark| line.trim_start().starts_with(mark)));
    let elsewhere = source.contains("](") || source.contains("http") || source.contains('`');
    section.commands.is_empty() && !listed && !elsewhere && source.len() < 400
}
