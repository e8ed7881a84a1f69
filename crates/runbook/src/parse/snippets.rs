//! Commands outside any procedure, under the words that introduce them.

use std::collections::BTreeSet;

use crate::model::Snippet;
use crate::parse::annotation::Declared;
use crate::parse::fences::FenceRole;
use crate::parse::inline;
use crate::parse::markdown::{BlockKind, plain};
use crate::parse::outline::Node;
use crate::parse::procedures::Unit;
use crate::parse::source::{Found, Source};
use crate::parse::vocabulary::ReferenceKind;

/// How much of a paragraph is a title, in bytes.
const LONGEST_TITLE: usize = 400;

/// The commands of all nodes that belong to no procedure.
pub(crate) fn snippets(source: &Source<'_>, nodes: &[Node], units: &[Unit]) -> Vec<Snippet> {
    let covered: BTreeSet<usize> = units.iter().flatten().copied().collect();
    let mut found = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        if !covered.contains(&index) && node.reference != Some(ReferenceKind::Templates) {
            of_node(source, node, &mut found);
        }
    }
    found
}

fn of_node(source: &Source<'_>, node: &Node, found: &mut Vec<Snippet>) {
    let mut title = node.title.clone();
    for index in node.blocks.clone() {
        let block = &source.document.blocks[index];
        let inline = match block.kind {
            BlockKind::Paragraph | BlockKind::Html(_) => inline::commands(&block.inlines),
            BlockKind::Cell => inline::of_cell(&block.inlines),
            _ => Vec::new(),
        };
        let text = plain(&block.inlines);
        if matches!(block.kind, BlockKind::Paragraph) {
            // Each command of a paragraph has the title: of a long one its beginning.
            title = text[..text.floor_char_boundary(LONGEST_TITLE)].trim_end_matches(':').to_owned();
        }
        for (code, language) in inline {
            found.push(Snippet { title: title.clone(), command: source.inline(code, language) });
        }
        if let Some(FenceRole::Commands(language)) = source.role(index) {
            let commands = source.commands(index, language, Declared::default()).into_iter();
            found.extend(commands.filter_map(|found| match found {
                Found::Command(command) => Some(Snippet { title: title.clone(), command: *command }),
                Found::Comment { .. } => None,
            }));
        }
    }
}
