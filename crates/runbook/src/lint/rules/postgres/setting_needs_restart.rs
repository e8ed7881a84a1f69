//! PG01: a setting that only changes when the server starts, changed as if a reload would do.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};
use crate::syntax::sql::ast::StatementKind;

use super::restore::said_behind;

pub(super) const RULE: Rule = Rule {
    code: "PG01",
    name: "setting-needs-restart",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/PG01.md"),
    check,
};

/// The settings whose context is `postmaster`, in the versions that are in use.
#[rustfmt::skip]
const AT_START: &[&str] = &[
    "allow_alter_system", "archive_mode", "autovacuum_freeze_max_age", "autovacuum_max_workers",
    "autovacuum_multixact_freeze_max_age", "autovacuum_worker_slots", "bonjour", "bonjour_name", "cluster_name",
    "commit_timestamp_buffers", "config_file", "data_directory", "data_sync_retry", "debug_io_direct",
    "dynamic_shared_memory_type", "event_source", "external_pid_file", "hba_file", "hot_standby", "huge_page_size",
    "huge_pages", "ident_file", "ignore_invalid_pages", "io_max_combine_limit", "io_max_concurrency", "io_method",
    "jit_provider", "listen_addresses", "logging_collector", "max_active_replication_origins", "max_connections",
    "max_files_per_process", "max_locks_per_transaction", "max_logical_replication_workers",
    "max_notify_queue_pages", "max_pred_locks_per_transaction", "max_prepared_transactions", "max_replication_slots",
    "max_wal_senders", "max_worker_processes", "min_dynamic_shared_memory", "multixact_member_buffers",
    "multixact_offset_buffers", "notify_buffers", "old_snapshot_threshold", "port", "recovery_target",
    "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn", "recovery_target_name",
    "recovery_target_time", "recovery_target_timeline", "recovery_target_xid", "reserved_connections",
    "serializable_buffers", "shared_buffers", "shared_memory_type", "shared_preload_libraries",
    "subtransaction_buffers", "superuser_reserved_connections", "track_activity_query_size", "track_commit_timestamp",
    "transaction_buffers", "unix_socket_directories", "unix_socket_group", "unix_socket_permissions", "wal_buffers",
    "wal_decode_buffer_size", "wal_level", "wal_log_hints",
];

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        for sent in scope.sent() {
            let restarted = || restarts(said_behind(document, scope, sent.entry)) || restarts(sent.entry.title);
            for statement in &sent.batch.sql.statements {
                let StatementKind::AlterSystem { setting: Some(setting), .. } = &statement.kind else { continue };
                if !AT_START.contains(&setting.last()) || restarted() {
                    continue;
                }
                let name = setting.last();
                report.at(
                    sent.place(statement.span),
                    format!("`{name}` only changes when the server starts: a reload reports success and leaves it as it was"),
                    format!("plan a restart of the server and check `SHOW {name}` after it, or use a setting that a reload applies"),
                );
            }
        }
    }
}

/// Whether a line speaks of restarting the server of the database, or of the need for it.
fn restarts(text: &str) -> bool {
    const WHAT: &[&str] = &[
        "postgres",
        "database",
        " db",
        "pg_",
        "instance",
        "patroni",
        "rds",
        "primary",
        "standby",
        "require",
        "need",
        "take effect",
        "server to",
    ];
    text.to_lowercase().lines().any(|line| {
        let restarts = ["restart", "reboot", "pg_ctl stop"].iter().any(|word| line.contains(word));
        restarts && WHAT.iter().any(|word| line.contains(word))
    })
}
