//! Markdown to a flat list of blocks in document order, each with its span and the index behind its last descendant.
//!
//! Flat, because runbooks may nest as deep as they like and nothing here may recurse. Text directly inside a tight
//! list item is wrapped in a paragraph, so that tight and loose lists look alike. Front matter is cut off beforehand,
//! and what is no Markdown is blanked out.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::parse::frontmatter;
use crate::parse::layout::{FILLER, Layout};
use crate::parse::preformatted;
use crate::span::{Origin, Span};

/// The blocks of one text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
    /// `key: value` lines of the front matter.
    pub(crate) front_matter: Vec<(String, String)>,
}

/// One block; `end` is the index behind its last descendant.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) span: Span,
    pub(crate) end: usize,
    pub(crate) inlines: Vec<Inline>,
}

#[derive(Debug)]
pub(crate) enum BlockKind {
    Heading { level: u8 },
    Paragraph,
    List { ordered: bool },
    Item { number: Option<u64>, task: bool },
    Quote,
    Fence(Fence),
    Html(String),
    Table,
    Row,
    Cell,
    Rule,
}

/// A run of text of one style.
#[derive(Debug, Clone)]
pub(crate) struct Inline {
    pub(crate) text: String,
    pub(crate) span: Span,
    pub(crate) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Strong,
    Code,
    Break,
    /// The destination of a link; shown by no reader, but an address all the same.
    Destination,
    /// An attribute of a tag that says what to run: `<Terminal command="…" />`.
    Attribute,
}

/// A code block, with the way back from its text to the source.
#[derive(Debug)]
pub(crate) struct Fence {
    pub(crate) info: String,
    pub(crate) fenced: bool,
    pub(crate) closed: bool,
    pub(crate) text: String,
    /// Offset in `text` → offset in the source, one entry per run of contiguous bytes.
    map: Vec<(usize, usize)>,
}

impl Fence {
    /// The source span of a range of the fence's text.
    pub(crate) fn source(&self, start: usize, end: usize) -> Span {
        let last = end.saturating_sub(1).max(start);
        Span::new(self.offset(start), self.offset(last) + (end - last.min(end)))
    }

    /// Where each line of a range of the fence's text stands.
    pub(crate) fn origin(&self, start: usize, end: usize) -> Origin {
        let first = self.map.partition_point(|(inner, _)| *inner <= start);
        let behind = self.map[first..].iter().take_while(|(inner, _)| *inner < end);
        let runs = std::iter::once((0, self.offset(start))).chain(behind.map(|(inner, outer)| (inner - start, *outer)));
        Origin::of(runs, self.source(start, end).end)
    }

    fn offset(&self, at: usize) -> usize {
        let index = self.map.partition_point(|(inner, _)| *inner <= at).saturating_sub(1);
        self.map.get(index).map_or(0, |(inner, outer)| outer + (at - inner))
    }
}

impl Document {
    pub(crate) fn of(text: &str) -> Self {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let (front_matter, body) = frontmatter::read(text, start);
        let layout = Layout::of(text, body);
        let mut builder = Builder { source: text, text: &layout.text, ..Builder::default() };
        let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
        let starts = std::iter::once(body).chain(layout.cuts.iter().copied());
        let ends = layout.cuts.iter().copied().chain(std::iter::once(text.len()));
        for (start, end) in starts.zip(ends) {
            for (event, range) in Parser::new_ext(&layout.text[start..end], options).into_offset_iter() {
                builder.event(event, Span::new(range.start + start, range.end + start));
            }
            builder.close_implicit();
        }
        Self { blocks: builder.blocks, front_matter }
    }

    /// Indices of the blocks directly inside `parent`, or of the outermost ones.
    pub(crate) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let (mut next, end) = parent.map_or((0, self.blocks.len()), |index| (index + 1, self.blocks[index].end));
        std::iter::from_fn(move || {
            let index = (next < end).then_some(next)?;
            next = self.blocks[index].end;
            Some(index)
        })
    }

    /// The text of a block and everything in it but fences, one line per paragraph.
    pub(crate) fn text_of(&self, index: usize) -> String {
        let blocks = &self.blocks[index..self.blocks[index].end];
        let lines: Vec<String> =
            blocks.iter().filter(|block| !block.inlines.is_empty()).map(|block| plain(&block.inlines)).collect();
        lines.join("\n")
    }
}

