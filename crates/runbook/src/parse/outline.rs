//! The headings of a text as a tree, each with the blocks that stand directly under it.
//!
//! Node 0 is the document itself; headings inside quotes and list items are prose. The tree is at most seven deep.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::parse::markdown::{BlockKind, plain};
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind, ReferenceKind};
use crate::span::Span;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) level: u8,
    pub(crate) title: String,
    /// GitHub's fragment of the heading.
    pub(crate) anchor: String,
    pub(crate) kind: HeadingKind,
    /// The reference part that this heading opens or lies in.
    pub(crate) reference: Option<ReferenceKind>,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// The heading; empty for the document.
    pub(crate) span: Span,
    /// Indices of the blocks between this heading and the next.
    pub(crate) blocks: Range<usize>,
}

pub(crate) fn outline(source: &Source<'_>) -> Vec<Node> {
    let blocks = &source.document.blocks;
    let mut nodes = vec![document_node(source)];
    let mut path = vec![0_usize];
    let mut anchors = BTreeMap::new();
    for index in source.document.children(None) {
        let BlockKind::Heading { level } = blocks[index].kind else { continue };
        let title = written_title(source, plain(&blocks[index].inlines));
        let current = nodes.len();
        nodes[current - 1].blocks.end = index;
        while path.len() > 1 && nodes[path[path.len() - 1]].level >= level {
            path.pop();
        }
        let parent = path[path.len() - 1];
        nodes[parent].children.push(current);
        path.push(current);
        let kind = vocabulary::heading(&title);
        let own = if let HeadingKind::Reference(kind) = kind { Some(kind) } else { None };
        nodes.push(Node {
            level,
            anchor: anchor(&title, &mut anchors),
            kind,
            reference: nodes[parent].reference.or(own),
            parent: Some(parent),
            children: Vec::new(),
            span: source.visible(index),
            blocks: blocks[index].end..blocks.len(),
            title,
        });
    }
    nodes
}

fn document_node(source: &Source<'_>) -> Node {
    let named = front_title(source).map(str::to_owned);
    Node {
        level: 0,
        title: named.unwrap_or_else(|| source.stem().to_owned()),
        anchor: String::new(),
        kind: HeadingKind::Title,
        reference: None,
        parent: None,
        children: Vec::new(),
        span: Span::default(),
        blocks: 0..source.document.blocks.len(),
    }
}

fn front_title<'a>(source: &'a Source<'_>) -> Option<&'a str> {
    source.document.front_matter.iter().find(|(key, _)| key == "title").map(|(_, title)| title.as_str())
}

/// A heading that a site generator fills in (`<%= page.title %>`, `{{ title }}`) shows the title of the front matter.
fn written_title(source: &Source<'_>, heading: String) -> String {
    let text = heading.trim();
    let generated = text.starts_with("<%") && text.ends_with("%>") || text.starts_with("{{") && text.ends_with("}}");
    if !generated || !text.contains("title") {
        return heading;
    }
    front_title(source).map_or(heading, str::to_owned)
}

/// The fragment under which GitHub shows a heading.
fn anchor(title: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let kept: String =
        title.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect();
    numbered(kept.replace(' ', "-"), seen, 1)
}

/// The heading without its number, as an id; the second of the same name ends with `-2`.
pub(crate) fn slug(title: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let mut slug = String::new();
    for c in vocabulary::without_number(title).to_lowercase().chars() {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && !matches!(c, '\'' | '’') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    numbered(if slug.is_empty() { "procedure" } else { slug }.to_owned(), seen, 2)
}

/// The name itself at first, then with a number that nothing else has.
fn numbered(name: String, seen: &mut BTreeMap<String, usize>, first: usize) -> String {
    let Some(mut next) = seen.get(&name).copied() else {
        seen.insert(name.clone(), first);
        return name;
    };
    loop {
        let candidate = format!("{name}-{next}");
        next += 1;
        if !seen.contains_key(&candidate) {
            seen.insert(name, next);
            seen.insert(candidate.clone(), first);
            return candidate;
        }
    }
}
