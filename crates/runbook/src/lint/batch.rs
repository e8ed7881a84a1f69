//! The SQL of a command, wherever it stands: a fence of its own, `psql -c`, a here-document, `echo … | psql`.

use crate::lint::document::{Entry, Scope};
use crate::model::Command;
use crate::span::Span;
use crate::syntax::bash::{Invocation, Script, Word};
use crate::syntax::call::Call;
use crate::syntax::sql::{self, ast::Sql};

/// SQL that is sent as one text.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) sql: Sql,
    pub(crate) text: String,
    pub(crate) source: BatchSource,
    /// The `psql` that sends it, among the invocations of the script.
    pub(crate) invocation: Option<usize>,
    /// Where the text begins in the command, unless quoting changed it.
    start: Option<usize>,
    /// The words that hold it in the command.
    whole: Span,
}

/// How the text reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSource {
    /// A command in SQL, for whoever has a session.
    Fence,
    /// `psql -c`, which sends the whole text at once.
    Argument,
    /// Something psql reads, statement by statement.
    Input,
}

impl Batch {
    /// Bytes of the command behind a span of the text; all of it where the two do not agree.
    pub(crate) fn within_command(&self, span: Span) -> Span {
        self.start.map_or(self.whole, |start| Span::new(start + span.start, start + span.end))
    }

    /// Whether the tree says all: nothing was left out, and PostgreSQL would understand it.
    pub(crate) fn is_whole(&self) -> bool {
        self.sql.errors.is_empty() && self.sql.elisions.is_empty()
    }

    /// Whether the text stands in the command as it is sent, byte by byte.
    pub(crate) const fn is_verbatim(&self) -> bool {
        self.start.is_some()
    }
}

/// All batches of a command.
pub(super) fn batches(command: &Command, script: &Script) -> Vec<Batch> {
    if command.language == "sql" {
        let whole = Span::new(0, command.text.len());
        return vec![batch(&command.text, BatchSource::Fence, None, Some(0), whole)];
    }
    let sending = script.invocations.iter().enumerate().filter(|(_, invocation)| invocation.program() == "psql");
    sending.flat_map(|(index, invocation)| sent(script, index, invocation)).collect()
}

fn batch(text: &str, source: BatchSource, invocation: Option<usize>, start: Option<usize>, whole: Span) -> Batch {
    Batch { sql: sql::parse(text), text: text.to_owned(), source, invocation, start, whole }
}

fn of_word(word: &Word, source: BatchSource, index: usize) -> Batch {
    batch(&word.value, source, Some(index), word.content, word.span)
}

/// What one `psql` sends.
fn sent(script: &Script, index: usize, invocation: &Invocation) -> Vec<Batch> {
    let call = Call::of(invocation);
    let commands = call.flags.iter().filter(|flag| matches!(flag.name.as_str(), "-c" | "--command"));
    let mut found: Vec<Batch> = commands
        .filter_map(|flag| {
            let word = flag.value_word?;
            match flag.value {
                Some(value) if value.len() == word.value.len() => Some(of_word(word, BatchSource::Argument, index)),
                Some(value) => Some(batch(value, BatchSource::Argument, Some(index), None, word.span)),
                None => None,
            }
        })
        .collect();
    for redirect in &invocation.redirects {
        match &redirect.body {
            Some(body) => {
                found.push(batch(&body.text, BatchSource::Input, Some(index), body.start, redirect.target.span));
            }
            None if redirect.kind == crate::syntax::bash::RedirectKind::HereString => {
                found.push(of_word(&redirect.target, BatchSource::Input, index));
            }
            None => {}
        }
    }
    let before = script.pipeline(invocation.pipeline).filter(|stage| stage.stage + 1 == invocation.stage);
    for echo in before.filter(|stage| matches!(stage.program(), "echo" | "printf")) {
        found.extend(echo.arguments().last().map(|word| of_word(word, BatchSource::Input, index)));
    }
    found
}

/// A batch and the command that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'d, 'a> {
    pub(crate) entry: &'d Entry<'a>,
    pub(crate) batch: &'d Batch,
}

impl<'d> Sent<'d, '_> {
    /// Bytes of the file behind a span of the batch's text.
    pub(crate) fn place(&self, span: Span) -> Span {
        self.entry.place(self.batch.within_command(span))
    }

    /// The `psql` that sends it.
    pub(crate) fn psql(&self) -> Option<&'d Invocation> {
        self.batch.invocation.and_then(|index| self.entry.script.invocations.get(index))
    }
}

impl<'a> Scope<'a> {
    /// All SQL, in the order of the text.
    pub(crate) fn sent(&self) -> impl Iterator<Item = Sent<'_, 'a>> {
        self.entries.iter().flat_map(|entry| entry.batches.iter().map(move |batch| Sent { entry, batch }))
    }
}
