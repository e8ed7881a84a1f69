//! Documents that are no runbooks: READMEs, reports, proposals, templates, tutorials.

use crate::model::SectionKind;
use crate::parse::evidence::Evidence;
use crate::parse::markdown::{BlockKind, Style};
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};

/// Whether this is some other kind of document.
pub(crate) fn is_foreign(source: &Source<'_>, nodes: &[Node], own: &[Evidence]) -> bool {
    let title = title(source, nodes);
    if holds_blank(title) {
        return true;
    }
    let title = vocabulary::normalised(title);
    let stem = source.stem().to_ascii_lowercase().replace('_', "-");
    if names_runbook(&title, &stem) && !is_template(source, &title, &stem) {
        return false;
    }
    is_template(source, &title, &stem)
        || is_readme(&title, &stem)
        || is_report(&title, &stem, nodes)
        || is_proposal(&title, nodes)
        || is_tutorial(&title, &stem, nodes)
        || !is_operational(nodes, own) && nodes.iter().filter(|node| vocabulary::is_foreign(&node.title)).count() >= 2
}

/// The title of the front matter, which names the whole text, else the first heading of the first level.
///
/// An expression of a site generator (`<%= page.title %>`, `{{ title }}`) says nothing about the text.
fn title<'a>(source: &'a Source<'_>, nodes: &'a [Node]) -> &'a str {
    let front = source.document.front_matter.iter().filter(|(key, _)| key == "title").map(|(_, value)| value.as_str());
    let headings = nodes.iter().filter(|node| node.level == 1).chain(nodes.first()).map(|node| node.title.as_str());
    let mut titles = front.chain(headings);
    titles.find(|title| !title.contains("<%") && !title.contains("{{") && !title.is_empty()).unwrap_or_default()
}

/// A title that is still to be filled in: `Runbook: [Service name]`, `<Alert> runbook`. `[P1] Disk full` is none.
fn holds_blank(title: &str) -> bool {
    #[rustfmt::skip]
    const ASKED: &[&str] = &[
        "name", "title", "your", "service", "alert", "component", "system", "incident", "application", "app", "description",
        "summary", "issue", "problem", "date", "number", "id", "insert", "team", "procedure", "product", "project",
    ];
    [('[', ']'), ('{', '}'), ('<', '>')].iter().any(|(open, close)| {
        let inside = title.split_once(*open).and_then(|(_, rest)| rest.split_once(*close)).map(|(inside, _)| inside);
        inside.is_some_and(|inside| words(&inside.to_lowercase()).any(|word| ASKED.contains(&word)))
    })
}

/// A list of runbooks is called so as well: then the file is a README, or its title says what it is.
fn names_runbook(title: &str, stem: &str) -> bool {
    let lists = ["repository", "collection", "index"].iter().any(|word| words(title).any(|other| other == *word));
    title.contains("runbook") && (stem != "readme" || words(title).any(|word| word == "runbook") && !lists)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether anything says that there is an incident to deal with.
fn is_operational(nodes: &[Node], own: &[Evidence]) -> bool {
    let sections = nodes.iter().any(|node| match node.kind {
        HeadingKind::Section(kind) => {
            matches!(kind, SectionKind::Trigger | SectionKind::Rollback) || kind.bears_steps()
        }
        HeadingKind::Step => true,
        _ => false,
    });
    sections || own.iter().any(|evidence| evidence.trigger || evidence.steps_labelled)
}

fn is_readme(title: &str, stem: &str) -> bool {
    const FILES: &[&str] = &[
        "readme",
        "changelog",
        "contributing",
        "code-of-conduct",
        "security",
        "license",
        "maintainers",
        "summary",
        "history",
        "authors",
        "governance",
        "roadmap",
        "glossary",
    ];
    let operational = ["runbook", "playbook", "incident", "troubleshooting", "recovery"]
        .iter()
        .any(|name| words(title).any(|word| word == *name));
    FILES.contains(&stem) && !operational
}

/// A title in brackets, a name that says template, or more blanks than text.
fn is_template(source: &Source<'_>, title: &str, stem: &str) -> bool {
    let named = title.ends_with("template") || stem.ends_with("template") || stem.starts_with("template");
    named || is_scaffold(source)
}

/// Most paragraphs and items hold a blank to fill in.
fn is_scaffold(source: &Source<'_>) -> bool {
    const LEAST: usize = 6;
    let (mut lines, mut blanks) = (0, 0);
    for block in
        source.document.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Paragraph | BlockKind::Cell))
    {
        // A blank in inline code is a variable of the procedure, to be filled in when it runs.
        let prose = block.inlines.iter().filter(|inline| inline.style != Style::Code);
        let text: String = prose.map(|inline| inline.text.as_str()).collect();
        if text.trim().is_empty() {
            continue;
        }
        lines += 1;
        blanks += usize::from(has_blank(&text));
    }
    blanks >= LEAST && blanks * 5 >= lines * 2
}

