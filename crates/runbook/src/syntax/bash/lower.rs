//! One text at a time: from text to invocations, with the texts inside it (substitutions, wrapped commands) behind them.
//!
//! Words are cut from the text by their positions and read again by our lexer, which tells quotes from content.

use super::{
    DEEPEST, Frame, Invocation, Joined, Quoting, Script, SyntaxError, Word, grammar, mask, recover, tree, wrapper,
};
use crate::shell::lexer::{Lexer, TokenKind};
use crate::span::Span;

/// How offsets of a text inside the command become offsets of the command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    /// The text stands in the command, byte by byte, from here on.
    Shift(usize),
    /// The text was unquoted on the way; everything in it is reported here.
    Fixed(Span),
}

impl Base {
    pub(super) fn place(self, span: Span) -> Span {
        match self {
            Self::Shift(by) => Span::new(span.start + by, span.end + by),
            Self::Fixed(span) => span,
        }
    }

    fn inside(self, span: Span) -> Self {
        match self {
            Self::Shift(by) => Self::Shift(by + span.start),
            Self::Fixed(span) => Self::Fixed(span),
        }
    }
}

/// What stands around a text or a list of commands.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    pub(super) frames: Vec<Frame>,
    pub(super) fed: bool,
    pub(super) via: Option<usize>,
}

impl Around {
    pub(super) fn within(&self, frame: Frame) -> Self {
        let mut around = self.clone();
        around.frames.push(frame);
        around
    }

    pub(super) fn fed(mut self, fed: bool) -> Self {
        self.fed |= fed;
        self
    }
}

/// Where in its list and pipeline a command stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seat {
    pub(super) pipeline: usize,
    pub(super) stage: usize,
    pub(super) stages: usize,
    pub(super) joined: Joined,
    pub(super) background: bool,
}

/// Adds what a text would start to a script.
pub(super) struct Lowering<'s> {
    pub(super) script: &'s mut Script,
    pub(super) depth: usize,
}

impl Lowering<'_> {
    /// Adds the commands of one text; the error tells why they had to be guessed.
    pub(super) fn text(&mut self, text: &str, base: Base, around: &Around) -> Option<SyntaxError> {
        let masked = mask::masked(text);
        let result = match mask::too_large(&masked) {
            Some(error) => Err(error),
            None => grammar::parsed(&masked),
        };
        match result {
            Ok(program) => {
                if self.depth == 0 {
                    self.script.one_pipeline = tree::is_one_pipeline(&program);
                }
                tree::lower(self, &program, text, base, around);
                None
            }
            Err(error) => {
                recover::commands(self, text, base, around);
                Some(error)
            }
        }
    }

    /// A word of `text` that covers `span`, with the commands that it substitutes.
    pub(super) fn word(&mut self, text: &str, span: Span, base: Base, around: &Around) -> Word {
        let source = span.slice(text);
        let mut lexer = Lexer::new(source);
        let read = match lexer.next().map(|token| token.kind) {
            Some(TokenKind::Word(word)) => word,
            _ => crate::shell::lexer::Word { value: source.to_owned(), opaque: true, ..Default::default() },
        };
        for inside in &read.substitutions {
            if self.depth >= DEEPEST {
                continue;
            }
            self.depth += 1;
            let within = around.within(Frame::Substitution);
            let inner = base.inside(Span::new(span.start + inside.start, span.start + inside.end));
            self.text(inside.slice(source), inner, &within);
            self.depth -= 1;
        }
        let content =
            content(source, &read.value).map(|at| base.place(Span::new(span.start + at, span.start + at)).start);
        Word {
            span: base.place(span),
            quoting: quoting(source, read.quoted),
            expands: read.expands || !read.substitutions.is_empty(),
            opaque: read.opaque || lexer.incomplete || self.depth >= DEEPEST && !read.substitutions.is_empty(),
            glob: read.glob,
            content: content.filter(|_| matches!(base, Base::Shift(_))),
            value: read.value,
        }
    }

    /// Adds an invocation and, behind it, what it starts.
    pub(super) fn push(&mut self, invocation: Invocation) {
        let index = self.script.invocations.len();
        self.script.invocations.push(invocation);
        if self.depth < DEEPEST {
            self.depth += 1;
            wrapper::open(self, index);
            self.depth -= 1;
        }
    }
}

/// Where the value begins in the source, if the two agree byte by byte from there on.
fn content(source: &str, value: &str) -> Option<usize> {
    let unquoted = source.strip_prefix(['\'', '"']).and_then(|rest| rest.strip_suffix(['\'', '"']));
    match unquoted {
        Some(inside) if inside == value => Some(1),
        _ => (source == value).then_some(0),
    }
}

fn quoting(source: &str, quoted: bool) -> Quoting {
    let inside = |quote: char| source.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (quoted, inside('\''), inside('"')) {
        (false, ..) => Quoting::Bare,
        (_, Some(single), _) if !single.contains('\'') => Quoting::Single,
        (.., Some(double)) if !double.replace("\\\"", "").contains('"') => Quoting::Double,
        _ => Quoting::Mixed,
    }
}

pub(super) fn seated(seat: Seat, around: &Around) -> Invocation {
    Invocation {
        pipeline: seat.pipeline,
        stage: seat.stage,
        stages: seat.stages,
        joined: seat.joined,
        background: seat.background,
        fed: around.fed,
        frames: around.frames.clone(),
        via: around.via,
        ..Invocation::default()
    }
}
