//! Documents that are no runbooks: READMEs, reports, proposals, templates, tutorials.

use crate::model::SectionKind;
use crate::parse::evidence::Evidence;
use crate::parse::markdown::{BlockKind, Style};
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};

/// Whether this is some other kind of document.
pub(crate) fn is_foreign(source: &Source<'_>, nodes: &[Node], own: &[Evidence]) -> bool {
    let title = nodes.iter().find(|node| node.level == 1).map_or(nodes[0].title.as_str(), |node| node.title.as_str());
    let bracketed = title.contains('[') && title.contains(']') || title.contains('{') && title.contains('}');
    let title = vocabulary::normalised(title);
    if bracketed && !title.starts_with("[") || title.starts_with(['<', '{']) {
        return true;
    }
    let stem = source.stem().to_ascii_lowercase().replace('_', "-");
    if title.contains("runbook") && !is_template(source, &title, &stem) {
        return false;
    }
    is_template(source, &title, &stem)
        || is_readme(&title, &stem)
        || is_report(&title, &stem, nodes)
        || is_proposal(&title, nodes)
        || is_tutorial(&title, &stem, nodes)
        || !is_operational(nodes, own) && nodes.iter().filter(|node| vocabulary::is_foreign(&node.title)).count() >= 2
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
    let operational =
        ["runbook", "playbook", "incident", "troubleshooting", "recovery"].iter().any(|word| title.contains(word));
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

/// `TODO`, `TBD`, `[your name]`, `<service>` in prose.
fn has_blank(text: &str) -> bool {
    let marked = ["TODO", "TBD", "FIXME", "_fill", "(fill", "lorem ipsum"].iter().any(|word| text.contains(word));
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
    const RECOVERS: &[&str] = &[
        "recover",
        "restore",
        "respond",
        "handle",
        "fix",
        "troubleshoot",
        "fail",
        "roll",
        "rotate",
        "restart",
        "resolve",
        "diagnose",
        "debug",
        "mitigate",
        "revoke",
        "incident",
        "outage",
        "drain",
        "replace",
        "clear",
        "delete",
        "remove",
        "revert",
    ];
    let titled = STARTS.iter().any(|start| title.starts_with(start));
    let guide = title.starts_with("how to ") || stem.starts_with("howto") || stem.starts_with("how-to");
    let recovers = RECOVERS.iter().any(|word| title.contains(word));
    let incident = nodes.iter().any(|node| {
        matches!(
            node.kind,
            HeadingKind::Section(SectionKind::Trigger | SectionKind::Rollback | SectionKind::Mitigation)
        )
    });
    (titled || guide && !recovers) && !incident
}
