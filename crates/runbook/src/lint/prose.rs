//! What stands around the commands of a runbook: headings and their fragments, links, code blocks, runs of plain text.
//!
//! One pass of the Markdown parser, independent of how procedures are found, so that a rule about a link does not
//! change when the parser learns another way of writing steps. Spans are bytes of the file; front matter is cut off.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset};

use crate::span::Span;

/// The prose of one file.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    /// The text between the `---` lines at the top.
    pub(crate) front_matter: Option<Span>,
    pub(crate) headings: Vec<Heading>,
    /// Links and images in the order of the text.
    pub(crate) links: Vec<Link>,
    pub(crate) blocks: Vec<CodeBlock>,
    /// Runs of text that are neither code nor HTML, nor the address of a link, nor the description of an image.
    pub(crate) texts: Vec<Span>,
    /// Code in a sentence, without its backticks.
    pub(crate) codes: Vec<Span>,
    /// Ordered lists.
    pub(crate) lists: Vec<NumberedList>,
    /// Names given in HTML or in braces: `<a id="x">`, `{#x}`, `(x)=`.
    names: BTreeSet<String>,
    /// The fragments of headings and names without what site generators treat differently; made when a link asks.
    loosened: OnceCell<BTreeSet<String>>,
}

/// A heading.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(crate) level: u8,
    /// Without markup.
    pub(crate) title: String,
    /// The fragment under which GitHub shows it.
    pub(crate) anchor: String,
    pub(crate) span: Span,
}

/// A link or an image.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) target: String,
    pub(crate) span: Span,
    pub(crate) image: bool,
    /// Whether the address stands in the text without brackets.
    pub(crate) bare: bool,
}

/// A code block.
#[derive(Debug)]
pub(crate) struct CodeBlock {
    pub(crate) info: String,
    pub(crate) span: Span,
    pub(crate) fenced: bool,
    /// Whether it stands at the margin, in no list and no quotation.
    pub(crate) outermost: bool,
}

/// An ordered list.
#[derive(Debug)]
pub(crate) struct NumberedList {
    pub(crate) first: u64,
    pub(crate) items: u64,
    pub(crate) span: Span,
    pub(crate) outermost: bool,
}

