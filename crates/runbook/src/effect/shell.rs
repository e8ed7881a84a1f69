//! The effect of a text in bash, command by command, as its syntax tree has them.

use allclear_core::EffectClass::{self, Change, Destroy, Observe, Unknown};

use super::catalogue::{Catalogue, Code, Decision, Language};
use super::input::{self, Input};
use super::{code, together};
use crate::shell::lexer::{Lexer, TokenKind};
use crate::syntax::bash::{self, Invocation, Redirect, RedirectKind, Script, Word, Wrapper};
use crate::syntax::call::Call;

/// How deep texts inside of texts are read before the answer is `unknown`.
const DEEPEST: usize = 8;

/// The effect of a text, `depth` texts deep in others.
pub(super) fn effect(catalogue: &Catalogue, text: &str, depth: usize) -> EffectClass {
    if depth > DEEPEST {
        return Unknown;
    }
    effect_of(catalogue, text, &bash::parse(text), depth)
}

/// The effect of a text whose syntax tree is at hand.
pub(super) fn effect_of(catalogue: &Catalogue, text: &str, script: &Script, depth: usize) -> EffectClass {
    let reading = Reading { catalogue, script, depth };
    let all = (0..script.invocations.len()).map(|index| reading.invocation(index));
    all.fold(if hides(text, script) { Unknown } else { Observe }, together)
}

/// Whether a text that is not bash hides something from its words: an open quote, a here-document with substitutions.
fn hides(text: &str, script: &Script) -> bool {
    let Some(error) = &script.error else { return false };
    if error.too_large {
        return true;
    }
    let mut lexer = Lexer::new(text);
    let substitutes =
        lexer.by_ref().any(|token| token.kind == TokenKind::Heredoc && may_substitute(token.span.slice(text)));
    substitutes || lexer.incomplete
}

fn may_substitute(text: &str) -> bool {
    text.contains("$(") || text.contains('`')
}

/// A script with the catalogue that tells what its commands do.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) script: &'a Script,
    pub(super) depth: usize,
}

impl<'a> Reading<'a> {
    /// The effect of one command without those that it starts.
    pub(super) fn invocation(&self, index: usize) -> EffectClass {
        let invocation = &self.script.invocations[index];
        let around = invocation.redirects.iter().map(redirected).fold(substituted(invocation), together);
        let Some(first) = invocation.words.first() else {
            return together(around, emptied(invocation));
        };
        if first.expands || !self.opened(index) {
            return together(around, Unknown);
        }
        together(together(around, emptied(invocation)), self.called(index))
    }

    /// Whether what a wrapper starts stands behind it, and all of it.
    fn opened(&self, index: usize) -> bool {
        let invocation = &self.script.invocations[index];
        let execs = invocation.words.iter().filter(|word| word.value.starts_with("-exec") || word.value == "-ok");
        let several = invocation.program() == "find" && execs.count() > 1;
        let inner = || self.script.invocations[index + 1..].iter().any(|other| other.via == Some(index));
        !several && (invocation.wraps.is_none() || inner())
    }

    /// Whether all that it starts is a text in bash, whose commands stand behind it.
    pub(super) fn starts_commands(&self, index: usize) -> bool {
        let invocation = &self.script.invocations[index];
        let call = self.catalogue.call(invocation);
        let Some(decision) = self.catalogue.decide(&call) else { return false };
        let parses = |code: &Code| {
            let readable = |word: Word| !word.opaque && bash::parse(&word.value).error.is_none();
            code.language == Language::Bash && texts(code, &call).all(|text| text.is_some_and(readable))
        };
        invocation.wraps == Some(Wrapper::Shell) && self.opened(index) && decision.program.code.iter().all(parses)
    }

    fn called(&self, index: usize) -> EffectClass {
        let invocation = &self.script.invocations[index];
        let outer = invocation.via.and_then(|via| self.script.invocations.get(via));
        if outer.is_some_and(asks_for_name) {
            return Observe;
        }
        let completed = outer.filter(|outer| completes(outer)).map(|_| with_operand(invocation));
        let invocation = completed.as_ref().unwrap_or(invocation);
        let call = self.catalogue.call(invocation);
        let Some(decision) = self.catalogue.decide(&call) else { return Unknown };
        let own = self.own(index, &decision);
        // What a wrapper starts reads the input, not the wrapper.
        let stdin = decision.entry.and_then(|entry| entry.stdin).filter(|_| invocation.wraps.is_none());
        let read = stdin.map(|language| self.read(index, language, own)).into_iter();
        read.fold(together(own, self.code(&decision, &call)), together)
    }

