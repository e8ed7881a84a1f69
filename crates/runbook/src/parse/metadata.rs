//! Severity that a procedure does not state under its own heading: in its title, or above it.

use crate::model::SectionKind;
use crate::parse::labels;
use crate::parse::markdown::{BlockKind, plain};
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};

/// `Checkout is down (P1)`, `SEV-2: …`, `[CRITICAL] …`
pub(crate) fn severity_of_title(title: &str) -> Option<String> {
    let words =
        title.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ':' | ',' | '—' | '–' | '/'));
    let levels: Vec<&str> = words.filter(|word| is_level(word)).collect();
    // "P1/P2 incidents" names a range, not a severity.
    if let [level] = levels.as_slice() { Some((*level).to_owned()) } else { None }
}

fn is_level(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    let digits = ["SEV-", "SEV", "P"].iter().find_map(|prefix| upper.strip_prefix(prefix));
    let coded = digits.is_some_and(|digits| digits.len() == 1 && digits.as_bytes()[0].is_ascii_digit());
    coded && word.starts_with(['P', 'S', 's']) || matches!(word, "CRITICAL" | "HIGH")
}

/// For each node, what it and the headings above it say in a label, a table of properties or a title, the nearest first.
pub(crate) fn severities(source: &Source<'_>, nodes: &[Node]) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let inherited = node.parent.and_then(|parent| found[parent].clone());
        found.push(stated_severity(source, node).or_else(|| severity_of_title(&node.title)).or(inherited));
    }
    // A section "Severity" says it for the heading that it belongs to, and for everything below.
    for (index, node) in nodes.iter().enumerate() {
        if let (HeadingKind::Section(SectionKind::Severity), Some(parent)) = (node.kind, node.parent)
            && nodes[parent].level <= 1
            && let Some(text) = first_text(source, node)
        {
            found[parent].get_or_insert_with(|| text.clone());
            let own = &mut found[index];
            own.get_or_insert(text);
        }
    }
    found
}

/// What holds for the procedure that begins with this node.
pub(crate) fn of_unit(severities: &[Option<String>], nodes: &[Node], node: usize) -> Option<String> {
    let mut next = Some(node);
    while let Some(index) = next {
        if severities[index].is_some() {
            return severities[index].clone();
        }
        next = nodes[index].parent;
    }
    None
}

fn first_text(source: &Source<'_>, node: &Node) -> Option<String> {
    let blocks = source.document.blocks.get(node.blocks.clone())?;
    blocks.iter().find(|block| matches!(block.kind, BlockKind::Paragraph)).map(|block| plain(&block.inlines))
}

fn stated_severity(source: &Source<'_>, node: &Node) -> Option<String> {
    let document = &source.document;
    for index in node.blocks.clone() {
        let block = &document.blocks[index];
        match block.kind {
            BlockKind::Paragraph => {
                let lines = labels::lines(&block.inlines).flat_map(labels::properties);
                let mut labels = lines.filter_map(|line| labels::label(&line));
                let label = labels.find(|label| label.section == Some(SectionKind::Severity) && !label.rest.is_empty());
                if let Some(label) = label {
                    return Some(label.rest);
                }
            }
            BlockKind::Row => {
                let cells: Vec<String> =
                    document.children(Some(index)).map(|cell| plain(&document.blocks[cell].inlines)).collect();
                if let [name, value] = cells.as_slice()
                    && vocabulary::section(name) == Some(SectionKind::Severity)
                    && !value.is_empty()
                {
                    return Some(value.clone());
                }
            }
            _ => {}
        }
    }
    None
}
