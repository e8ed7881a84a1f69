//! The words by which headings, labels and instructions are recognised, kept as data.
//!
//! Sections are recognised by the whole phrase, never by a word in it: "Verify application" is an instruction, not a
//! section. English only; a heading in another language is a title, which is true, if not much.

use crate::model::SectionKind;

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

#[rustfmt::skip]
const SECTIONS: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::Trigger,
        &[
            "when", "trigger", "triggers", "triggered by", "symptom", "symptoms", "alert", "alerts", "alert name", "meaning",
            "detection", "triggering alerts", "trigger conditions", "when to use", "when to use this", "when to use this runbook",
            "when this happens", "what it means", "signs", "indicators", "problem",
        ],
    ),
    (SectionKind::Impact, &["impact", "user impact", "customer impact", "business impact", "blast radius", "consequences"]),
    (SectionKind::Severity, &["severity", "priority"]),
    (SectionKind::Owner, &["owner", "owners", "team", "owned by", "owning team", "responsible team", "maintainer"]),
    (
        SectionKind::Prerequisites,
        &[
            "prerequisites", "prerequisite", "preconditions", "before you begin", "before you start", "preparation",
            "pre-checks", "required access", "you need", "what you need",
        ],
    ),
    (
        SectionKind::Diagnosis,
        &[
            "diagnosis", "diagnose", "diagnostics", "diagnostic steps", "triage", "investigation", "investigate",
            "initial assessment", "assessment", "troubleshooting", "troubleshooting steps", "debugging", "how to diagnose",
            "initial checks", "first checks", "quick checks", "quick check", "checks", "analysis",
        ],
    ),
    (
        SectionKind::Steps,
        &[
            "steps", "procedure", "action", "actions", "immediate action", "immediate actions", "response", "response steps",
            "instructions", "playbook", "what to do", "execution", "action steps",
        ],
    ),
    (
        SectionKind::Mitigation,
        &[
            "mitigation", "mitigate", "mitigation steps", "resolution", "resolve", "resolution steps", "fix", "fixes",
            "how to fix", "remediation", "remediate", "remediation steps", "solution", "solutions", "recovery",
            "recovery steps", "recover", "contain", "containment", "eradicate", "eradication", "repair", "workaround",
        ],
    ),
    (
        SectionKind::Verification,
        &[
            "verify", "verification", "verification steps", "validate", "validation", "post-checks", "how to verify",
            "success criteria", "verify recovery", "expected result", "expected results", "confirm", "confirmation",
        ],
    ),
    (
        SectionKind::Rollback,
        &[
            "rollback", "roll back", "rollback procedure", "rollback procedures", "rollback steps", "rollback plan", "undo",
            "how to undo", "revert", "reverting", "back out", "backout", "backout plan",
        ],
    ),
    (
        SectionKind::ReEnable,
        &["re-enable", "reenable", "re-enabling", "switch back on", "turn back on", "back to normal", "return to normal"],
    ),
    (
        SectionKind::FollowUp,
        &[
            "post-incident", "post incident", "post-incident actions", "post-incident steps", "follow-up", "follow up",
            "followup", "follow-ups", "follow-up actions", "follow up actions", "after the incident", "afterwards",
            "aftercare", "next steps", "lessons learned",
        ],
    ),
    (
        SectionKind::LongTerm,
        &["long-term", "long term", "long-term fix", "long term fix", "prevention", "preventive measures", "permanent fix"],
    ),
    (SectionKind::Escalation, &["escalation", "escalate", "when to escalate", "escalation path", "escalation policy"]),
    (
        SectionKind::Cause,
        &["cause", "causes", "possible causes", "common causes", "likely causes", "potential causes", "root cause", "root causes"],
    ),
    (
        SectionKind::Background,
        &[
            "overview", "summary", "background", "description", "purpose", "scope", "note", "notes", "reference", "references",
            "link", "links", "see also", "related", "related links", "related runbooks", "additional resources",
            "introduction", "about", "context", "documentation", "further reading", "history", "metrics", "dashboards",
            "dashboard", "additional notes", "important", "warning", "tip", "caution",
        ],
    ),
];

#[rustfmt::skip]
const REFERENCES: &[(ReferenceKind, &[&str])] = &[
    (
        ReferenceKind::Severities,
        &[
            "severities", "severity levels", "severity level", "severity definitions", "severity classification",
            "severity matrix", "incident severity", "incident severity levels", "incident severities", "priority levels",
        ],
    ),
    (
        ReferenceKind::Process,
        &[
            "incident response process", "response process", "incident process", "incident lifecycle", "incident workflow",
            "how we respond", "incident response lifecycle", "general response process",
        ],
    ),
    (
        ReferenceKind::Review,
        &[
            "post-incident review", "post incident review", "postmortem", "post-mortem", "incident review", "review checklist",
            "retrospective", "post-incident review checklist", "postmortem checklist", "blameless postmortem",
        ],
    ),
    (
        ReferenceKind::Jobs,
        &["scheduled jobs", "scheduled tasks", "scheduled job", "cron jobs", "recurring jobs", "batch jobs", "nightly jobs"],
    ),
    (
        ReferenceKind::Snippets,
        &[
            "useful commands", "quick reference", "common commands", "handy commands", "command reference", "cheat sheet",
            "cheatsheet", "commands", "quick commands", "useful queries", "quick command reference",
        ],
    ),
    (
        ReferenceKind::Other,
        &[
            "table of contents", "contents", "installation", "install", "contributing", "license", "licence", "changelog",
            "getting started", "quick start", "quickstart", "usage", "features", "glossary", "appendix", "revision history",
            "change log", "authors", "acknowledgements", "faq", "how it works",
        ],
    ),
];

