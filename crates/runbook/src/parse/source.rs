//! One text under examination: its lines, its blocks, and what each fence holds.

use allclear_core::EffectClass;

use crate::effect;
use crate::model::Command;
use crate::parse::fences::{self, FenceRole, Language, Piece};
use crate::parse::markdown::{BlockKind, Document, Fence};
use crate::span::{Lines, Origin, Span};

#[derive(Debug)]
pub(crate) struct Source<'t> {
    pub(crate) path: &'t str,
    pub(crate) text: &'t str,
    pub(crate) lines: Lines,
    pub(crate) document: Document,
}

impl<'t> Source<'t> {
    pub(crate) fn of(path: &'t str, text: &'t str) -> Self {
        Self { path, text, lines: Lines::of(text), document: Document::of(text) }
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
    pub(crate) fn role(&self, index: usize, under_template: bool) -> Option<FenceRole> {
        self.fence(index).map(|fence| fences::role(fence, under_template))
    }

    /// The span of a block up to its last visible character.
    pub(crate) fn visible(&self, index: usize) -> Span {
        let span = self.document.blocks[index].span;
        Span::new(span.start, span.start + span.slice(self.text).trim_end().len())
    }

    /// A command that stands in the text as it is, or nearly: with line breaks or escapes in it.
    pub(crate) fn inline_command(&self, language: Language, text: String, span: Span) -> Command {
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
        Command {
            language: language.word().to_owned(),
            effect: effect::classify(language.word(), &text),
            text,
            span,
            line: self.line(span),
            alternative_of: None,
            option: None,
            session,
            origin,
        }
    }

    /// The commands and comments of a fence. A declared effect stands for what the catalogue does not know.
    pub(crate) fn commands(&self, index: usize, language: Language, declared: Option<EffectClass>) -> Vec<Found> {
        let Some(fence) = self.fence(index) else { return Vec::new() };
        let pieces = fences::pieces(fence, language).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Comment(text) => Found::Comment(text),
                Piece::Command { language, start, end, text, session } => {
                    let mut command =
                        self.command(language, text, fence.source(start, end), fence.origin(start, end), session);
                    if let (EffectClass::Unknown, Some(declared)) = (command.effect, declared) {
                        command.effect = declared;
                    }
                    Found::Command(Box::new(command))
                }
            })
            .collect()
    }
}

/// What stands in a fence.
#[derive(Debug)]
pub(crate) enum Found {
    Command(Box<Command>),
    Comment(String),
}

/// The effect that an annotation such as `<!-- allclear: effect=change -->` declares.
pub(crate) fn declared_effect(html: &str) -> Option<EffectClass> {
    let inside = html.split_once("<!--")?.1.split_once("-->")?.0.trim().strip_prefix("allclear:")?;
    let word = inside.split_whitespace().find_map(|pair| pair.strip_prefix("effect="))?;
    let classes = [EffectClass::Observe, EffectClass::Change, EffectClass::Outage, EffectClass::Destroy];
    classes.into_iter().find(|class| class.word() == word)
}
