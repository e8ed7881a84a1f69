//! What headings and labels say: sections, steps, collections, symptoms.
//!
//! Sections are recognised by the whole phrase, never by a word in it: "Verify application" is an instruction, not a
//! section. English only; a heading in another language is a title, which is true, if not much.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::model::SectionKind;
use crate::parse::sentences;
use crate::parse::words::{FOREIGN, REFERENCES, SECTIONS};

/// What a heading announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadingKind {
    Section(SectionKind),
    Reference(ReferenceKind),
    /// `Step 3: …`
    Step,
    Title,
}

/// Parts of a runbook that are not procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceKind {
    Contacts,
    Severities,
    Process,
    Templates,
    Review,
    Jobs,
    Snippets,
    Other,
}

/// The heading without emphasis, number and decoration, in lower case.
pub(crate) fn normalised(text: &str) -> String {
    let decoration = |c: char| !c.is_alphanumeric() && c != '<' && c != '[';
    let text = without_number(text).trim_matches(decoration);
    let text = without_number(text).trim_matches(decoration);
    let mut phrase = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(word);
    }
    if phrase.is_ascii() {
        phrase.make_ascii_lowercase();
        return phrase;
    }
    phrase.replace('’', "'").to_lowercase()
}

/// The phrase without "phase 2:" in front and without what stands in brackets or behind a dash at its end.
fn core(phrase: &str) -> &str {
    let mut core = phrase;
    if let Some(rest) =
        core.strip_prefix("phase ").or_else(|| core.strip_prefix("part ")).or_else(|| core.strip_prefix("section "))
    {
        let behind = rest.trim_start_matches(|c: char| c.is_alphanumeric());
        let title = behind.trim_start_matches([':', '.', '-', '–', '—', ' ']);
        core = if behind.starts_with([':', '.', ' ', '-']) && !title.is_empty() { title } else { core };
    }
    for mark in [" (", " — ", " – ", " - ", ": "] {
        if let Some((before, _)) = core.split_once(mark) {
            core = before;
        }
    }
    core.trim()
}

/// The heading without "1.", "2)", "3:" or "4 -" in front.
pub(crate) fn without_number(text: &str) -> &str {
    let text = text.trim_start();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    if digits == 0 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return text;
    }
    let rest = &text[digits..];
    let behind = rest.trim_start_matches([')', ':', '-', '–', '—', ' ']);
    let nested = text[..digits].contains('.') && rest.starts_with(' ');
    let marked = nested
        || text[..digits].ends_with('.')
        || rest.starts_with([')', ':'])
        || rest.trim_start().starts_with(['-', '–', '—']);
    if marked && behind.len() < rest.len() && !behind.is_empty() { behind } else { text }
}

/// The number that a heading or label begins with: "3. …", "Step 3: …".
pub(crate) fn leading_number(text: &str) -> Option<u32> {
    let lower = text.trim_start().to_lowercase();
    let rest = lower.strip_prefix("step").map_or(lower.as_str(), |rest| rest.trim_start_matches([' ', '-', '#']));
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().ok()
}

/// Which section a heading or label opens.
pub(crate) fn section(text: &str) -> Option<SectionKind> {
    let phrase = normalised(text);
    let core = core(&phrase);
    let of = |phrase: &str| BY_PHRASE.get(phrase).copied();
    of(&phrase).or_else(|| of(core).filter(|_| core != phrase))
}

/// The sections by their phrases; where two have the same one, the first of them.
static BY_PHRASE: LazyLock<BTreeMap<&'static str, SectionKind>> = LazyLock::new(|| {
    let pairs = SECTIONS.iter().rev().flat_map(|(kind, phrases)| phrases.iter().map(|phrase| (*phrase, *kind)));
    pairs.collect()
});

