//! What surrounds the procedures: contacts, severity levels, the response process, scheduled jobs, templates, review.

use crate::model::{Contact, ProcessStep, ReviewItem, ScheduledJob, SeverityLevel, Template};
use crate::parse::labels;
use crate::parse::markdown::{BlockKind, Style, plain};
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary;
use crate::span::Span;

/// An item of a list or a row of a table: a name and what is said about it.
struct Entry {
    name: String,
    text: String,
    span: Span,
    /// Inline code in it.
    code: Vec<String>,
    /// The cells of a table's row behind the first.
    cells: Vec<String>,
}

/// Reads the entries directly under a heading: one per outermost list item or table row.
fn entries(source: &Source<'_>, node: &Node) -> Vec<Entry> {
    let document = &source.document;
    let mut found = Vec::new();
    let mut index = node.blocks.start;
    while index < node.blocks.end {
        match document.blocks[index].kind {
            BlockKind::List { .. } => found.extend(document.children(Some(index)).map(|item| item_entry(source, item))),
            BlockKind::Table => {
                found.extend(document.children(Some(index)).skip(1).filter_map(|row| row_entry(source, row)));
            }
            _ => {}
        }
        index = document.blocks[index].end;
    }
    found
}

fn item_entry(source: &Source<'_>, item: usize) -> Entry {
    let blocks = &source.document.blocks[item..source.document.blocks[item].end];
    let first = blocks.iter().find(|block| matches!(block.kind, BlockKind::Paragraph));
    let inlines = first.map(|block| block.inlines.as_slice()).unwrap_or_default();
    let code = inlines.iter().filter(|inline| inline.style == Style::Code).map(|inline| inline.text.clone()).collect();
    let whole = plain(inlines);
    let strong = inlines.iter().take_while(|inline| inline.style == Style::Strong).count();
    let (name, text) = if strong > 0 {
        let rest = plain(&inlines[strong..]);
        (plain(&inlines[..strong]).trim_end_matches(':').to_owned(), trim_separator(&rest).to_owned())
    } else {
        match whole.split_once(": ").or_else(|| whole.split_once(" - ")).or_else(|| whole.split_once(" – ")) {
            Some((name, text)) => (name.trim().to_owned(), text.trim().to_owned()),
            None => (whole, String::new()),
        }
    };
    Entry { name, text, span: source.visible(item), code, cells: Vec::new() }
}

fn row_entry(source: &Source<'_>, row: usize) -> Option<Entry> {
    let document = &source.document;
    let mut cells = document.children(Some(row)).map(|cell| plain(&document.blocks[cell].inlines));
    let name = cells.next()?;
    let rest: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
    Some(Entry { name, text: rest.join(", "), span: source.visible(row), code: Vec::new(), cells: rest })
}

fn trim_separator(text: &str) -> &str {
    text.trim_start_matches([':', '-', '–', '—', ' '])
}

pub(crate) fn contacts(source: &Source<'_>, node: &Node) -> Vec<Contact> {
    let entries = entries(source, node).into_iter();
    entries
        .map(|entry| Contact { line: source.line(entry.span), name: entry.name, reach: entry.text, span: entry.span })
        .collect()
}

pub(crate) fn severities(source: &Source<'_>, node: &Node) -> Vec<SeverityLevel> {
    let entries = entries(source, node).into_iter();
    let levels = entries.filter_map(|entry| {
        let mut level = level(&entry.name, entry.text, source.line(entry.span))?;
        // A table of three columns names the level in the second.
        if let [name, description] = entry.cells.as_slice() {
            level.name.clone_from(name);
            level.description.clone_from(description);
        }
        Some(level)
    });
    levels.collect()
}

/// A level whose heading stands under the heading of the levels: `### P0: Critical`.
pub(crate) fn severity_heading(source: &Source<'_>, node: &Node) -> Option<SeverityLevel> {
    let first = source
        .document
        .blocks
        .get(node.blocks.clone())?
        .iter()
        .find(|block| matches!(block.kind, BlockKind::Paragraph));
    let text = first.map(|block| plain(&block.inlines)).unwrap_or_default();
    level(&node.title, text, source.line(node.span))
}

fn level(name: &str, description: String, line: u32) -> Option<SeverityLevel> {
    let name = name.trim();
    let end = name.find([' ', ':', '(']).unwrap_or(name.len());
    let (code, rest) = name.split_at(end);
    if !is_code(code) {
        return None;
    }
    let rest = trim_separator(rest).trim_matches(['(', ')', ' ']);
    let text = if description.is_empty() && !rest.is_empty() { rest.to_owned() } else { description };
    Some(SeverityLevel { code: code.to_owned(), name: rest.to_owned(), description: text, line })
}

