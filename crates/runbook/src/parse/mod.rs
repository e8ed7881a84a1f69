//! Markdown to a runbook. Never fails and never panics; what is odd is said in diagnostics.
//!
//! Time is linear in the text: blocks are a flat list, headings a tree of at most seven levels, and every block is
//! read once for evidence and once for content.

mod annotation;
mod appearance;
mod choices;
mod endpoints;
mod evidence;
mod fences;
mod foreign;
mod frontmatter;
mod inline;
mod labels;
mod layout;
mod literals;
mod markdown;
mod metadata;
mod outcomes;
mod outline;
mod preformatted;
mod procedures;
mod prompts;
mod reference;
mod sentences;
mod snippets;
mod source;
mod undoing;
mod vocabulary;
mod walk;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::Digest;

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Command, NotCommand, Procedure, Runbook, Section, SectionKind, Trigger, Variable, VariableForm};
use crate::secret;
use crate::span::Span;
use crate::variable::{self, Occurrence};
use crate::variable_name;
pub(crate) use appearance::is_query_text;
use fences::FenceRole;
pub(crate) use literals::add as add_literals;
use markdown::BlockKind;
use outline::Node;
use procedures::{Discovery, Unit};
use source::Source;
use vocabulary::{HeadingKind, ReferenceKind};
use walk::{Content, Walker};

/// Reads a runbook. `path` is only remembered, and lends its name to a text without headings.
pub fn parse(path: &str, text: &str) -> (Runbook, Vec<Diagnostic>) {
    let source = Source::of(path, text);
    let nodes = outline::outline(&source);
    let discovery = Discovery::new(&source, &nodes);
    let foreign = foreign::is_foreign(&source, &nodes, discovery.own());
    let units = if foreign { Vec::new() } else { discovery.units() };
    let mut runbook = Runbook {
        path: path.to_owned(),
        digest: Digest::of(text.as_bytes()),
        title: title(&source, &nodes),
        procedures: procedures(&source, &nodes, &units),
        contacts: Vec::new(),
        severities: Vec::new(),
        process: Vec::new(),
        templates: Vec::new(),
        review: Vec::new(),
        scheduled_jobs: Vec::new(),
        snippets: if foreign { Vec::new() } else { snippets::snippets(&source, &nodes, &units) },
        variables: Vec::new(),
        not_commands: not_commands(&source, &nodes, foreign),
        endpoints: Vec::new(),
    };
    references(&source, &nodes, &mut runbook);
    runbook.variables = variables(&source, &runbook);
    runbook.endpoints = endpoints(&source, &runbook);
    let diagnostics = diagnostics(&source, &runbook);
    (runbook, diagnostics)
}

fn title(source: &Source<'_>, nodes: &[Node]) -> Option<String> {
    let named = source.document.front_matter.iter().any(|(key, _)| key == "title");
    let first = nodes.iter().find(|node| node.level == 1).or_else(|| nodes.first().filter(|_| named));
    first.map(|node| node.title.clone()).filter(|title| !title.is_empty())
}

fn procedures(source: &Source<'_>, nodes: &[Node], units: &[Unit]) -> Vec<Procedure> {
    let mut ids = BTreeMap::new();
    let mut procedures: Vec<Procedure> = Vec::new();
    let severities = metadata::severities(source, nodes);
    for unit in units {
        let content = Walker::new(source).walk(nodes, unit);
        let mut procedure = procedure(source, nodes, unit, content, metadata::of_unit(&severities, nodes, unit[0]));
        if procedure.steps.is_empty() {
            continue;
        }
        procedure.id = outline::slug(&procedure.title, &mut ids);
        procedures.push(procedure);
    }
    procedures
}