/// Letters and digits only, without the number in front, which some generators drop.
fn loosened(fragment: &str) -> String {
    fragment
        .trim_start_matches(|c: char| !c.is_alphabetic())
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Prose {
    pub(crate) fn of(text: &str) -> Self {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        let mut reader = Reader { text, ..Reader::default() };
        let events = TextMergeWithOffset::new(Parser::new_ext(&text[start..], options).into_offset_iter());
        for (event, range) in events {
            reader.event(event, Span::new(range.start + start, range.end + start));
        }
        let mut prose = reader.prose;
        prose.links.sort_by_key(|link| link.span.start);
        prose
    }

    /// Whether a heading or a name can be reached by a fragment; site generators differ in what they make of blanks and
    /// signs.
    pub(crate) fn is_anchor(&self, fragment: &str) -> bool {
        let loosened_all = || {
            let headings = self.headings.iter().map(|heading| heading.anchor.as_str());
            headings.chain(self.names.iter().map(String::as_str)).map(loosened).collect()
        };
        self.names.contains(fragment) || self.loosened.get_or_init(loosened_all).contains(&loosened(fragment))
    }

    /// The code block that covers a byte.
    pub(crate) fn block_at(&self, offset: usize) -> Option<&CodeBlock> {
        let behind = self.blocks.partition_point(|block| block.span.start <= offset);
        self.blocks[..behind].last().filter(|block| offset < block.span.end)
    }
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    prose: Prose,
    heading: Option<Heading>,
    metadata: bool,
    code: bool,
    /// Open links; an address in their text is no other link.
    links: usize,
    images: usize,
    /// Lists and quotations around.
    depth: usize,
    /// Indices of the open lists; `None` for bullets.
    lists: Vec<Option<usize>>,
    seen: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.read_text(&text, span),
            Event::Code(code) => {
                if let Some(heading) = &mut self.heading {
                    heading.title.push_str(&code);
                }
                self.prose.codes.push(inside(span, self.text));
            }
            Event::Html(html) | Event::InlineHtml(html) => self.names_of(&html),
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut self.heading {
                    heading.title.push(' ');
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, span: Span) {
        match tag {
            Tag::MetadataBlock(_) => {
                self.metadata = true;
                self.prose.front_matter = Some(span);
            }
            Tag::Heading { level, id, .. } => {
                self.prose.names.extend(id.map(|id| id.to_string()));
                let (title, anchor) = (String::new(), String::new());
                self.heading = Some(Heading { level: level as u8, title, anchor, span: visible(span, self.text) });
            }
            Tag::CodeBlock(kind) => {
                self.code = true;
                let (info, fenced) = match kind {
                    CodeBlockKind::Fenced(info) => (info.to_string(), true),
                    CodeBlockKind::Indented => (String::new(), false),
                };
                self.prose.blocks.push(CodeBlock { info, span, fenced, outermost: self.depth == 0 });
            }
            Tag::Link { dest_url, .. } => self.link(&dest_url, span, false),
            Tag::Image { dest_url, .. } => {
                self.images += 1;
                self.link(&dest_url, span, true);
            }
            Tag::List(first) => {
                let index = first.map(|first| {
                    let outermost = self.depth == 0;
                    self.prose.lists.push(NumberedList { first, items: 0, span, outermost });
                    self.prose.lists.len() - 1
                });
                self.lists.push(index);
                self.depth += 1;
            }
            Tag::Item => {
                if let Some(list) = self.lists.last().copied().flatten() {
                    self.prose.lists[list].items += 1;
                }
            }
            Tag::BlockQuote(_) => self.depth += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::MetadataBlock(_) => self.metadata = false,
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::CodeBlock => self.code = false,
            TagEnd::Link => self.links = self.links.saturating_sub(1),
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                self.links = self.links.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.depth = self.depth.saturating_sub(1);
            }
            TagEnd::BlockQuote(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn end_heading(&mut self) {
        let Some(mut heading) = self.heading.take() else { return };
        heading.title = heading.title.trim().to_owned();
        let slug = slug(&heading.title);
        let count = self.seen.entry(slug.clone()).or_insert(0);
        heading.anchor = if *count == 0 { slug } else { format!("{slug}-{count}") };
        *count += 1;
        self.prose.headings.push(heading);
    }

    fn link(&mut self, target: &str, span: Span, image: bool) {
        self.links += 1;
        let bare = span.slice(self.text).starts_with('<');
        self.prose.links.push(Link { target: target.to_owned(), span, image, bare });
    }

    fn read_text(&mut self, text: &str, span: Span) {
        if self.code || self.metadata || self.images > 0 {
            return;
        }
        if let Some(heading) = &mut self.heading {
            heading.title.push_str(text);
        }
        self.prose.texts.push(span);
        if let Some(label) = text.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(")=")) {
            self.prose.names.insert(label.to_owned());
        }
        if self.links == 0 {
            self.bare_links(span);
        }
    }

    /// Addresses that stand in the text without brackets.
    fn bare_links(&mut self, span: Span) {
        let text = span.slice(self.text);
        let mut from = 0;
        while let Some(at) = text[from..].find("http").map(|at| from + at) {
            let rest = &text[at..];
            from = at + "http".len();
            if !rest.starts_with("http://") && !rest.starts_with("https://") {
                continue;
            }
            let end = rest.find(|c: char| c.is_whitespace() || "<>\"`|".contains(c)).unwrap_or(rest.len());
            let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*', '_']);
            let place = Span::new(span.start + at, span.start + at + address.len());
            self.prose.links.push(Link { target: address.to_owned(), span: place, image: false, bare: true });
            from = at + address.len();
        }
    }

    /// The values of `id` and `name` in HTML.
    fn names_of(&mut self, html: &str) {
        for key in ["id=", "name="] {
            for (at, _) in html.match_indices(key) {
                let value = html[at + key.len()..].trim_start_matches(['"', '\'']);
                let end = value.find(['"', '\'', ' ', '>', '/']).unwrap_or(value.len());
                self.prose.names.insert(value[..end].to_owned());
            }
        }
    }
}

/// GitHub's fragment of a heading.
fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A span without the white space behind it.
fn visible(span: Span, text: &str) -> Span {
    Span::new(span.start, span.start + span.slice(text).trim_end().len())
}

/// The code between the backticks.
fn inside(span: Span, text: &str) -> Span {
    let source = span.slice(text);
    let ticks = source.len() - source.trim_start_matches('`').len();
    Span::new(span.start + ticks, span.end.saturating_sub(ticks).max(span.start + ticks))
}
