//! Bash text to the commands that it would start: wrappers opened, substitutions entered, spans in bytes.
//!
//! The grammar is brush-parser's. Where it refuses a text (pasted output, a stray quote), the words are read without
//! structure, so that rules still see the commands; `Script::error` says why. Placeholders count as words.

mod grammar;
mod lower;
mod mask;
mod recover;
mod tree;
mod wrapper;

use crate::span::Span;

pub(crate) use wrapper::Wrapper;

/// The largest text that is parsed, in bytes.
const LARGEST: usize = 64 * 1024;

/// How deep substitutions and wrapped commands are entered.
const DEEPEST: usize = 8;

/// What a text in bash would start, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// The commands; one that another starts (`sudo X`, `$(X)`) stands behind the one that starts it.
    pub(crate) invocations: Vec<Invocation>,
    /// Why the text is not bash; then the structure is guessed.
    pub(crate) error: Option<SyntaxError>,
    /// Whether the text is one pipeline of several parts, and nothing else.
    pub(crate) one_pipeline: bool,
}

/// Why a text could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Where the parser gave up.
    pub(crate) at: usize,
    /// What it found, in a few words.
    pub(crate) message: String,
    /// Whether the text was not looked at because of its size or depth.
    pub(crate) too_large: bool,
}

/// One program as it would be started, or one builtin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// From the first word to the last, without redirections.
    pub(crate) span: Span,
    /// Program and arguments; empty for a bare assignment or redirection.
    pub(crate) words: Vec<Word>,
    /// `NAME=value` in front.
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) redirects: Vec<Redirect>,
    /// Invocations of the same pipeline share the number.
    pub(crate) pipeline: usize,
    /// Position in the pipeline, from 0.
    pub(crate) stage: usize,
    /// Length of the pipeline.
    pub(crate) stages: usize,
    /// What stands in front of the pipeline.
    pub(crate) joined: Joined,
    /// Whether `&` lets it run on its own.
    pub(crate) background: bool,
    /// Whether its input is something else than the terminal: a pipe, a file, a here-document, also of a loop around it.
    pub(crate) fed: bool,
    /// What stands around it, the outermost first.
    pub(crate) frames: Vec<Frame>,
    /// Index of the invocation that starts this one.
    pub(crate) via: Option<usize>,
    /// How it starts another one, if it does; that one stands behind it.
    pub(crate) wraps: Option<Wrapper>,
}

impl Script {
    /// What starts the invocation at `index`, the nearest first.
    pub(crate) fn wrappers(&self, index: usize) -> impl Iterator<Item = &Invocation> {
        let via = |at: usize| self.invocations.get(at).and_then(|invocation| invocation.via);
        std::iter::successors(via(index), move |at| via(*at)).filter_map(|at| self.invocations.get(at))
    }

    /// Whether the invocation runs on another host or inside a container.
    pub(crate) fn is_elsewhere(&self, index: usize) -> bool {
        self.wrappers(index).any(|outer| matches!(outer.wraps, Some(Wrapper::Container | Wrapper::Remote)))
    }

    /// The stages of a pipeline in order, without what they start.
    pub(crate) fn pipeline(&self, number: usize) -> impl Iterator<Item = &Invocation> {
        // A pipeline's number is the index of the first invocation in it, or of one that a word of it substitutes.
        let stages = self.invocations[number.min(self.invocations.len())..].iter();
        let mut stages = stages.filter(move |it| it.pipeline == number && it.via.is_none()).peekable();
        let count = stages.peek().map_or(0, |first| first.stages);
        stages.take(count)
    }
}

impl Invocation {
    /// Name of the program without its folder; empty where there is none.
    pub(crate) fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.value.rsplit('/').next().unwrap_or_default())
    }

    /// The arguments.
    pub(crate) fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether the program's name is known before it runs.
    pub(crate) fn is_named(&self) -> bool {
        self.words.first().is_none_or(|word| !word.expands)
    }

    /// Whether it runs inside a loop, in this text.
    pub(crate) fn repeats(&self) -> bool {
        self.frames.contains(&Frame::Loop)
    }
}

/// What stands between a pipeline and the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It is the first.
    #[default]
    First,
    /// `;`, `&` or a new line.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A construct around an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// `for`, `while`, `until`
    Loop,
    /// The condition of `if`, `while`, `until`.
    Condition,
    /// A branch of `if` or `case`.
    Branch,
    /// `( … )`, and any other construct in a pipeline or in the background.
    Subshell,
    /// `{ … }`
    Group,
    /// The body of a function.
    Function,
    /// `$( … )`, backticks, `<( … )`
    Substitution,
}

/// One word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Where it stands, with its quotes.
    pub(crate) span: Span,
    /// The word without its quotes; expansions and placeholders as written.
    pub(crate) value: String,
    pub(crate) quoting: Quoting,
    /// Whether a variable or a command is expanded in it by the shell that reads it.
    pub(crate) expands: bool,
    /// Whether an expansion hides a command that is not among the invocations.
    pub(crate) opaque: bool,
    /// Whether `*` or `?` stand in it unquoted.
    pub(crate) glob: bool,
    /// Offset of the first byte of `value`, where value and text agree byte by byte.
    pub(crate) content: Option<usize>,
}

impl Word {
    /// The span of a part of `value`; of the whole word where the two do not agree byte by byte.
    pub(crate) fn part(&self, span: Span) -> Span {
        self.content.map_or(self.span, |start| Span::new(start + span.start, start + span.end))
    }
}

/// How a word is quoted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Quoting {
    #[default]
    Bare,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// In part, or escaped.
    Mixed,
}

/// `NAME=value` in front of a command or alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    /// The word with the name; its value is the part behind `=`.
    pub(crate) word: Word,
}

impl Assignment {
    /// What is assigned, without quotes.
    pub(crate) fn value(&self) -> &str {
        self.word.value.split_once('=').map_or("", |(_, value)| value)
    }
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) kind: RedirectKind,
    /// The file, descriptor, delimiter or string.
    pub(crate) target: Word,
    /// The body of a here-document.
    pub(crate) body: Option<HereDocument>,
}

impl Redirect {
    /// Whether it gives the command something to read.
    pub(crate) const fn feeds(&self) -> bool {
        matches!(
            self.kind,
            RedirectKind::Read | RedirectKind::ReadWrite | RedirectKind::HereDocument | RedirectKind::HereString
        )
    }

    /// Whether it writes to a file.
    pub(crate) fn writes(&self) -> bool {
        let file = !matches!(self.target.value.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty");
        let kind = matches!(
            self.kind,
            RedirectKind::Write | RedirectKind::Append | RedirectKind::ReadWrite | RedirectKind::Both
        );
        kind && file
    }
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectKind {
    /// `<`
    Read,
    /// `>`, `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`, `>&`
    Duplicate,
    /// `&>`, `&>>`
    Both,
    /// `<<`, `<<-`
    HereDocument,
    /// `<<<`
    HereString,
}

/// The body of a here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HereDocument {
    pub(crate) text: String,
    /// Where the body begins, if that is known.
    pub(crate) start: Option<usize>,
    /// Whether the shell replaces variables in it.
    pub(crate) expands: bool,
}

/// Parses a text in bash. Never fails; see `Script::error`.
pub(crate) fn parse(text: &str) -> Script {
    let mut script = Script::default();
    let error =
        lower::Lowering { script: &mut script, depth: 0 }.text(text, lower::Base::Shift(0), &lower::Around::default());
    script.error = error;
    script
}

#[cfg(test)]
mod tests;