fn procedure(
    source: &Source<'_>,
    nodes: &[Node],
    unit: &[usize],
    content: Content,
    above: Option<String>,
) -> Procedure {
    let node = &nodes[unit[0]];
    let front = |wanted: &[&str]| {
        let pairs = source.document.front_matter.iter();
        pairs
            .clone()
            .find(|(key, value)| wanted.contains(&key.as_str()) && !value.is_empty())
            .map(|(_, value)| value.clone())
    };
    let of_section = |kind: SectionKind| {
        let mut sections = content.sections.iter();
        sections.find(|section| section.kind == kind && !section.text.is_empty()).map(|section| section.text.clone())
    };
    let last = unit.iter().flat_map(|index| nodes[*index].blocks.clone()).next_back();
    let end = last.map_or(node.span.end, |index| source.visible(index).end.max(node.span.end));
    let severity = content.severity.clone().or_else(|| of_section(SectionKind::Severity));
    Procedure {
        id: String::new(),
        anchor: node.anchor.clone(),
        title: node.title.clone(),
        span: Span::new(node.span.start, end),
        line: source.line(node.span),
        severity: severity.or(above).or_else(|| front(&["severity", "priority", "sev", "severity_level"])),
        owner: content
            .owner
            .or_else(|| of_section(SectionKind::Owner))
            .or_else(|| front(&["owner", "owner_slack", "team", "owners", "owned_by"])),
        trigger: trigger(&content.sections).or_else(|| trigger_in_text(source, node, content.condition)),
        sections: content.sections,
        steps: content.steps,
        rollback_lines: content.proof.rollback,
        verify_lines: content.proof.verify,
    }
}

fn trigger(sections: &[Section]) -> Option<Trigger> {
    let section = sections.iter().find(|section| section.kind == SectionKind::Trigger)?;
    Some(Trigger { line: section.line, span: section.span, text: section.text.clone() })
}

/// A sentence that says when the procedure applies, or the heading; "If it is still down:" says less than the heading.
fn trigger_in_text(source: &Source<'_>, node: &Node, condition: Option<Trigger>) -> Option<Trigger> {
    let title = trigger_of_title(source, node);
    let weak = condition.as_ref().is_some_and(|condition| condition.text.starts_with("If "));
    if weak { title.or(condition) } else { condition.or(title) }
}

/// A heading that names the symptom says when the procedure applies.
fn trigger_of_title(source: &Source<'_>, node: &Node) -> Option<Trigger> {
    let names = vocabulary::names_symptom(&node.title) || vocabulary::is_case(&node.title);
    (names && node.level > 0).then(|| Trigger {
        line: source.line(node.span),
        span: node.span,
        text: node.title.clone(),
    })
}

/// The text around the procedures.
fn references(source: &Source<'_>, nodes: &[Node], runbook: &mut Runbook) {
    for node in nodes {
        let opens = matches!(node.kind, HeadingKind::Reference(_));
        match node.reference {
            Some(ReferenceKind::Contacts) => runbook.contacts.extend(reference::contacts(source, node)),
            Some(ReferenceKind::Severities) => {
                runbook.severities.extend(reference::severities(source, node));
                runbook.severities.extend(reference::severity_heading(source, node).filter(|_| !opens));
            }
            Some(ReferenceKind::Process) => runbook.process.extend(reference::process(source, node)),
            Some(ReferenceKind::Templates) => runbook.templates.extend(reference::templates(source, node)),
            Some(ReferenceKind::Review) => runbook.review.extend(reference::review(source, node)),
            Some(ReferenceKind::Jobs) if opens => runbook.scheduled_jobs.extend(reference::job_items(source, node)),
            Some(ReferenceKind::Jobs) => runbook.scheduled_jobs.push(reference::job_heading(source, node)),
            _ => {}
        }
    }
}

fn not_commands(source: &Source<'_>, nodes: &[Node], foreign: bool) -> Vec<NotCommand> {
    let mut found = Vec::new();
    for node in nodes {
        let under_template = node.reference == Some(ReferenceKind::Templates);
        for index in node.blocks.clone() {
            let role = if under_template { source.role_of_template(index) } else { source.role(index) };
            let why = match role {
                Some(FenceRole::Commands(_)) if foreign => "in a document that is not a runbook",
                Some(FenceRole::Note) => "comments only",
                Some(FenceRole::Not(why)) if source.fence(index).is_some_and(|fence| fence.fenced) => why,
                _ => continue,
            };
            let span = source.visible(index);
            found.push(NotCommand { line: source.line(span), span, why: why.to_owned() });
        }
    }
    found
}

