//! From the parser's syntax tree to ours.
//!
//! Works on kinds of nodes and tokens; what is missing in a broken text is simply absent. Chains of operators are walked in
//! loops, so that the depth of recursion is the depth of brackets.

mod expression;
mod query;
mod statement;

use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

use super::ast::{Name, Statement};
use crate::span::Span;

/// What the lowering knows besides the tree.
#[derive(Clone, Copy)]
struct Context<'a> {
    /// Sorted; where an identifier only stands in for something else.
    placeholders: &'a [Span],
    /// How many expressions are around this one.
    depth: usize,
}

/// No expression nests deeper than this, except to be difficult.
const DEEPEST: usize = 100;

impl Context<'_> {
    const fn deeper(self) -> Option<Self> {
        if self.depth < DEEPEST { Some(Self { depth: self.depth + 1, ..self }) } else { None }
    }

    fn is_placeholder(self, span: Span) -> bool {
        let before = self.placeholders.partition_point(|placeholder| placeholder.end <= span.start);
        self.placeholders.get(before).is_some_and(|placeholder| placeholder.start < span.end)
    }
}

/// The statements of a source file.
pub(super) fn statements(file: &SyntaxNode, placeholders: &[Span]) -> Vec<Statement> {
    let context = Context { placeholders, depth: 0 };
    file.children().filter_map(|node| statement::lower(&node, context)).collect()
}

fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|child| child.kind() == kind)
}

fn has_child(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    child(node, kind).is_some()
}

fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.children_with_tokens().filter_map(SyntaxElement::into_token).filter(|token| !token.kind().is_trivia())
}

fn has_token(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    tokens(node).any(|token| token.kind() == kind)
}

/// From the first token to the last, without blanks, comments and a closing semicolon.
fn span(node: &SyntaxNode) -> Span {
    let noise = |token: &SyntaxToken| token.kind().is_trivia() || token.kind() == SyntaxKind::SEMICOLON;
    let (mut first, mut last) = (node.first_token(), node.last_token());
    while first.as_ref().is_some_and(noise) && first != last {
        first = first.and_then(|token| token.next_token());
    }
    while last.as_ref().is_some_and(noise) && first != last {
        last = last.and_then(|token| token.prev_token());
    }
    let range = node.text_range();
    let start = first.map_or(range.start(), |token| token.text_range().start());
    let end = last.map_or(range.end(), |token| token.text_range().end());
    Span::new(start.into(), end.into())
}

/// The dotted name that a node consists of.
fn name(node: &SyntaxNode) -> Name {
    let parts = node.descendants_with_tokens().filter_map(SyntaxElement::into_token).filter(|token| {
        let noise = matches!(
            token.kind(),
            SyntaxKind::DOT | SyntaxKind::STAR | SyntaxKind::L_PAREN | SyntaxKind::R_PAREN | SyntaxKind::ONLY_KW
        );
        !noise && !token.kind().is_trivia()
    });
    Name { path: parts.map(|token| folded(token.text())).collect(), span: span(node) }
}

/// The name that the first child of a kind consists of.
fn name_in(node: &SyntaxNode, kinds: &[SyntaxKind]) -> Option<Name> {
    node.children().find(|child| kinds.contains(&child.kind())).map(|child| name(&child))
}

/// An identifier as PostgreSQL folds it.
fn folded(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => identifier.to_lowercase(),
    }
}

/// A literal's value: strings without their quotes, anything else as written.
fn literal(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let text = text.trim();
    let single = text.trim_start_matches(['e', 'E', 'n', 'N']);
    match single.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => quoted.replace("''", "'"),
        None => text.to_owned(),
    }
}
