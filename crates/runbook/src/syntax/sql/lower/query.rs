//! `SELECT` and what can stand in its place.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::{Context, child, expression, folded, has_child, has_token, name_in, span};
use crate::syntax::sql::ast::{Expression, Query, Source, Target};

/// Whether a node is a query.
pub(super) const fn is_query(kind: K) -> bool {
    matches!(kind, K::SELECT | K::SELECT_INTO | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE)
}

/// The arms of a query: one, unless `UNION` and the like connect several.
pub(super) fn arms(node: &SyntaxNode, context: Context<'_>) -> Vec<Query> {
    let mut found = Vec::new();
    let mut waiting = vec![node.clone()];
    while let Some(node) = waiting.pop() {
        match node.kind() {
            K::SELECT | K::SELECT_INTO => found.push(select(&node, context)),
            K::COMPOUND_SELECT | K::PAREN_SELECT | K::PAREN_EXPR => {
                let nested: Vec<SyntaxNode> =
                    node.children().filter(|child| is_query(child.kind()) || child.kind() == K::PAREN_EXPR).collect();
                waiting.extend(nested.into_iter().rev());
            }
            K::TABLE | K::VALUES => {
                let name = name_in(&node, &[K::RELATION_NAME]);
                let from = name.map(|name| Source { name: Some(name), alias: None }).into_iter().collect();
                found.push(Query { span: span(&node), from, ..Query::default() });
            }
            _ => {}
        }
    }
    found
}

/// The query in parentheses.
pub(super) fn within(node: &SyntaxNode, context: Context<'_>) -> Vec<Query> {
    node.children().filter(|child| is_query(child.kind())).flat_map(|query| arms(&query, context)).collect()
}

fn select(node: &SyntaxNode, context: Context<'_>) -> Query {
    let mut query = Query {
        span: span(node),
        into: node.kind() == K::SELECT_INTO,
        locks: has_child(node, K::LOCKING_CLAUSE),
        filter: filter(node, context),
        ..Query::default()
    };
    let list = child(node, K::SELECT_CLAUSE).and_then(|clause| child(&clause, K::TARGET_LIST));
    if let Some(list) = list {
        query.targets =
            list.children().filter(|child| child.kind() == K::TARGET).map(|t| target(&t, context)).collect();
    }
    if let Some(from) = child(node, K::FROM_CLAUSE) {
        sources(&from, context, &mut query);
    }
    query
}

/// The condition of a `WHERE`.
pub(super) fn filter(node: &SyntaxNode, context: Context<'_>) -> Option<Expression> {
    child(node, K::WHERE_CLAUSE)?.children().find_map(|condition| expression::lower(&condition, context))
}

fn target(node: &SyntaxNode, context: Context<'_>) -> Target {
    let alias = child(node, K::AS_NAME).and_then(|name| child(&name, K::COLUMN_NAME));
    Target {
        expression: node.children().find_map(|child| expression::lower(&child, context)),
        alias: alias.map(|alias| folded(alias.text().to_string().trim())),
    }
}

/// What stands in `FROM`; joins lean to the left and may be long.
fn sources(from: &SyntaxNode, context: Context<'_>, query: &mut Query) {
    let mut waiting: Vec<SyntaxNode> = from.children().collect();
    waiting.reverse();
    while let Some(node) = waiting.pop() {
        match node.kind() {
            K::JOIN_EXPR | K::JOIN | K::PAREN_EXPR => {
                let nested: Vec<SyntaxNode> = node.children().collect();
                waiting.extend(nested.into_iter().rev());
            }
            K::ON_CLAUSE => {
                query.on.extend(node.children().find_map(|condition| expression::lower(&condition, context)));
            }
            K::RELATION_FROM_ITEM => {
                let name = name_in(&node, &[K::RELATION_NAME_REF]);
                query.from.push(Source { name, alias: alias(&node) });
            }
            K::PAREN_FROM_ITEM if has_token(&node, K::LATERAL_KW) || !has_child(&node, K::PAREN_EXPR) => {
                query.from.push(Source { name: None, alias: alias(&node) });
            }
            K::PAREN_FROM_ITEM => waiting.extend(node.children().filter(|child| child.kind() == K::PAREN_EXPR)),
            K::FUNCTION_FROM_ITEM | K::EXPR_FROM_ITEM | K::ROWS_FROM_ITEM => {
                query.from.push(Source { name: None, alias: alias(&node) });
            }
            _ => {}
        }
    }
}

fn alias(node: &SyntaxNode) -> Option<String> {
    let alias = child(node, K::FROM_ALIAS).and_then(|alias| child(&alias, K::TABLE_ALIAS))?;
    Some(folded(alias.text().to_string().trim()))
}
