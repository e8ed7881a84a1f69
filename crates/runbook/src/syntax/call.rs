//! The arguments of a command as its program reads them: operands, flags with their values, what stands behind `--`.
//!
//! Which flags take a value is knowledge about each program, kept in the catalogue; a flag that is not listed there takes
//! none unless it says `=`.

use crate::effect::{Program, built_in};
use crate::span::Span;
use crate::syntax::bash::{Invocation, Word};
use crate::syntax::kubectl;

/// The arguments of one invocation.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// Name of the program, as written, without its folder.
    pub(crate) program: &'a str,
    /// Words that are neither flags nor their values, subcommands included: `get`, `pods`.
    pub(crate) operands: Vec<&'a Word>,
    /// Flags in order; `-it` is two of them.
    pub(crate) flags: Vec<Flag<'a>>,
    /// The words behind `--`.
    pub(crate) rest: &'a [Word],
}

/// One flag.
#[derive(Debug, Clone)]
pub(crate) struct Flag<'a> {
    /// With its dashes, without its value: `-n`, `--namespace`.
    pub(crate) name: String,
    /// The value, without quotes.
    pub(crate) value: Option<&'a str>,
    /// The word that holds the flag.
    pub(crate) word: &'a Word,
    /// The word that holds the value; the same one for `--flag=value`.
    pub(crate) value_word: Option<&'a Word>,
}

impl Flag<'_> {
    /// Flag and value together.
    pub(crate) fn span(&self) -> Span {
        self.value_word.map_or(self.word.span, |value| self.word.span.cover(value.span))
    }
}

impl<'a> Call<'a> {
    /// Reads the arguments of an invocation as the built-in catalogue knows its program.
    pub(crate) fn of(invocation: &'a Invocation) -> Self {
        let known: Vec<&Program> = built_in(invocation.program()).into_iter().collect();
        Self::read(invocation, &known)
    }

    /// Reads the arguments of an invocation with what is known about its program.
    pub(crate) fn read(invocation: &'a Invocation, known: &[&Program]) -> Self {
        let grammar = Grammar::of(invocation, known);
        let mut call = Self { program: invocation.program(), operands: Vec::new(), flags: Vec::new(), rest: &[] };
        let arguments = invocation.arguments();
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            at += 1;
            if word.value == "--" {
                call.rest = &arguments[at..];
                break;
            }
            if !word.value.starts_with('-') || word.value == "-" {
                call.operands.push(word);
                continue;
            }
            if call.flag_word(word, arguments.get(at), grammar) {
                at += 1;
            }
        }
        call
    }

    /// Adds the flags of one word; whether the next word is the value of the last of them.
    fn flag_word(&mut self, word: &'a Word, next: Option<&'a Word>, grammar: Grammar<'_>) -> bool {
        let text = word.value.as_str();
        if let Some((name, value)) =
            text.split_once('=').filter(|(name, _)| text.starts_with("--") || grammar.long_dash() || name.len() == 2)
        {
            self.flags.push(Flag { name: name.to_owned(), value: Some(value), word, value_word: Some(word) });
            return false;
        }
        if text.starts_with("--") || grammar.long_dash() {
            let value_word = next.filter(|_| grammar.takes_value(text));
            self.flags.push(Flag {
                name: text.to_owned(),
                value: value_word.map(|it| it.value.as_str()),
                word,
                value_word,
            });
            return value_word.is_some();
        }
        for (at, letter) in text.char_indices().skip(1) {
            let name = format!("-{letter}");
            let attached = &text[at + letter.len_utf8()..];
            if grammar.attaches(&name) {
                let value = Some(attached).filter(|attached| !attached.is_empty());
                self.flags.push(Flag { name, value, word, value_word: value.map(|_| word) });
                return false;
            }
            if !grammar.takes_value(&name) {
                self.flags.push(Flag { name, value: None, word, value_word: None });
            } else if attached.is_empty() {
                self.flags.push(Flag { name, value: next.map(|it| it.value.as_str()), word, value_word: next });
                return next.is_some();
            } else {
                self.flags.push(Flag { name, value: Some(attached), word, value_word: Some(word) });
                return false;
            }
        }
        false
    }

    /// The first flag with one of these names.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<&Flag<'a>> {
        self.flags.iter().find(|flag| names.contains(&flag.name.as_str()))
    }

    /// Whether one of these flags is there and not `=false`.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.flag(names).is_some_and(|flag| flag.value != Some("false"))
    }

    /// The value of the first flag with one of these names.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.flag(names).and_then(|flag| flag.value)
    }

    /// The operand at this position, without quotes; empty where there is none.
    pub(crate) fn operand(&self, at: usize) -> &'a str {
        self.operands.get(at).map_or("", |word| word.value.as_str())
    }

    /// Whether the operands begin with these words; each may be a choice, `get|describe`.
    pub(crate) fn begins(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, choice)| choice.split('|').any(|word| word == self.operand(at)))
    }
}

/// What is known about a program's flags, the nearest first.
#[derive(Clone, Copy)]
struct Grammar<'k> {
    known: &'k [&'k Program],
    invocation: &'k Invocation,
    /// kubectl's flags mean what its command makes of them: `-f` is a file or "follow".
    command: Option<&'static kubectl::Entry>,
}

impl<'k> Grammar<'k> {
    fn of(invocation: &'k Invocation, known: &'k [&'k Program]) -> Self {
        let is_kubectl = matches!(invocation.program(), "kubectl" | "oc" | "k");
        Self { known, invocation, command: is_kubectl.then(|| kubectl_command(invocation)).flatten() }
    }

    fn takes_value(self, flag: &str) -> bool {
        if let Some(takes) = self.command.and_then(|command| command.takes_value(flag)) {
            return takes;
        }
        let has = |word: &str| self.invocation.arguments().iter().any(|argument| argument.value == word);
        self.known.iter().any(|program| program.takes_value(flag, has))
    }

    fn attaches(self, flag: &str) -> bool {
        self.known.iter().any(|program| program.attaches(flag))
    }

    /// Flags of several letters have one dash: `openssl x509 -noout`.
    fn long_dash(self) -> bool {
        self.known.iter().any(|program| program.long_dash)
    }
}

/// The command of kubectl that an invocation names; `oc adm drain` is kubectl's `drain`.
fn kubectl_command(invocation: &Invocation) -> Option<&'static kubectl::Entry> {
    let mut operands = Vec::new();
    let mut words = invocation.arguments().iter().map(|word| word.value.as_str());
    while let Some(word) = words.next().filter(|word| *word != "--" && operands.len() < 4) {
        match word.starts_with('-') {
            true if kubectl::global(word) == Some(true) => drop(words.next()),
            true => {}
            false => operands.push(word),
        }
    }
    let operands = operands.strip_prefix(&["adm"]).unwrap_or(&operands);
    kubectl::command(operands)
}