/// Which section a heading opens by the words that it begins or ends with.
fn wordy_section(phrase: &str) -> Option<SectionKind> {
    let begins = |words: &[&str]| words.iter().any(|word| phrase.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| phrase.ends_with(word));
    if begins(&["post-", "post ", "after "]) {
        let checks = ends(&["verification", "validation", "checks", "checklist", "check"])
            && !begins(&["post-incident", "post incident"]);
        return Some(if checks { SectionKind::Verification } else { SectionKind::FollowUp });
    }
    const TRIGGERS: &[&str] = &[
        "when to use",
        "when to run",
        "triggers ",
        "trigger condition",
        "trigger criteria",
        "triggered by",
        "triggering alert",
        "triggering condition",
        "triggering event",
        "symptoms ",
    ];
    if begins(TRIGGERS) || ends(&["alerts that trigger this"]) {
        return Some(SectionKind::Trigger);
    }
    if begins(&["prerequisite", "pre-requisite", "before you "]) {
        return Some(SectionKind::Prerequisites);
    }
    if begins(&["pre-flight", "preflight", "pre-check", "pre-restore check", "pre-migration check", "safety check"]) {
        return Some(SectionKind::Diagnosis);
    }
    const NORMAL: &[&str] = &[
        "scaling back",
        "scale back",
        "back to normal",
        "return to normal",
        "returning to normal",
        "reverting to normal",
    ];
    if begins(NORMAL) {
        return Some(SectionKind::ReEnable);
    }
    if begins(&["escalat", "when to escalate"]) {
        return Some(SectionKind::Escalation);
    }
    if begins(&["why ", "how it works", "how this works"]) {
        return Some(SectionKind::Background);
    }
    ends(&[" verification", " verification steps"]).then_some(SectionKind::Verification)
}

/// What a heading announces.
pub(crate) fn heading(text: &str) -> HeadingKind {
    let phrase = normalised(text);
    if is_step(text) {
        return HeadingKind::Step;
    }
    let short = core(&phrase);
    if let Some((kind, _)) =
        REFERENCES.iter().find(|(_, phrases)| phrases.contains(&phrase.as_str()) || phrases.contains(&short))
    {
        return HeadingKind::Reference(*kind);
    }
    let is_contact = |word: Option<&str>| matches!(word, Some("contact" | "contacts"));
    let mut words = phrase.split(' ');
    if is_contact(words.next()) && !is_imperative_sentence(&phrase)
        || is_contact(words.next_back())
        || phrase == "who to call"
    {
        return HeadingKind::Reference(ReferenceKind::Contacts);
    }
    if phrase.ends_with("template") || phrase.ends_with("templates") {
        return HeadingKind::Reference(ReferenceKind::Templates);
    }
    if phrase.ends_with(" commands") && !sentences::is_imperative(&phrase) {
        return HeadingKind::Reference(ReferenceKind::Snippets);
    }
    section(text).or_else(|| wordy_section(&phrase)).map_or(HeadingKind::Title, HeadingKind::Section)
}

/// "Contact the vendor" asks for something, "Contact information" does not.
fn is_imperative_sentence(phrase: &str) -> bool {
    phrase.split(' ').nth(1).is_some_and(|word| matches!(word, "the" | "your" | "our" | "a" | "an"))
}

/// A heading that gathers incidents or tasks of one kind, each under a heading of its own.
pub(crate) fn is_collection(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "common",
        "procedures",
        "scenarios",
        "incidents",
        "playbooks",
        "runbooks",
        "operations",
        "alerts",
        "tasks",
        "issues",
        "problems",
        "errors",
        "failures",
        "recipes",
        "troubleshooting",
        "situations",
        "cases",
        "guides",
        "how-tos",
        "runbook",
    ];
    normalised(text).split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| WORDS.contains(&word))
}