/// `TBD`, `[your name]`, `<service>` in prose.
fn has_blank(text: &str) -> bool {
    let marked =
        [concat!("TO", "DO"), "TBD", "FIXME", "_fill", "(fill", "lorem ipsum"].iter().any(|word| text.contains(word));
    let bracketed = text.split_once('[').is_some_and(|(_, rest)| {
        rest.split_once(']').is_some_and(|(inside, behind)| {
            inside.len() > 2 && !behind.starts_with(['(', '[', ':']) && inside.starts_with(|c: char| c.is_alphabetic())
        })
    });
    let angled = text.split_once('<').is_some_and(|(_, rest)| {
        rest.split_once('>').is_some_and(|(inside, _)| {
            inside.len() > 2 && inside.len() < 40 && inside.starts_with(|c: char| c.is_ascii_lowercase())
        })
    });
    marked || bracketed || angled
}

fn is_report(title: &str, stem: &str, nodes: &[Node]) -> bool {
    #[rustfmt::skip]
    const HEADINGS: &[&str] = &[
        "timeline", "what went well", "what went wrong", "where we got lucky", "action items", "lessons learned", "lessons",
        "contributing factors", "root cause", "root causes", "root cause analysis", "incident summary", "what happened", "follow-up actions",
        "timing", "review process", "identified", "incident timeline", "five whys", "5 whys",
    ];
    let named =
        ["postmortem", "post-mortem", "incident report", "outage report", "incident review", "root cause analysis"];
    let dated = is_date(stem) || title.split_whitespace().any(is_date);
    let happened = ["incident", "outage", "disruption"].iter().any(|word| title.contains(word));
    let headings = nodes.iter().filter(|node| HEADINGS.contains(&vocabulary::normalised(&node.title).as_str())).count();
    let guide =
        ["process", "how to", "guide", "template", "checklist", "procedure"].iter().any(|word| title.contains(word));
    named.iter().any(|name| title.contains(name)) && !guide
        || dated && (headings >= 1 || happened)
        || headings >= 3 && !has_instructions(nodes)
}

/// Whether the word begins with a day: `2025-03-02-search-down`.
fn is_date(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 10
        && bytes[..10]
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}

fn has_instructions(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| {
        matches!(node.kind, HeadingKind::Section(SectionKind::Steps | SectionKind::Diagnosis) | HeadingKind::Step)
    })
}

fn is_proposal(title: &str, nodes: &[Node]) -> bool {
    #[rustfmt::skip]
    const HEADINGS: &[&str] = &[
        "motivation", "alternatives considered", "drawbacks", "unresolved questions", "decision", "decision drivers", "consequences",
        "considered options", "non-goals", "proposal", "proposed solution", "open questions", "user stories", "design details", "rationale",
    ];
    let named = ["rfc ", "rfc-", "rfc:", "adr ", "adr-", "adr:", "proposal", "design doc", "design:"];
    let headings = nodes.iter().filter(|node| HEADINGS.contains(&vocabulary::normalised(&node.title).as_str())).count();
    headings >= 2 || named.iter().any(|name| title.starts_with(name))
}

