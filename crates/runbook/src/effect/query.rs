//! The effect of SQL, told from its syntax tree and the functions that it calls.
//!
//! A statement only observes if every function in it is known to, and if PostgreSQL would understand it.

use allclear_core::EffectClass::{self, Change, Destroy, Observe, Outage, Unknown};

use super::together;
use crate::syntax::sql;
use crate::syntax::sql::ast::{
    Call, Copy, DatabaseAction, Expression, ExpressionKind, Meta, Query, Statement, StatementKind,
};

mod functions;

use functions::is_harmless;
pub(super) use functions::{ends_sessions, leaves_nothing};

/// The effect of a text of one or more statements.
pub(super) fn effect(text: &str) -> EffectClass {
    let sql = sql::parse(text);
    let statements = sql.statements.iter().map(statement);
    let metas = sql.metas.iter().map(meta);
    let all = statements.chain(metas).reduce(together).unwrap_or(Unknown);
    if sql.errors.is_empty() { all } else { together(all, Unknown) }
}

/// The effect of one statement.
pub(super) fn statement(statement: &Statement) -> EffectClass {
    let own = match &statement.kind {
        StatementKind::Explain { runs: false, .. } => return Observe,
        StatementKind::Explain { statement: Some(inner), .. } => self::statement(inner),
        StatementKind::Select(arms) => select(arms),
        StatementKind::Delete { .. }
        | StatementKind::Merge { deletes: true }
        | StatementKind::Truncate
        | StatementKind::DropDatabase { .. }
        | StatementKind::DropIndex { .. }
        | StatementKind::Drop
        | StatementKind::Alter { removes: true } => Destroy,
        StatementKind::Vacuum { full: true } | StatementKind::Cluster => Outage,
        StatementKind::AlterSystem { setting: Some(setting), value } => {
            read_only(setting.last(), value.as_deref().unwrap_or_default())
        }
        StatementKind::AlterDatabase { action, .. } => database(action),
        StatementKind::Copy(Copy::ToClient)
        | StatementKind::Show
        | StatementKind::Session
        | StatementKind::Begin
        | StatementKind::Commit
        | StatementKind::Rollback => Observe,
        StatementKind::Copy(Copy::Program) | StatementKind::Opaque | StatementKind::Explain { .. } => Unknown,
        _ => Change,
    };
    let with = statement.with.iter().map(self::statement);
    let calls = statement.calls.iter().map(|call| called(call, statement));
    with.chain(calls).fold(own, together)
}

fn select(arms: &[Query]) -> EffectClass {
    if arms.iter().any(|arm| arm.into || arm.locks) { Change } else { Observe }
}

fn database(action: &DatabaseAction) -> EffectClass {
    match action {
        DatabaseAction::AllowConnections(false) => Outage,
        DatabaseAction::Set { setting, value } => read_only(setting.last(), value),
        _ => Change,
    }
}

/// A server that takes no more writes is down for most who use it.
fn read_only(setting: &str, value: &str) -> EffectClass {
    let on = matches!(value.to_ascii_lowercase().as_str(), "on" | "true" | "1" | "yes");
    if setting == "default_transaction_read_only" && on { Outage } else { Change }
}

/// What calling a function does.
fn called(call: &Call, statement: &Statement) -> EffectClass {
    match call.name.last() {
        "pg_terminate_backend" if !is_one(call, statement) => Outage,
        "pg_drop_replication_slot" | "lo_unlink" => Destroy,
        name if functions::CHANGING.contains(&name) => Change,
        name if call.name.path.len() == 1 || call.name.path[0] == "pg_catalog" => {
            if is_harmless(name) {
                Observe
            } else {
                Unknown
            }
        }
        _ => Unknown,
    }
}

/// Whether a function that acts on a process is called for one only.
fn is_one(call: &Call, statement: &Statement) -> bool {
    let StatementKind::Select(arms) = &statement.kind else { return false };
    let named = matches!(
        call.arguments.first().map(|argument| &argument.kind),
        Some(ExpressionKind::Constant(_) | ExpressionKind::Placeholder)
    );
    let picked = |arm: &Query| arm.filter.as_ref().is_some_and(|filter| conjuncts(filter).any(picks_one));
    named || arms.iter().any(picked)
}

/// The conditions that must all hold.
fn conjuncts(filter: &Expression) -> impl Iterator<Item = &Expression> {
    let all = match &filter.kind {
        ExpressionKind::And(all) => all.as_slice(),
        _ => std::slice::from_ref(filter),
    };
    all.iter()
}

/// `pid = 4711`
fn picks_one(condition: &Expression) -> bool {
    let ExpressionKind::Binary { operator, left, right } = &condition.kind else { return false };
    let is_pid = |side: &Expression| matches!(&side.kind, ExpressionKind::Column(path) if path.last().is_some_and(|last| last == "pid"));
    let is_given = |side: &Expression| matches!(side.kind, ExpressionKind::Constant(_) | ExpressionKind::Placeholder);
    operator == "=" && (is_pid(left) && is_given(right) || is_given(left) && is_pid(right))
}

