//! Statements.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::{Context, child, expression, has_child, has_token, literal, name, name_in, query, span, tokens};
use crate::syntax::sql::ast::{Call, Copy, DatabaseAction, Name, Statement, StatementKind};

const DATABASE: &[K] = &[K::DATABASE_REF, K::DATABASE];
const TABLE: &[K] = &[K::RELATION_NAME, K::TABLE_RELATION_NAME, K::TABLE_NAME_REF];

/// The statement that a node is; `None` for an empty one.
pub(super) fn lower(node: &SyntaxNode, context: Context<'_>) -> Option<Statement> {
    let kind = kind(node, context)?;
    let with = child(node, K::WITH_CLAUSE).map(|with| {
        let tables = with.children().filter(|table| table.kind() == K::WITH_TABLE);
        tables
            .flat_map(|table| table.children().collect::<Vec<_>>())
            .filter_map(|inner| lower(&inner, context))
            .collect()
    });
    Some(Statement { span: span(node), kind, with: with.unwrap_or_default(), calls: calls(node, context) })
}

fn calls(node: &SyntaxNode, context: Context<'_>) -> Vec<Call> {
    let expressions = node.descendants().filter(|inner| inner.kind() == K::CALL_EXPR);
    expressions.filter_map(|inner| expression::call(&inner, context)).collect()
}

fn kind(node: &SyntaxNode, context: Context<'_>) -> Option<StatementKind> {
    let kind = match node.kind() {
        kind if query::is_query(kind) => StatementKind::Select(query::arms(node, context)),
        K::INSERT => StatementKind::Insert,
        K::UPDATE | K::DELETE => filtered(node, context),
        K::MERGE => StatementKind::Merge { deletes: node.descendants().any(|inner| inner.kind() == K::MERGE_DELETE) },
        K::TRUNCATE => StatementKind::Truncate,
        K::ALTER_SYSTEM => alter_system(node),
        K::ALTER_DATABASE => StatementKind::AlterDatabase {
            name: name_in(node, DATABASE).unwrap_or_default(),
            action: database_action(node),
        },
        K::ALTER_TABLE | K::ALTER_FOREIGN_TABLE => StatementKind::Alter { removes: has_child(node, K::DROP_COLUMN) },
        K::CREATE_DATABASE => StatementKind::CreateDatabase { name: name_in(node, DATABASE).unwrap_or_default() },
        K::CREATE_INDEX => create_index(node),
        K::DROP_DATABASE => StatementKind::DropDatabase {
            name: name_in(node, DATABASE).unwrap_or_default(),
            force: has_child(node, K::DROP_DATABASE_FORCE_CLAUSE),
        },
        K::DROP_INDEX => StatementKind::DropIndex {
            concurrently: has_token(node, K::CONCURRENTLY_KW),
            names: node.children().filter(|child| child.kind() == K::INDEX_REF).map(|child| name(&child)).collect(),
        },
        K::REINDEX => StatementKind::Reindex { concurrently: mentions(node, K::CONCURRENTLY_KW) },
        K::VACUUM => StatementKind::Vacuum { full: vacuums_fully(node) },
        K::CLUSTER => StatementKind::Cluster,
        K::REFRESH => StatementKind::Refresh,
        K::COPY => copy(node),
        K::BEGIN => StatementKind::Begin,
        K::COMMIT_TRANSACTION | K::COMMIT_PREPARED => StatementKind::Commit,
        K::ROLLBACK_TRANSACTION | K::ROLLBACK_TO_SAVEPOINT | K::ROLLBACK_PREPARED => StatementKind::Rollback,
        K::SHOW => StatementKind::Show,
        K::EXPLAIN => StatementKind::Explain {
            runs: runs(node),
            statement: explained(node).and_then(|inner| lower(&inner, context)).map(Box::new),
        },
        K::EMPTY_STMT => return None,
        other => by_words(other, node)?,
    };
    Some(kind)
}

/// The many statements that differ only in the object, told by their first words.
fn by_words(kind: K, node: &SyntaxNode) -> Option<StatementKind> {
    let first = tokens(node).next().map(|token| token.kind());
    Some(match (kind, first?) {
        (K::DO | K::CALL | K::EXECUTE | K::PREPARE | K::LOAD, _) => StatementKind::Opaque,
        (_, K::DROP_KW) => StatementKind::Drop,
        (_, K::CREATE_KW) => StatementKind::Create,
        (_, K::ALTER_KW) => StatementKind::Alter { removes: false },
        (
            _,
            K::SET_KW
            | K::RESET_KW
            | K::DISCARD_KW
            | K::SAVEPOINT_KW
            | K::RELEASE_KW
            | K::LISTEN_KW
            | K::UNLISTEN_KW
            | K::DECLARE_KW
            | K::FETCH_KW
            | K::MOVE_KW
            | K::CLOSE_KW
            | K::DEALLOCATE_KW,
        ) => StatementKind::Session,
        (
            _,
            K::ANALYZE_KW
            | K::ANALYSE_KW
            | K::GRANT_KW
            | K::REVOKE_KW
            | K::COMMENT_KW
            | K::CHECKPOINT_KW
            | K::LOCK_KW
            | K::NOTIFY_KW
            | K::REASSIGN_KW
            | K::SECURITY_KW
            | K::IMPORT_KW
            | K::PREPARE_KW,
        ) => StatementKind::Change,
        _ => return None,
    })
}

