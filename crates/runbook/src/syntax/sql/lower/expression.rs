//! Expressions.

use squawk_syntax::{SyntaxElement, SyntaxKind as K, SyntaxNode};

use super::{Context, child, folded, has_token, literal, name, query, span};
use crate::syntax::sql::ast::{Call, Expression, ExpressionKind};

/// The expression that a node is; `None` if it is none.
pub(super) fn lower(node: &SyntaxNode, context: Context<'_>) -> Option<Expression> {
    let context = context.deeper()?;
    let here = span(node);
    let kind = match node.kind() {
        K::NAME_REF if context.is_placeholder(here) => ExpressionKind::Placeholder,
        K::NAME_REF | K::FIELD_EXPR => ExpressionKind::Column(name(node).path),
        K::LITERAL if context.is_placeholder(here) => ExpressionKind::Placeholder,
        K::LITERAL => ExpressionKind::Constant(literal(node)),
        K::CALL_EXPR => match call(node, context) {
            Some(call) => ExpressionKind::Call(Box::new(call)),
            None => ExpressionKind::Other(node.children().flat_map(|form| operands(&form, context)).collect()),
        },
        K::BIN_EXPR => binary(node, context)?,
        K::PREFIX_EXPR if has_token(node, K::NOT_KW) => ExpressionKind::Not(Box::new(operands(node, context).pop()?)),
        K::PAREN_EXPR => match operands(node, context).pop() {
            Some(inside) => ExpressionKind::Group(Box::new(inside)),
            None => ExpressionKind::Query(query::within(node, context)),
        },
        K::CAST_EXPR => cast(node, context)?,
        K::PREFIX_EXPR
        | K::POSTFIX_EXPR
        | K::BETWEEN_EXPR
        | K::TUPLE_EXPR
        | K::ARRAY_EXPR
        | K::INDEX_EXPR
        | K::SLICE_EXPR
        | K::COLLATE
        | K::CASE_EXPR => ExpressionKind::Other(operands(node, context)),
        kind if query::is_query(kind) => ExpressionKind::Query(query::arms(node, context)),
        _ => return None,
    };
    Some(Expression { kind, span: here })
}

/// The expressions among the children, also of nodes that only group, such as `WHEN`.
fn operands(node: &SyntaxNode, context: Context<'_>) -> Vec<Expression> {
    let mut found = Vec::new();
    for child in node.children() {
        match lower(&child, context) {
            Some(expression) => found.push(expression),
            None if matches!(child.kind(), K::WHEN_CLAUSE_LIST | K::WHEN_CLAUSE | K::ELSE_CLAUSE | K::ARG) => {
                found.extend(operands(&child, context));
            }
            None => {}
        }
    }
    found
}

/// A function call; `None` for the forms with a grammar of their own, such as `EXTRACT(… FROM …)`.
pub(super) fn call(node: &SyntaxNode, context: Context<'_>) -> Option<Call> {
    let list = child(node, K::ARG_LIST)?;
    let function = node.children().find(|child| matches!(child.kind(), K::NAME_REF | K::FIELD_EXPR))?;
    let arguments = operands(&list, context);
    Some(Call { name: name(&function), star: has_token(&list, K::STAR), arguments, span: span(node) })
}

fn cast(node: &SyntaxNode, context: Context<'_>) -> Option<ExpressionKind> {
    let operand = Box::new(operands(node, context).pop()?);
    let described = node.children().find(|child| format!("{:?}", child.kind()).ends_with("_TYPE"))?;
    Some(ExpressionKind::Cast { type_name: folded(described.text().to_string().trim()), operand })
}

/// Chains of `AND`, `OR` and other operators lean to the left and may be long: walked down first, built up then.
fn binary(node: &SyntaxNode, context: Context<'_>) -> Option<ExpressionKind> {
    let mut chain = vec![node.clone()];
    let mut innermost = node.first_child()?;
    while innermost.kind() == K::BIN_EXPR {
        chain.push(innermost.clone());
        innermost = innermost.first_child()?;
    }
    let mut left = lower(&innermost, context)?;
    for node in chain.into_iter().rev() {
        let operator = operator(&node);
        let right = node.last_child().filter(|last| *last != innermost).and_then(|last| lower(&last, context));
        let right = right.unwrap_or(Expression { kind: ExpressionKind::Other(Vec::new()), span: left.span });
        let covered = left.span.cover(right.span);
        let kind = match (operator.as_str(), left) {
            ("AND", Expression { kind: ExpressionKind::And(mut all), .. }) => {
                all.push(right);
                ExpressionKind::And(all)
            }
            ("OR", Expression { kind: ExpressionKind::Or(mut all), .. }) => {
                all.push(right);
                ExpressionKind::Or(all)
            }
            ("AND", left) => ExpressionKind::And(vec![left, right]),
            ("OR", left) => ExpressionKind::Or(vec![left, right]),
            (_, left) => ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) },
        };
        left = Expression { kind, span: covered };
    }
    Some(left.kind)
}

/// Everything between the operands, in upper case with single blanks.
fn operator(node: &SyntaxNode) -> String {
    let (Some(first), Some(last)) = (node.first_child(), node.last_child()) else { return String::new() };
    let between = node.children_with_tokens().filter(|element| {
        let range = element.text_range();
        range.start() >= first.text_range().end() && range.end() <= last.text_range().start()
    });
    let text: String = between
        .map(|element| match element {
            SyntaxElement::Token(token) if token.kind().is_trivia() => " ".to_owned(),
            SyntaxElement::Token(token) => token.text().to_owned(),
            SyntaxElement::Node(node) => node.text().to_string(),
        })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}