/// Tutorials and guides of development: nothing is wrong, and somebody wants to learn.
fn is_tutorial(title: &str, stem: &str, nodes: &[Node]) -> bool {
    const STARTS: &[&str] = &[
        "getting started",
        "tutorial",
        "contributing",
        "development setup",
        "local development",
        "developer guide",
        "quickstart",
        "quick start",
        "installation",
        "installing ",
        "introduction to",
        "architecture",
        "style guide",
        "onboarding",
        "set up your",
        "setting up your",
        "glossary",
        "faq",
        "frequently asked",
        "changelog",
        "release notes",
        "about ",
        "welcome",
    ];
    const ENDS: &[&str] =
        &[" architecture", " deep-dive", " guidelines", "how it works", "how they work", " coding standards"];
    let titled = STARTS.iter().any(|start| title.starts_with(start)) || ENDS.iter().any(|end| title.ends_with(end));
    let guide = title.starts_with("how to ") || stem.starts_with("howto") || stem.starts_with("how-to");
    let operates = words(title).chain(words(stem)).any(is_operation);
    let incident = nodes.iter().any(|node| {
        matches!(
            node.kind,
            HeadingKind::Section(SectionKind::Trigger | SectionKind::Rollback | SectionKind::Mitigation)
        )
    });
    (titled || guide && !operates) && !incident
}

/// A word of a title that is about a running service: `restore`, `redirect`, `maintenance`.
fn is_operation(word: &str) -> bool {
    #[rustfmt::skip]
    const STEMS: &[&str] = &[
        "recover", "restor", "respond", "handl", "fix", "troubleshoot", "fail", "rotat", "restart", "resolv", "diagnos", "debug",
        "mitigat", "revok", "incident", "outage", "drain", "replac", "clear", "delet", "remov", "revert", "rollback", "roll",
        "rolling", "maintenance", "upgrad", "migrat", "redirect", "modify", "modifi", "updat", "scale", "scaling", "resiz", "renew",
        "silenc", "disabl", "block", "unblock", "unlock", "reset", "switch", "stop", "kill", "purg", "flush", "evict", "backup",
        "backups", "reindex", "republish", "rerun", "replay", "promot", "decommission", "terminat", "suspend", "emergency", "investigat", "error", "alert", "issue", "problem", "stuck",
    ];
    const ENDINGS: &[&str] = &[
        "", "e", "s", "es", "ed", "d", "ing", "ion", "ions", "y", "ement", "over", "ure", "ures", "ation", "al", "ling",
    ];
    STEMS.iter().any(|stem| word.strip_prefix(stem).is_some_and(|rest| ENDINGS.contains(&rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_with_a_blank_is_told_from_a_title_with_a_label() {
        for title in ["Runbook: [Service Name]", "<Alert name>", "{service} is down", "[Your title here]"] {
            assert!(holds_blank(title), "{title}");
        }
        for title in ["[P1] Disk full", "TargetDown [warning]", "Latency > 2 s", "Queue {orders} stuck"] {
            assert!(!holds_blank(title), "{title}");
        }
    }

    #[test]
    fn guides_to_running_services_are_told_from_guides_to_building_them() {
        for word in
            ["recovery", "restoring", "redirect", "maintenance", "failover", "removal", "upgrading", "replacement"]
        {
            assert!(is_operation(word), "{word}");
        }
        for word in ["install", "rails", "build", "clearance", "rollup", "fixture", "gateway"] {
            assert!(!is_operation(word), "{word}");
        }
    }

    #[test]
    fn a_readme_that_lists_runbooks_is_none() {
        assert!(names_runbook("payments runbook", "readme") && names_runbook("runbooks", "runbooks"));
        assert!(!names_runbook("runbooks", "readme") && !names_runbook("runbook repository", "readme"));
    }
}
