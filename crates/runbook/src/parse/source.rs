//! One text under examination: its lines, its blocks, and what each fence holds.

use crate::effect;
use crate::model::Command;
use crate::parse::annotation::Declared;
use crate::parse::fences::{self, FenceRole, Language, Piece};
use crate::parse::labels;
use crate::parse::markdown::{BlockKind, Document, Fence, Inline, plain};
use crate::parse::outcomes;
use crate::span::{Lines, Origin, Span};
use crate::syntax::bash::{self, Script};

#[derive(Debug)]
pub(crate) struct Source<'t> {
    pub(crate) path: &'t str,
    pub(crate) text: &'t str,
    pub(crate) lines: Lines,
    pub(crate) document: Document,
    /// What each block holds, if it is a fence.
    roles: Vec<Option<FenceRole>>,
}

impl<'t> Source<'t> {
    pub(crate) fn of(path: &'t str, text: &'t str) -> Self {
        let document = Document::of(text);
        let roles = roles(&document);
        Self { path, text, lines: Lines::of(text), document, roles }
    }

    pub(crate) fn line(&self, span: Span) -> u32 {
        self.lines.line(span.start)
    }

    /// The file's name without folders and ending.
    pub(crate) fn stem(&self) -> &'t str {
        let name = self.path.rsplit(['/', '\\']).next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    pub(crate) fn fence(&self, index: usize) -> Option<&Fence> {
        match &self.document.blocks[index].kind {
            BlockKind::Fence(fence) => Some(fence),
            _ => None,
        }
    }

    /// What a fence holds; `None` for other blocks.
    pub(crate) fn role(&self, index: usize) -> Option<FenceRole> {
        self.roles[index]
    }

    /// What a fence holds in a part of the text that is about messages.
    pub(crate) fn role_of_template(&self, index: usize) -> Option<FenceRole> {
        self.fence(index).map(|fence| fences::role(fence, true))
    }

    /// The command that inline code is.
    pub(crate) fn inline(&self, code: &Inline, language: Language) -> Command {
        let source = code.span.slice(self.text);
        let start = code.span.start + source.find(code.text.trim()).unwrap_or(0);
        let text = code.text.trim().to_owned();
        let span = Span::new(start, (start + text.len()).min(code.span.end));
        let span = if span.slice(self.text) == text { span } else { code.span };
        self.inline_command(language, text, span)
    }

    /// The span of a block up to its last visible character.
    pub(crate) fn visible(&self, index: usize) -> Span {
        let span = self.document.blocks[index].span;
        Span::new(span.start, span.start + span.slice(self.text).trim_end().len())
    }

    /// A command that stands in the text as it is, or nearly: with line breaks or escapes in it.
    fn inline_command(&self, language: Language, text: String, span: Span) -> Command {
        let source = span.slice(self.text);
        let origin = if source == text { Origin::contiguous(span) } else { Origin::aligned(&text, source, span.start) };
        self.command(language, text, span, origin, None)
    }

    fn command(
        &self,
        language: Language,
        text: String,
        span: Span,
        origin: Origin,
        session: Option<String>,
    ) -> Command {
        let script = if language == Language::Shell { bash::parse(&text) } else { Script::default() };
        Command {
            language: language.word().to_owned(),
            effect: effect::classify_parsed(language.word(), &text, &script),
            declared: None,
            script,
            text,
            span,
            line: self.line(span),
            alternative_of: None,
            option: None,
            session,
            wait: None,
            origin,
        }
    }

    /// The commands and comments of a fence, with what their author declares.
    pub(crate) fn commands(&self, index: usize, language: Language, declared: Declared) -> Vec<Found> {
        let Some(fence) = self.fence(index) else { return Vec::new() };
        let pieces = fences::pieces(fence, language).into_iter();
        let mut found = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Comment { text, start } => {
                    found.push(Found::Comment { text, at: fence.source(start, start + 1).start });
                }
                Piece::Command { language, start, end, text, session } => {
                    let mut command =
                        self.command(language, text, fence.source(start, end), fence.origin(start, end), session);
                    declared.mark(&mut command);
                    found.push(Found::Command(Box::new(command)));
                    found.extend(
                        fence
                            .text
                            .get(end..)
                            .and_then(expectation)
                            .map(|text| Found::Comment { text: text.to_owned(), at: fence.source(end, end + 1).start }),
                    );
                }
            }
        }
        found
    }
}

/// What the comment behind a command on its line says is to be seen.
fn expectation(behind: &str) -> Option<&str> {
    let comment = behind.lines().next()?.trim().strip_prefix('#')?.trim();
    outcomes::expects(comment).then_some(comment)
}

/// What every fence holds, in the light of the sentence in front of it.
fn roles(document: &Document) -> Vec<Option<FenceRole>> {
    let mut lead = String::new();
    let mut roles = Vec::with_capacity(document.blocks.len());
    for block in &document.blocks {
        roles.push(match &block.kind {
            BlockKind::Fence(fence) => Some(fences::role_behind(fence, &std::mem::take(&mut lead))),
            _ => None,
        });
        match block.kind {
            BlockKind::Paragraph | BlockKind::Cell => {
                lead = labels::last_sentence(&plain(&block.inlines)).to_lowercase()
            }
            BlockKind::Heading { .. } => lead = plain(&block.inlines).to_lowercase(),
            _ => {}
        }
    }
    roles
}

/// What stands in a fence.
#[derive(Debug)]
pub(crate) enum Found {
    Command(Box<Command>),
    Comment { text: String, at: usize },
}