/// Headings of documents that are no runbooks.
#[rustfmt::skip]
const FOREIGN: &[&str] = &[
    "installation", "install", "installing", "contributing", "license", "licence", "features", "getting started",
    "quick start", "quickstart", "usage", "building", "development", "changelog", "unreleased", "authors",
    "acknowledgements", "api reference", "what went well", "what went wrong", "where we got lucky", "action items",
    "timeline", "lessons learned", "motivation", "alternatives considered", "drawbacks", "unresolved questions",
];

#[rustfmt::skip]
const VERBS: &[&str] = &[
    "access", "acknowledge", "add", "adjust", "allow", "analyze", "annotate", "apply", "ask", "assess", "assign",
    "attach", "audit", "back", "block", "bring", "call", "cancel", "capture", "change", "check", "choose", "clean",
    "clear", "click", "close", "collect", "communicate", "compare", "configure", "confirm", "connect", "contact",
    "copy", "cordon", "correct", "create", "decrease", "delete", "deploy", "describe", "destroy", "determine",
    "diagnose", "disable", "document", "download", "drain", "drop", "edit", "enable", "ensure", "escalate",
    "evaluate", "examine", "execute", "exit", "export", "fail", "failover", "fetch", "filter", "find", "fix", "flush",
    "follow", "force", "free", "gather", "generate", "get", "go", "grant", "identify", "import", "increase", "inform",
    "inspect", "install", "investigate", "isolate", "kill", "label", "list", "locate", "lock", "log", "login", "look",
    "make", "mark", "merge", "mitigate", "modify", "monitor", "mount", "move", "navigate", "note", "notify", "obtain",
    "open", "page", "patch", "pause", "perform", "ping", "post", "prepare", "promote", "provision", "publish", "pull",
    "purge", "push", "put", "query", "reboot", "rebuild", "recover", "recreate", "redeploy", "redirect", "reduce",
    "reload", "remove", "rename", "renew", "repeat", "replace", "replay", "report", "reproduce", "request", "rerun",
    "reset", "resize", "resolve", "restart", "restore", "resume", "retrieve", "retry", "return", "revert", "review",
    "revoke", "roll", "rollback", "rotate", "run", "save", "scale", "schedule", "search", "see", "select", "send",
    "set", "shut", "shutdown", "sign", "silence", "snapshot", "ssh", "start", "stop", "submit", "suspend", "switch",
    "sync", "take", "talk", "tell", "terminate", "test", "trigger", "try", "turn", "uncordon", "undo", "uninstall",
    "unlock", "unset", "update", "upgrade", "upload", "use", "validate", "verify", "view", "visit", "wait", "watch",
    "work", "write",
];

/// The heading without emphasis, number and decoration, in lower case.
pub(crate) fn normalised(text: &str) -> String {
    let text = without_number(text);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = text.split_whitespace().map(|word| word.replace('’', "'").to_lowercase()).collect();
    words.join(" ")
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
    let marked =
        text[..digits].ends_with('.') || rest.starts_with([')', ':']) || rest.trim_start().starts_with(['-', '–', '—']);
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
    SECTIONS.iter().find(|(_, phrases)| phrases.contains(&phrase.as_str())).map(|(kind, _)| *kind)
}

/// What a heading announces.
pub(crate) fn heading(text: &str) -> HeadingKind {
    let phrase = normalised(text);
    if is_step(text) {
        return HeadingKind::Step;
    }
    if let Some((kind, _)) = REFERENCES.iter().find(|(_, phrases)| phrases.contains(&phrase.as_str())) {
        return HeadingKind::Reference(*kind);
    }
    let is_contact = |word: Option<&str>| matches!(word, Some("contact" | "contacts"));
    let mut words = phrase.split(' ');
    if is_contact(words.next()) || is_contact(words.next_back()) || phrase == "who to call" {
        return HeadingKind::Reference(ReferenceKind::Contacts);
    }
    if phrase.ends_with("template") || phrase.ends_with("templates") {
        return HeadingKind::Reference(ReferenceKind::Templates);
    }
    section(text).map_or(HeadingKind::Title, HeadingKind::Section)
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
    matches!(first, "option" | "scenario" | "case" | "if" | "for" | "approach" | "method" | "symptom" | "alternative")
}

/// Whether the heading is one that READMEs, reports and proposals have, and runbooks rarely.
pub(crate) fn is_foreign(text: &str) -> bool {
    FOREIGN.contains(&normalised(text).as_str())
}

/// Whether the text begins like an instruction.
pub(crate) fn is_imperative(text: &str) -> bool {
    let phrase = normalised(text);
    let mut words = phrase.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.find(|word| {
        !matches!(
            *word,
            "immediately"
                | "then"
                | "now"
                | "first"
                | "next"
                | "finally"
                | "please"
                | "also"
                | "manually"
                | "optionally"
                | "carefully"
        )
    });
    first.is_some_and(|word| VERBS.binary_search(&word).is_ok())
}

/// Explanations that look like lists of steps.
pub(crate) fn is_explanation(text: &str) -> bool {
    let phrase = normalised(text);
    ["how it ", "how this ", "what ", "why ", "about "].iter().any(|start| phrase.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_sorted_so_that_they_can_be_searched() {
        assert!(VERBS.is_sorted(), "{:?}", VERBS.windows(2).find(|pair| pair[0] > pair[1]));
    }

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