/// What a meta-command of psql does.
fn meta(meta: &Meta) -> EffectClass {
    // Backquotes run a command of the shell, and so does a pipe.
    if meta.arguments.contains(['`', '|']) {
        return Unknown;
    }
    match meta.name.trim_end_matches(['+', 'S']) {
        "l" | "list" | "c" | "connect" | "conninfo" | "x" | "a" | "t" | "q" | "quit" | "exit" | "timing" | "pset"
        | "echo" | "qecho" | "warn" | "set" | "unset" | "encoding" | "h" | "help" | "?" | "errverbose" | "g" | "gx"
        | "gset" | "gdesc" | "watch" | "crosstabview" | "sf" | "sv" | "z" | "p" | "r" | "if" | "elif" | "else"
        | "endif" | "prompt" => Observe,
        "password" => Change,
        "copy" if !meta.arguments.to_ascii_lowercase().contains(" program ") => Change,
        name if name.starts_with('d') && name.len() <= 5 => Observe,
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: EffectClass, texts: &[&str]) {
        for text in texts {
            assert_eq!(effect(text), class, "{text}");
        }
    }

    #[test]
    fn reading_observes_and_so_does_what_ends_with_the_session() {
        check(
            Observe,
            &[
                "SELECT now() - query_start FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
                "SELECT pg_size_pretty(pg_database_size(datname)) FROM pg_database",
                "WITH x AS (SELECT 1) SELECT * FROM x UNION ALL TABLE y",
                "EXPLAIN DELETE FROM t",
                "EXPLAIN ANALYZE SELECT 1",
                "SHOW max_connections; SET statement_timeout = '5s';",
                "\\dt+ public.*",
                "\\c shop\nSELECT count(*) FROM orders \\gx",
                "SELECT * FROM <table> WHERE id = :id",
                "COPY (SELECT 1) TO STDOUT",
                "BEGIN; SELECT 1; ROLLBACK",
            ],
        );
    }

    #[test]
    fn what_cannot_be_seen_is_unknown() {
        check(
            Unknown,
            &[
                "SELECT my_function()",
                "SELECT app.now()",
                "SELECT \"COUNT\"(1)",
                "DO $$ BEGIN END $$",
                "CALL x()",
                "\\i fix.sql",
                "\\! reboot",
                "\\echo `reboot`",
                "SELECT 1 \\g |sh",
                "SELECT pg_ctl stop -D /data",
                "COPY t TO PROGRAM 'sh'",
                "SELECT 1 \\gexec",
                "",
            ],
        );
    }

    #[test]
    fn one_process_is_a_change_and_many_are_an_outage() {
        check(
            Change,
            &[
                "SELECT pg_terminate_backend(4711)",
                "SELECT pg_terminate_backend(<pid>)",
                "SELECT pg_terminate_backend(:pid)",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 4711",
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active'",
                "SELECT pg_promote()",
            ],
        );
        check(
            Outage,
            &[
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> 4711",
                "VACUUM FULL orders",
                "VACUUM (FULL, ANALYZE) orders",
                "ALTER DATABASE shop ALLOW_CONNECTIONS false",
                "ALTER SYSTEM SET default_transaction_read_only = on",
            ],
        );
    }

    #[test]
    fn changes_and_losses_are_told_apart() {
        check(
            Change,
            &[
                "CREATE INDEX CONCURRENTLY i ON t (a)",
                "ALTER SYSTEM SET work_mem = '8MB'; SELECT pg_reload_conf();",
                "ALTER DATABASE a RENAME TO b",
                "UPDATE t SET a = 1 WHERE id = 1",
                "MERGE INTO t USING d ON d.id = t.id WHEN MATCHED THEN UPDATE SET a = 1",
                "INSERT INTO t VALUES (1)",
                "VACUUM (FULL off) t",
                "ALTER TABLE t DROP CONSTRAINT c",
                "SELECT * INTO a FROM b",
                "SELECT * FROM t FOR UPDATE",
                "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
                "REINDEX TABLE CONCURRENTLY t",
                "GRANT SELECT ON t TO x",
            ],
        );
        check(
            Destroy,
            &[
                "DELETE FROM t WHERE id = 1",
                "MERGE INTO t USING d ON d.id = t.id WHEN MATCHED AND d.x THEN UPDATE SET a = 1 WHEN MATCHED THEN DELETE",
                "WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone",
                "TRUNCATE t",
                "DROP DATABASE shop",
                "DROP INDEX i",
                "ALTER TABLE t DROP COLUMN a",
                "EXPLAIN ANALYZE DELETE FROM t",
                "SELECT 1; DROP TABLE x; SELECT broken from from",
            ],
        );
    }
}