/// `P0`, `S1`, `SEV2`, `SEV-2`
fn is_code(code: &str) -> bool {
    let upper = code.to_ascii_uppercase();
    let digits = ["SEV-", "SEV", "P", "S"].iter().find_map(|prefix| upper.strip_prefix(prefix));
    digits.is_some_and(|digits| digits.len() == 1 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn process(source: &Source<'_>, node: &Node) -> Vec<ProcessStep> {
    let entries = entries(source, node).into_iter();
    entries.map(|entry| ProcessStep { line: source.line(entry.span), name: entry.name, text: entry.text }).collect()
}

/// The points of the review; those that a list holds, as whole sentences.
pub(crate) fn review(source: &Source<'_>, node: &Node) -> Vec<ReviewItem> {
    let document = &source.document;
    let items = node.blocks.clone().filter(|index| matches!(document.blocks[*index].kind, BlockKind::Item { .. }));
    let texts = items.map(|item| {
        let first = document
            .children(Some(item))
            .next()
            .filter(|child| matches!(document.blocks[*child].kind, BlockKind::Paragraph));
        let text = first.map(|child| plain(&document.blocks[child].inlines)).unwrap_or_default();
        ReviewItem { text, line: source.line(document.blocks[item].span) }
    });
    texts.filter(|item| !item.text.is_empty()).collect()
}

pub(crate) fn templates(source: &Source<'_>, node: &Node) -> Vec<Template> {
    let mut title = node.title.clone();
    let mut found = Vec::new();
    for index in node.blocks.clone() {
        let block = &source.document.blocks[index];
        match &block.kind {
            BlockKind::Paragraph => title = plain(&block.inlines).trim_end_matches(':').to_owned(),
            BlockKind::Fence(fence) => {
                let text = fence.text.trim_end().to_owned();
                found.push(Template { title: title.clone(), text, line: source.line(block.span) });
                title.clone_from(&node.title);
            }
            _ => {}
        }
    }
    found
}

/// A job under a heading of its own: its properties are labelled items.
pub(crate) fn job_heading(source: &Source<'_>, node: &Node) -> ScheduledJob {
    let name = vocabulary::without_number(&node.title).to_owned();
    let mut job = ScheduledJob { name, line: source.line(node.span), ..empty_job() };
    for entry in entries(source, node) {
        property(&mut job, &entry);
    }
    for index in node.blocks.clone() {
        let block = &source.document.blocks[index];
        for line in labels::lines(&block.inlines).filter(|_| matches!(block.kind, BlockKind::Paragraph)) {
            if let Some(label) = labels::label(line) {
                let code = line
                    .iter()
                    .filter(|inline| inline.style == Style::Code)
                    .map(|inline| inline.text.clone())
                    .collect();
                property(
                    &mut job,
                    &Entry { name: label.title, text: label.rest, span: block.span, code, cells: Vec::new() },
                );
            }
        }
    }
    job
}

/// Jobs that are items of one list: `- **Payout check**: nightly at 02:00 (`0 2 * * *`)`.
pub(crate) fn job_items(source: &Source<'_>, node: &Node) -> Vec<ScheduledJob> {
    let mut found = Vec::new();
    for entry in entries(source, node) {
        let cron = entry.code.iter().find(|code| is_cron(code)).cloned();
        if cron.is_some() {
            found.push(ScheduledJob {
                name: entry.name,
                cadence: entry.text,
                cron,
                line: source.line(entry.span),
                ..empty_job()
            });
        }
    }
    found
}

const fn empty_job() -> ScheduledJob {
    ScheduledJob {
        name: String::new(),
        cadence: String::new(),
        cron: None,
        owner: None,
        purpose: String::new(),
        line: 0,
    }
}

fn property(job: &mut ScheduledJob, entry: &Entry) {
    match vocabulary::normalised(&entry.name).as_str() {
        "cadence" | "schedule" | "frequency" | "runs" => {
            job.cron = entry.code.iter().find(|code| is_cron(code)).cloned().or(job.cron.take());
            job.cadence.clone_from(&entry.text);
        }
        "owner" | "owned by" | "team" => job.owner = Some(entry.text.clone()),
        "purpose" | "description" | "what" => job.purpose.clone_from(&entry.text),
        _ => {}
    }
}

/// Five or six fields of a cron expression.
fn is_cron(code: &str) -> bool {
    let fields: Vec<&str> = code.split_whitespace().collect();
    let valid = |field: &&str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*/,-?#".contains(c));
    matches!(fields.len(), 5 | 6) && fields.iter().all(valid) && code.contains('*') && !code.contains("--")
}
