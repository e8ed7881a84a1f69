//! The commands of a text that is not bash, by its words alone: every separator begins another.

use super::lower::{Around, Base, Lowering, Seat, seated};
use super::{Assignment, Joined, Redirect, RedirectKind};
use crate::shell::lexer::{Lexer, Token, TokenKind};
use crate::shell::programs;
use crate::span::Span;

/// Words of the grammar that stand in front of a command.
const KEYWORDS: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"];
/// Words that begin or end a construct and start nothing.
const CONSTRUCTS: &[&str] = &["for", "select", "case", "fi", "done", "esac", "}"];

/// Adds every piece between separators as an invocation.
pub(super) fn commands(lowering: &mut Lowering<'_>, text: &str, base: Base, around: &Around) {
    let tokens: Vec<Token> = Lexer::new(text).collect();
    let mut seat = Seat { stages: 1, ..Seat::default() };
    let mut start = 0;
    for end in 0..=tokens.len() {
        let operator = match tokens.get(end).map(|token| &token.kind) {
            Some(TokenKind::Operator(operator)) if separates(operator) => *operator,
            Some(TokenKind::Operator(_) | TokenKind::Word(_)) => continue,
            _ => ";",
        };
        if start < end {
            piece(lowering, text, &tokens[start..end], base, seat, around);
        }
        start = end + 1;
        seat = next(seat, operator, lowering.script.invocations.len());
    }
}

fn separates(operator: &str) -> bool {
    matches!(operator, "|" | "||" | "&&" | "|&" | ";" | ";;" | "&" | "(" | ")")
}

fn next(seat: Seat, operator: &str, number: usize) -> Seat {
    if operator.starts_with('|') && operator != "||" {
        return Seat { stage: seat.stage + 1, stages: seat.stage + 2, ..seat };
    }
    let joined = match operator {
        "&&" => Joined::And,
        "||" => Joined::Or,
        _ => Joined::Then,
    };
    Seat { pipeline: number, stage: 0, stages: 1, joined, background: false }
}

fn piece(lowering: &mut Lowering<'_>, text: &str, tokens: &[Token], base: Base, seat: Seat, around: &Around) {
    let mut invocation = seated(seat, around);
    invocation.fed |= seat.stage > 0;
    let mut redirection = None;
    for token in tokens {
        match &token.kind {
            TokenKind::Operator(operator) => redirection = kind(operator),
            TokenKind::Word(read) => {
                let word = lowering.word(text, token.span, base, around);
                let first = invocation.words.is_empty();
                match redirection.take() {
                    Some(kind) => invocation.redirects.push(Redirect { kind, target: word, body: None }),
                    None if first && !read.quoted && KEYWORDS.contains(&read.value.as_str()) => {}
                    None if first && !read.quoted && CONSTRUCTS.contains(&read.value.as_str()) => return,
                    None if first && programs::is_assignment(&read.value) => {
                        let name = word.value.split('=').next().unwrap_or_default().to_owned();
                        invocation.assignments.push(Assignment { name, word });
                    }
                    None => invocation.words.push(word),
                }
            }
            _ => {}
        }
    }
    invocation.fed |= invocation.redirects.iter().any(Redirect::feeds);
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
    invocation.span = base.place(Span::new(first.span.start, last.span.end));
    lowering.push(invocation);
}

fn kind(operator: &str) -> Option<RedirectKind> {
    Some(match operator {
        "<" => RedirectKind::Read,
        ">" | ">|" => RedirectKind::Write,
        ">>" => RedirectKind::Append,
        "<>" => RedirectKind::ReadWrite,
        "<&" | ">&" => RedirectKind::Duplicate,
        "&>" | "&>>" => RedirectKind::Both,
        "<<" | "<<-" => RedirectKind::HereDocument,
        "<<<" => RedirectKind::HereString,
        _ => return None,
    })
}