/// Inline text without markup; line breaks become spaces.
pub(crate) fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline.style {
            Style::Break => out.push(' '),
            Style::Destination | Style::Attribute => {}
            _ => out.push_str(&inline.text),
        }
    }
    out.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}').to_owned()
}

#[derive(Default)]
struct Builder<'t> {
    source: &'t str,
    /// The same without what is not Markdown.
    text: &'t str,
    blocks: Vec<Block>,
    open: Vec<usize>,
    /// The paragraph that was opened for text directly inside an item.
    implicit: Option<usize>,
    strong: usize,
    /// Next number of each open list; `None` for bullets.
    numbers: Vec<Option<u64>>,
    /// Where the lines of the open block of HTML stand: offset in it → offset in the source.
    html: Vec<(usize, usize)>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, span),
            Event::Code(text) => self.inline(&text, span, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.inline("", span, Style::Break),
            Event::InlineHtml(text) if text.trim_start().starts_with("<br") => self.inline("", span, Style::Break),
            Event::Html(text) => {
                if let Some(BlockKind::Html(html)) = self.open.last().map(|index| &mut self.blocks[*index].kind) {
                    self.html.push((html.len(), span.start));
                    html.push_str(&text);
                }
                self.attributes(&text, span);
            }
            Event::InlineHtml(text) => self.attributes(&text, span),
            Event::Rule => {
                self.close_implicit();
                self.push(BlockKind::Rule, span);
                self.pop();
            }
            Event::TaskListMarker(_) => {
                if let Some(BlockKind::Item { task, .. }) = self.open.last().map(|index| &mut self.blocks[*index].kind)
                {
                    *task = true;
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, span: Span) {
        let kind = match tag {
            Tag::Strong => {
                self.strong += 1;
                return;
            }
            Tag::Link { dest_url, .. } => return self.inline(&dest_url, span, Style::Destination),
            Tag::Paragraph => BlockKind::Paragraph,
            Tag::Heading { level, .. } => BlockKind::Heading { level: depth(level) },
            Tag::List(start) => {
                self.numbers.push(start);
                BlockKind::List { ordered: start.is_some() }
            }
            Tag::Item => BlockKind::Item { number: self.item_number(span), task: false },
            Tag::BlockQuote(_) => BlockKind::Quote,
            Tag::CodeBlock(kind) => BlockKind::Fence(self.fence(&kind, span)),
            Tag::HtmlBlock => {
                self.html.clear();
                BlockKind::Html(String::new())
            }
            Tag::Table(_) => BlockKind::Table,
            Tag::TableHead | Tag::TableRow => BlockKind::Row,
            Tag::TableCell => BlockKind::Cell,
            _ => return,
        };
        self.close_implicit();
        self.push(kind, span);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::List(_) => {
                self.numbers.pop();
                self.close_implicit();
                self.pop();
            }
            TagEnd::HtmlBlock => {
                self.show_preformatted();
                self.close_implicit();
                self.pop();
            }
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::Item
            | TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell => {
                self.close_implicit();
                self.pop();
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: BlockKind, span: Span) {
        self.open.push(self.blocks.len());
        self.blocks.push(Block { kind, span, end: 0, inlines: Vec::new() });
    }

    fn pop(&mut self) {
        if let Some(index) = self.open.pop() {
            self.blocks[index].end = self.blocks.len();
        }
    }

    fn close_implicit(&mut self) {
        if self.implicit.take().is_some() {
            self.pop();
        }
    }

    fn text(&mut self, text: &str, span: Span) {
        if let Some(BlockKind::Fence(fence)) = self.open.last().map(|index| &mut self.blocks[*index].kind) {
            // A tab that indents the code comes as text without a source of its own.
            if !text.is_empty() {
                fence.map.push((fence.text.len(), span.start));
                // Where a quotation hides the fence from the layout, tags were taken for noise: code is what the file says.
                let source = self.source.get(span.start..span.end).filter(|_| text.contains(FILLER));
                fence.text.push_str(source.filter(|source| source.len() == text.len()).unwrap_or(text));
            }
            return;
        }
        self.inline(text, span, if self.strong > 0 { Style::Strong } else { Style::Plain });
    }

    fn inline(&mut self, text: &str, span: Span, style: Style) {
        let Some(index) = self.open.last().copied() else { return };
        if matches!(self.blocks[index].kind, BlockKind::Item { .. }) {
            self.push(BlockKind::Paragraph, span);
            self.implicit = self.open.last().copied();
        }
        let block = &mut self.blocks[self.open[self.open.len() - 1]];
        block.span = block.span.cover(span);
        let style = if style == Style::Code && text.is_empty() { Style::Plain } else { style };
        block.inlines.push(Inline { text: text.to_owned(), span, style });
    }

    /// Turns the open block of HTML into a code block, where that is what it shows.
    fn show_preformatted(&mut self) {
        let Some(block) = self.open.last().map(|index| &mut self.blocks[*index]) else { return };
        let BlockKind::Html(html) = &block.kind else { return };
        let Some(code) = preformatted::read(html) else { return };
        let end = code.start + code.text.len();
        let first = self.html.partition_point(|(inner, _)| *inner <= code.start).saturating_sub(1);
        let lines = self.html[first..].iter().take_while(|(inner, _)| *inner < end);
        let map = lines.map(|(inner, outer)| match inner.checked_sub(code.start) {
            Some(at) => (at, *outer),
            None => (0, outer + (code.start - inner)),
        });
        let fence = Fence {
            info: code.language.to_owned(),
            fenced: false,
            closed: code.closed,
            text: code.text.to_owned(),
            map: map.collect(),
        };
        block.kind = BlockKind::Fence(fence);
        block.inlines.clear();
    }

    /// Tags that say what to run: the value is a command.
    fn attributes(&mut self, html: &str, span: Span) {
        for name in ["command=", "cmd=", "path="] {
            for (at, _) in html.match_indices(name) {
                let value = &html[at + name.len()..];
                let quoted = value.trim_start_matches('{');
                let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else { continue };
                let start = at + name.len() + (value.len() - quoted.len()) + 1;
                let Some(length) = html[start..].find(quote).filter(|length| *length > 0) else { continue };
                let place = Span::new(span.start + start, span.start + start + length);
                self.inline(&html[start..start + length], place, Style::Attribute);
            }
        }
    }

    /// The number that the source writes; the rendered one where the source repeats itself (`1.`, `1.`, `1.`).
    fn item_number(&mut self, span: Span) -> Option<u64> {
        let next = self.numbers.last_mut()?.as_mut()?;
        let written = span.slice(self.text).split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok());
        let number = written.filter(|written| *written > *next).unwrap_or(*next);
        *next = number.saturating_add(1);
        Some(number)
    }

    fn fence(&self, kind: &CodeBlockKind<'_>, span: Span) -> Fence {
        let (info, fenced) = match kind {
            CodeBlockKind::Fenced(info) => (info.to_string(), true),
            CodeBlockKind::Indented => (String::new(), false),
        };
        let closed = !fenced || is_closed(span.slice(self.text));
        Fence { info, fenced, closed, text: String::new(), map: Vec::new() }
    }
}

/// Whether the last line of a fenced block is its closing fence.
fn is_closed(source: &str) -> bool {
    let marker = source.chars().next().unwrap_or('`');
    let body = source.trim_end();
    let last = body.rsplit('\n').next().unwrap_or_default().trim_start_matches([' ', '\t', '>']);
    body.contains('\n') && last.len() >= 3 && last.chars().all(|c| c == marker)
}

const fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
