//! What a runbook sends to Redis servers, and what its text says about it.

use crate::lint::{Document, Entry, Scope};
use crate::span::Span;
use crate::syntax::bash::{Frame, Invocation, Wrapper};
use crate::syntax::redis::{self, Request, Through};

/// How far from a command a comment may be about it, in bytes.
const NEAR: usize = 1_000;

/// One request with the command that sends it.
#[derive(Debug)]
pub(super) struct Sent<'d, 'a> {
    pub(super) entry: &'d Entry<'a>,
    pub(super) request: Request,
}

/// All requests of a document, in order.
pub(super) fn sent<'d, 'a>(document: &'d Document<'a>) -> impl Iterator<Item = Sent<'d, 'a>> {
    document.entries().flat_map(by)
}

/// All requests of a scope, in order.
pub(super) fn within<'d, 'a>(scope: &'d Scope<'a>) -> impl Iterator<Item = Sent<'d, 'a>> {
    scope.entries.iter().flat_map(by)
}

/// The requests of one command.
pub(super) fn by<'d, 'a>(entry: &'d Entry<'a>) -> impl Iterator<Item = Sent<'d, 'a>> + use<'d, 'a> {
    let command = entry.command;
    let requests = redis::requests(&command.language, &command.text, command.session.as_deref(), entry.script);
    requests.into_iter().map(move |request| Sent { entry, request })
}

impl<'d> Sent<'d, '_> {
    /// The bytes of the file behind the request.
    pub(super) fn span(&self) -> Span {
        self.entry.place(self.request.span)
    }

    /// The client that sends it, unless it is typed.
    pub(super) fn client(&self) -> Option<(usize, &'d Invocation)> {
        let (Through::Arguments(index) | Through::Input(index)) = self.request.through else { return None };
        self.entry.script.invocations.get(index).map(|invocation| (index, invocation))
    }

    /// Whether it is sent again and again with other keys: behind `xargs` or in a loop.
    pub(super) fn repeats(&self) -> bool {
        self.client().is_some_and(|(index, client)| {
            let around = self.entry.script.wrappers(index).any(|outer| outer.wraps == Some(Wrapper::Repeated));
            around || client.frames.contains(&Frame::Loop)
        })
    }

    /// What its author says that it does, in lower case: the title, and the comments above and behind the command.
    pub(super) fn intent(&self, document: &Document<'_>) -> String {
        let Span { start, end } = self.entry.command.span;
        let text = document.text;
        let mut said = self.entry.title.to_lowercase();
        // What is farther away on a line is about something else.
        let near = text.floor_char_boundary(start.saturating_sub(NEAR));
        let before = text.get(near..start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let comments = before[..line].lines().rev().map(str::trim).take_while(|line| line.starts_with('#')).take(3);
        let far = text.floor_char_boundary(end.saturating_add(NEAR));
        let behind = text.get(end..far).unwrap_or_default().lines().next().unwrap_or_default().trim();
        for comment in comments.chain(Some(behind).filter(|behind| behind.starts_with('#'))) {
            said.push('\n');
            said.push_str(&comment.to_lowercase());
        }
        said
    }
}

/// The words of a text: letters and digits.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}