fn mentions(node: &SyntaxNode, kind: K) -> bool {
    node.descendants().any(|inner| has_token(&inner, kind))
}

fn filtered(node: &SyntaxNode, context: Context<'_>) -> StatementKind {
    let table = name_in(node, TABLE).unwrap_or_default();
    let filter = query::filter(node, context);
    let filtered = filter.is_some() || has_child(node, K::WHERE_CURRENT_OF) || has_child(node, K::WHERE_CLAUSE);
    match node.kind() {
        K::UPDATE => StatementKind::Update { table, filter, filtered },
        _ => StatementKind::Delete { table, filter, filtered },
    }
}

fn alter_system(node: &SyntaxNode) -> StatementKind {
    let action = child(node, K::SET_CONFIG_PARAM).or_else(|| child(node, K::RESET_CONFIG_PARAM));
    let (setting, value) = action.map(|action| setting(&action)).unwrap_or_default();
    StatementKind::AlterSystem { setting, value }
}

/// The setting that is set or reset, and the value.
fn setting(action: &SyntaxNode) -> (Option<Name>, Option<String>) {
    let value = child(action, K::TO_CONFIG_VALUE).map(|value| {
        let values = value.children().map(|value| literal(&value));
        values.collect::<Vec<_>>().join(", ")
    });
    (name_in(action, &[K::CONFIG_PARAMETER_REF]), value)
}

fn database_action(node: &SyntaxNode) -> DatabaseAction {
    if let Some(rename) = child(node, K::DATABASE_RENAME_TO) {
        return DatabaseAction::Rename { to: name_in(&rename, DATABASE).unwrap_or_default() };
    }
    if let Some((Some(setting), Some(value))) = child(node, K::SET_CONFIG_PARAM).map(|action| setting(&action)) {
        return DatabaseAction::Set { setting, value };
    }
    let options = child(node, K::DATABASE_OPTION_LIST);
    let mut generic = options.iter().flat_map(SyntaxNode::children).filter(|option| {
        let word = tokens(option).next();
        word.is_some_and(|word| word.text().eq_ignore_ascii_case("allow_connections"))
    });
    match generic.next().and_then(|option| child(&option, K::LITERAL)).map(|value| literal(&value).to_lowercase()) {
        Some(value) => DatabaseAction::AllowConnections(matches!(value.as_str(), "true" | "on" | "1" | "yes")),
        None => DatabaseAction::Other,
    }
}

fn create_index(node: &SyntaxNode) -> StatementKind {
    StatementKind::CreateIndex {
        concurrently: has_token(node, K::CONCURRENTLY_KW),
        if_not_exists: has_child(node, K::IF_NOT_EXISTS),
        name: name_in(node, &[K::INDEX]),
        table: name_in(node, TABLE).unwrap_or_default(),
        only: child(node, K::TABLE_RELATION_NAME).is_some_and(|table| has_token(&table, K::ONLY_KW)),
    }
}

fn vacuums_fully(node: &SyntaxNode) -> bool {
    let listed = child(node, K::VACUUM_OPTION_LIST).is_some_and(|list| option_is_on(&list, "FULL"));
    listed || has_token(node, K::FULL_KW)
}

fn explained(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.last_child()
        .filter(|inner| !matches!(inner.kind(), K::EXPLAIN_ANALYZE | K::EXPLAIN_VERBOSE | K::EXPLAIN_OPTION_LIST))
}

/// `EXPLAIN ANALYZE` runs what it explains.
fn runs(node: &SyntaxNode) -> bool {
    let listed = child(node, K::EXPLAIN_OPTION_LIST).is_some_and(|list| option_is_on(&list, "ANALYZE"));
    listed || has_child(node, K::EXPLAIN_ANALYZE)
}

/// An option of a list in parentheses that is named and not switched off.
fn option_is_on(list: &SyntaxNode, wanted: &str) -> bool {
    list.children().any(|option| {
        let text = option.text().to_string().to_uppercase();
        let mut words = text.split_whitespace();
        words.next() == Some(wanted) && !matches!(words.next(), Some("FALSE" | "OFF" | "0" | "'OFF'" | "'FALSE'"))
    })
}

fn copy(node: &SyntaxNode) -> StatementKind {
    let program = node.descendants().any(|inner| has_token(&inner, K::PROGRAM_KW));
    StatementKind::Copy(if program {
        Copy::Program
    } else if has_child(node, K::COPY_FROM) {
        Copy::From
    } else if node.descendants().any(|inner| inner.kind() == K::COPY_STDOUT) {
        Copy::ToClient
    } else {
        Copy::ToFile
    })
}