/// A title that says what is wrong, so that it says when the procedure applies.
pub(crate) fn names_symptom(text: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "down", "high", "slow", "slowness", "full", "unavailable", "unreachable", "stuck", "lag", "lagging", "expired", "expiring",
        "expiration", "expiry", "oom", "oomkilled", "outage", "loss", "lost", "breach", "breached", "compromise", "compromised",
        "degraded", "degradation", "degrading", "missing", "broken", "not", "cannot", "can't", "won't", "isn't", "doesn't",
        "5xx", "4xx", "500", "502", "503", "504", "overload", "overloaded", "deadlock", "deadlocks", "backlog", "stale",
        "unhealthy", "rejected", "denied", "pressure", "flapping", "ransomware", "ddos", "attack", "abuse", "leaked", "exposed",
        "mismatch", "exceeded", "refused", "unresponsive", "blocked", "saturated", "saturation", "growing", "failing", "low",
        "elevated", "hanging", "hung", "fails", "empty", "wrong", "duplicate", "duplicated", "dead", "offline", "killed", "never",
    ];
    const STEMS: &[&str] = &[
        "fail",
        "error",
        "crash",
        "timeout",
        "timed",
        "leak",
        "corrupt",
        "spik",
        "exhaust",
        "throttl",
        "disconnect",
        "anomal",
    ];
    let phrase = normalised(text);
    let failover = phrase.contains("failover");
    let mut words = phrase.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let named = words.any(|word| {
        WORDS.contains(&word)
            || STEMS.iter().any(|stem| word.starts_with(stem)) && !(failover && word.starts_with("failover"))
    });
    let first = phrase.split(' ').next().unwrap_or_default();
    let task = first.ends_with("ing") && !WORDS.contains(&first) && !STEMS.iter().any(|stem| first.starts_with(stem));
    (named || is_alert_name(text)) && !task && !sentences::is_imperative(&phrase)
}

/// `KubePodCrashLooping`: the name of an alert.
pub(crate) fn is_alert_name(text: &str) -> bool {
    let text = text.trim().trim_matches('`');
    let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    text.len() > 5 && capitals >= 2 && lower && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `Step 3`, `Step 3: …`
pub(crate) fn is_step(text: &str) -> bool {
    let phrase = normalised(text);
    phrase.strip_prefix("step").is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

/// The title behind `Step 3:`; the whole text where nothing follows.
pub(crate) fn without_step(text: &str) -> &str {
    let Some(rest) = text.get(4..).filter(|_| is_step(text) && text.is_char_boundary(4)) else {
        return without_number(text);
    };
    let rest = rest.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    let rest = rest.trim_start_matches([':', '.', ')', '-', '–', '—', ' ']);
    if rest.is_empty() { text } else { rest }
}

/// One of several ways out, or one of several cases, that a responder chooses between.
pub(crate) fn is_branch(text: &str) -> bool {
    let phrase = normalised(text);
    let first = phrase.split([' ', ':']).next().unwrap_or_default();
    let lettered =
        phrase.split_whitespace().nth(1).is_some_and(|word| word.trim_end_matches([':', '.', ')']).len() <= 2);
    matches!(first, "scenario" | "case" | "if" | "when" | "for" | "symptom")
        || lettered && matches!(first, "option" | "approach" | "method" | "path" | "plan" | "variant" | "alternative")
        || phrase.starts_with("alternative")
}

/// A heading that says in which case its steps apply.
pub(crate) fn is_case(text: &str) -> bool {
    let phrase = normalised(text);
    ["if ", "when ", "scenario", "symptom", "case ", "incident:", "alert:", "alert "]
        .iter()
        .any(|start| phrase.starts_with(start))
}

/// Whether the heading is one that READMEs, reports and proposals have, and runbooks rarely.
pub(crate) fn is_foreign(text: &str) -> bool {
    FOREIGN.contains(&normalised(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_front_of_headings_are_dropped_but_names_that_begin_with_digits_are_kept() {
        assert_eq!(without_number("1. Restore"), "Restore");
        assert_eq!(without_number("2) Restore"), "Restore");
        assert_eq!(without_number("3 - Restore"), "Restore");
        assert_eq!(without_number("1.2. Restore"), "Restore");
        assert_eq!(without_number("502 errors"), "502 errors");
    }

    #[test]
    fn sections_are_recognised_by_the_whole_phrase() {
        assert_eq!(section("**When**"), Some(SectionKind::Trigger));
        assert_eq!(section("Post-Incident"), Some(SectionKind::FollowUp));
        assert_eq!(section("Verify application"), None);
    }

    #[test]
    fn step_headings_keep_their_number_and_lose_it_in_the_title() {
        assert_eq!(heading("Step 2 — Drain it"), HeadingKind::Step);
        assert_eq!(leading_number("Step 2 — Drain it"), Some(2));
        assert_eq!(without_step("Step 2 — Drain it"), "Drain it");
    }
}