    /// What the programs do that stand among the arguments.
    pub(super) fn code(&self, decision: &Decision<'_>, call: &Call<'_>) -> EffectClass {
        let arguments = decision.program.code.iter().flat_map(|code| texts(code, call).map(move |text| (code, text)));
        let codes = arguments.map(|(code, text)| match text {
            Some(word) if !word.opaque => code::effect(self.catalogue, code.language, &word.value, self.depth + 1),
            _ => Unknown,
        });
        codes.fold(Observe, together)
    }

    /// What the entry says, with regard to repetition.
    pub(super) fn own(&self, index: usize, decision: &Decision<'_>) -> EffectClass {
        let repeated = decision.entry.and_then(|entry| entry.repeated).filter(|_| self.repeats(index));
        repeated.unwrap_or(decision.effect)
    }

    /// Whether it is started again and again.
    pub(super) fn repeats(&self, index: usize) -> bool {
        self.script.invocations[index].repeats()
            || self.script.wrappers(index).any(|outer| outer.wraps == Some(Wrapper::Repeated))
    }

    /// What a program does that takes its input for code.
    fn read(&self, index: usize, language: Language, own: EffectClass) -> EffectClass {
        match input::of(self.script, index) {
            Input::Terminal => Observe,
            Input::Shown(text) => code::effect(self.catalogue, language, &text, self.depth + 1),
            Input::Hidden if own == Observe => Unknown,
            Input::Hidden => Observe,
        }
    }
}

/// `command -v NAME` starts nothing.
fn asks_for_name(outer: &Invocation) -> bool {
    outer.program() == "command"
        && outer.arguments().first().is_some_and(|word| matches!(word.value.as_str(), "-v" | "-V"))
}

/// Whether more operands come from a list.
fn completes(outer: &Invocation) -> bool {
    matches!(outer.program(), "xargs" | "parallel")
}

fn with_operand(invocation: &Invocation) -> Invocation {
    let mut completed = invocation.clone();
    if !completed.words.iter().any(|word| word.value.contains("{}")) {
        completed.words.push(Word { value: "{}".to_owned(), expands: true, ..Word::default() });
    }
    completed
}

/// The words that are a program in a language of its own; `None` where one is missing.
pub(super) fn texts<'c>(code: &Code, call: &Call<'c>) -> impl Iterator<Item = Option<Word>> + use<'c> {
    let mut found = Vec::new();
    if !call.flags.iter().any(|flag| code.unless.contains(&flag.name)) {
        for flag in call.flags.iter().filter(|flag| code.flags.contains(&flag.name)) {
            let word = flag.value_word.zip(flag.value);
            found.push(word.map(|(word, value)| Word { value: value.to_owned(), ..word.clone() }));
        }
        found.extend(code.operand.map(|at| call.operands.get(at).copied().cloned()));
    }
    found.into_iter()
}

/// What the words hide, and what the bodies of here-documents substitute.
fn substituted(invocation: &Invocation) -> EffectClass {
    let assigned = invocation.assignments.iter().map(|assignment| &assignment.word);
    let targets = invocation.redirects.iter().map(|redirect| &redirect.target);
    let hidden = invocation.words.iter().chain(assigned).chain(targets).any(|word| word.opaque);
    let bodies = invocation.redirects.iter().filter_map(|redirect| redirect.body.as_ref());
    let substitutes = bodies.into_iter().any(|body| body.expands && may_substitute(&body.text));
    if hidden || substitutes { Unknown } else { Observe }
}

/// What a redirection does by itself.
fn redirected(redirect: &Redirect) -> EffectClass {
    let target = redirect.target.value.as_str();
    match redirect.kind {
        RedirectKind::Duplicate => {
            let descriptor = target.trim_end_matches('-').bytes().all(|byte| byte.is_ascii_digit());
            if descriptor { Observe } else { Change }
        }
        _ if !redirect.writes() => Observe,
        _ if target.starts_with("/dev/") => Unknown,
        _ => Change,
    }
}

/// `: > file` and `cat /dev/null > file` leave nothing of it.
fn emptied(invocation: &Invocation) -> EffectClass {
    let overwrites = |redirect: &&Redirect| redirect.kind == RedirectKind::Write && redirect.writes();
    let words: Vec<&str> = invocation.words.iter().map(|word| word.value.as_str()).collect();
    let prints_nothing =
        matches!(words.as_slice(), [] | [":" | "true"] | ["cat", "/dev/null"] | ["echo", "-n"] | ["echo", "-n", ""]);
    let empties = prints_nothing && invocation.redirects.iter().any(|it| overwrites(&it)) && invocation.stages <= 1;
    if empties { Destroy } else { Observe }
}