fn variables(source: &Source<'_>, runbook: &Runbook) -> Vec<Variable> {
    let mut set = BTreeSet::new();
    for command in commands(runbook).filter(|command| command.language == "bash") {
        variable::assigned(&command.text, &mut set);
    }
    let literals = literals::literals(source);
    let mut found: Vec<Variable> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ordered: Vec<&Command> = commands(runbook).collect();
    ordered.sort_by_key(|command| command.span.start);
    for command in ordered {
        let mut occurrences = variable::occurrences(&command.language, &command.text);
        add_literals(&literals, &command.language, &command.text, &mut occurrences);
        for occurrence in occurrences {
            let own = occurrence.form == VariableForm::Shell && set.contains(&occurrence.name);
            if own || !seen.insert(occurrence.name.clone()) {
                continue;
            }
            let line = source.lines.line(command.position(occurrence.start));
            let secret = secret::is_secret(&occurrence.name);
            let Occurrence { name, form, .. } = occurrence;
            found.push(Variable { written: name.clone(), name, line, span: command.span, secret, form });
        }
    }
    variable_name::shorten(&mut found);
    found
}

/// All commands of a runbook: those of the steps, of the sections, and those outside any procedure.
fn commands(runbook: &Runbook) -> impl Iterator<Item = &Command> {
    let procedures = runbook.procedures.iter().flat_map(|procedure| {
        let steps = procedure.steps.iter().flat_map(|step| &step.commands);
        steps.chain(procedure.sections.iter().flat_map(|section| &section.commands))
    });
    procedures.chain(runbook.snippets.iter().map(|snippet| &snippet.command))
}

fn endpoints(source: &Source<'_>, runbook: &Runbook) -> Vec<crate::model::Endpoint> {
    let mut found = Vec::new();
    for command in commands(runbook) {
        endpoints::of_command(command, &source.lines, source.text, &mut found);
    }
    for block in &source.document.blocks {
        for inline in block.inlines.iter().filter(|_| !matches!(block.kind, BlockKind::Fence(_))) {
            endpoints::of_prose(inline.span, &source.lines, source.text, &mut found);
        }
    }
    endpoints::distinct(found)
}

fn diagnostics(source: &Source<'_>, runbook: &Runbook) -> Vec<Diagnostic> {
    let mut findings = Findings { text: source.text, lines: &source.lines, found: Vec::new() };
    for (index, block) in source.document.blocks.iter().enumerate() {
        if source.fence(index).is_some_and(|fence| !fence.closed) {
            let first = block.span.slice(source.text).lines().next().unwrap_or_default().len();
            let span = Span::new(block.span.start, block.span.start + first);
            findings.warn(
                "unclosed-fence",
                span,
                "this code block is never closed".to_owned(),
                "close it with the same marker, at the same indentation as the opening one",
            );
        }
    }
    if runbook.procedures.is_empty() {
        findings.warn(
            "no-procedure-found",
            Span::default(),
            "no procedure found: nothing here has both a title and steps to follow".to_owned(),
            "give each kind of incident a heading, say when it applies (`**When**: …`), and number its steps",
        );
    }
    for procedure in runbook.procedures.iter().filter(|it| it.trigger.is_none() && !vocabulary::is_branch(&it.title)) {
        findings.inform(
            "procedure-without-trigger",
            Span::new(procedure.span.start, procedure.span.start + first_line(procedure.span.slice(source.text))),
            format!("\"{}\" does not say when it applies", procedure.title),
            "add a line such as `**When**: checkout answers 5xx` below the heading",
        );
    }
    findings.found.sort_by_key(|finding| finding.span.start);
    findings.found
}

fn first_line(text: &str) -> usize {
    text.lines().next().unwrap_or_default().len()
}
