//! The columns of system views that runbooks ask, in all versions that are in use. No rule of its own.

/// The columns of a view; `None` for one that is not listed.
pub(super) fn columns_of(view: &str) -> Option<&'static [&'static str]> {
    VIEWS.iter().find(|(name, _)| *name == view).map(|(_, columns)| *columns)
}

#[rustfmt::skip]
const VIEWS: &[(&str, &[&str])] = &[
    ("pg_stat_activity", &[
        "datid", "datname", "pid", "leader_pid", "usesysid", "usename", "application_name", "client_addr",
        "client_hostname", "client_port", "backend_start", "xact_start", "query_start", "state_change",
        "wait_event_type", "wait_event", "state", "backend_xid", "backend_xmin", "query_id", "query", "backend_type",
        "waiting",
    ]),
    ("pg_stat_replication", &[
        "pid", "usesysid", "usename", "application_name", "client_addr", "client_hostname", "client_port",
        "backend_start", "backend_xmin", "state", "sent_lsn", "write_lsn", "flush_lsn", "replay_lsn", "write_lag",
        "flush_lag", "replay_lag", "sync_priority", "sync_state", "reply_time", "sent_location", "write_location",
        "flush_location", "replay_location",
    ]),
    ("pg_replication_slots", &[
        "slot_name", "plugin", "slot_type", "datoid", "database", "temporary", "active", "active_pid", "xmin",
        "catalog_xmin", "restart_lsn", "confirmed_flush_lsn", "wal_status", "safe_wal_size", "two_phase",
        "two_phase_at", "inactive_since", "conflicting", "invalidation_reason", "failover", "synced",
        "slotsync_skip_reason",
    ]),
    ("pg_locks", &[
        "locktype", "database", "relation", "page", "tuple", "virtualxid", "transactionid", "classid", "objid",
        "objsubid", "virtualtransaction", "pid", "mode", "granted", "fastpath", "waitstart",
    ]),
    ("pg_stat_user_tables", TABLES),
    ("pg_stat_all_tables", TABLES),
    ("pg_stat_database", &[
        "datid", "datname", "numbackends", "xact_commit", "xact_rollback", "blks_read", "blks_hit", "tup_returned",
        "tup_fetched", "tup_inserted", "tup_updated", "tup_deleted", "conflicts", "temp_files", "temp_bytes", "deadlocks",
        "checksum_failures", "checksum_last_failure", "blk_read_time", "blk_write_time", "session_time", "active_time",
        "idle_in_transaction_time", "sessions", "sessions_abandoned", "sessions_fatal", "sessions_killed",
        "parallel_workers_to_launch", "parallel_workers_launched", "stats_reset",
    ]),
    ("pg_settings", &[
        "name", "setting", "unit", "category", "short_desc", "extra_desc", "context", "vartype", "source", "min_val",
        "max_val", "enumvals", "boot_val", "reset_val", "sourcefile", "sourceline", "pending_restart",
    ]),
    ("pg_database", &[
        "oid", "datname", "datdba", "encoding", "datlocprovider", "datistemplate", "datallowconn",
        "dathasloginevt", "datconnlimit", "datlastsysoid", "datfrozenxid", "datminmxid", "dattablespace", "datcollate",
        "datctype", "daticulocale", "datlocale", "daticurules", "datcollversion", "datacl", "xmin", "ctid", "tableoid",
    ]),
];

#[rustfmt::skip]
const TABLES: &[&str] = &[
    "relid", "schemaname", "relname", "seq_scan", "last_seq_scan", "seq_tup_read", "idx_scan", "last_idx_scan",
    "idx_tup_fetch", "n_tup_ins", "n_tup_upd", "n_tup_del", "n_tup_hot_upd", "n_tup_newpage_upd", "n_live_tup",
    "n_dead_tup", "n_mod_since_analyze", "n_ins_since_vacuum", "last_vacuum", "last_autovacuum", "last_analyze",
    "last_autoanalyze", "vacuum_count", "autovacuum_count", "analyze_count", "autoanalyze_count",
    "total_vacuum_time", "total_autovacuum_time", "total_analyze_time", "total_autoanalyze_time", "stats_reset",
];
