//! Functions of PostgreSQL that runbooks call: those that only look, and those that change something.
//!
//! A function that is in neither list is unknown. That the names exist, and that those of the first list are not volatile,
//! is compared with a real server.

/// Whether calling the function changes nothing.
pub(super) fn is_harmless(name: &str) -> bool {
    STABLE.contains(&name) || VOLATILE_BUT_HARMLESS.contains(&name)
}

/// Whether calling the function leaves nothing behind that could be undone.
pub(crate) fn leaves_nothing(name: &str) -> bool {
    is_harmless(name) || PASSING.contains(&name)
}

/// Whether calling the function ends or interrupts a session.
pub(crate) fn ends_sessions(name: &str) -> bool {
    matches!(name, "pg_terminate_backend" | "pg_cancel_backend")
}

/// Changes something that passes by itself, or that nothing is stored of. A session that was ended is opened anew by its
/// client.
#[rustfmt::skip]
const PASSING: &[&str] = &[
    "pg_advisory_lock", "pg_advisory_unlock", "pg_advisory_unlock_all", "pg_cancel_backend", "pg_create_restore_point",
    "pg_log_backend_memory_contexts", "pg_notify", "pg_prewarm", "pg_reload_conf", "pg_rotate_logfile", "pg_switch_wal",
    "pg_terminate_backend",
];

/// What PostgreSQL itself declares immutable or stable.
#[rustfmt::skip]
pub(super) const STABLE: &[&str] = &[
    "abs", "age", "array_agg", "array_length", "array_position", "array_to_string", "avg", "bool_and", "bool_or", "btrim",
    "cardinality", "ceil", "ceiling", "char_length", "col_description", "concat", "concat_ws", "corr", "count",
    "cume_dist", "current_database", "current_schema", "current_schemas", "current_setting", "date", "date_bin", "date_part",
    "date_trunc", "decode", "dense_rank", "encode", "every", "exp", "first_value", "floor", "format", "format_type",
    "generate_series", "generate_subscripts", "has_any_column_privilege", "has_database_privilege", "has_schema_privilege", "has_table_privilege",
    "host", "inet_client_addr", "inet_server_addr", "inet_server_port", "initcap", "isfinite", "json_agg",
    "json_array_elements", "json_array_length", "json_build_object", "json_each", "json_object_agg", "jsonb_agg",
    "jsonb_array_elements", "jsonb_array_length", "jsonb_build_object", "jsonb_each", "jsonb_object_agg", "jsonb_pretty",
    "justify_hours", "justify_interval", "lag", "last_value", "lead", "left", "length", "ln", "log", "lower", "lpad", "ltrim",
    "make_interval", "max", "md5", "min", "mod", "mode", "now", "ntile", "numeric", "obj_description", "octet_length",
    "overlay", "percent_rank", "percentile_cont", "percentile_disc", "pg_backend_pid", "pg_column_size",
    "pg_conf_load_time", "pg_encoding_to_char", "pg_filenode_relation",
    "pg_function_is_visible", "pg_get_constraintdef", "pg_get_expr", "pg_get_function_arguments", "pg_get_functiondef",
    "pg_get_indexdef", "pg_get_partkeydef", "pg_get_ruledef", "pg_get_serial_sequence", "pg_get_triggerdef",
    "pg_get_userbyid", "pg_get_viewdef", "pg_has_role", "pg_is_in_backup", "pg_is_other_temp_schema",
    "pg_my_temp_schema", "pg_options_to_table", "pg_postmaster_start_time", "pg_size_bytes", "pg_size_pretty",
    "pg_stat_get_activity", "pg_stat_get_wal_senders", "pg_table_is_visible", "pg_tablespace_location",
    "pg_type_is_visible", "pg_typeof", "pg_wal_lsn_diff", "position", "power", "quote_ident", "quote_literal", "rank",
    "regexp_match", "regexp_matches", "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "repeat",
    "replace", "reverse", "right", "round", "row_number", "row_to_json", "rpad", "rtrim", "shobj_description", "sign",
    "split_part", "sqrt", "starts_with", "statement_timestamp", "stddev", "string_agg", "string_to_array", "strpos",
    "substr", "substring", "sum", "text", "to_char", "to_date", "to_json", "to_jsonb", "to_number", "to_regclass",
    "to_timestamp", "transaction_timestamp", "translate", "trunc", "unnest", "upper", "variance", "version",
    "width_bucket",
];

/// Looking twice may give two answers, but changes nothing either. Some are syntax rather than functions.
#[rustfmt::skip]
pub(super) const VOLATILE_BUT_HARMLESS: &[&str] = &[
    "clock_timestamp", "coalesce", "greatest", "grouping", "least", "nullif", "pg_blocking_pids", "pg_control_checkpoint",
    "pg_current_logfile", "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_lsn", "pg_database_size",
    "pg_get_wal_replay_pause_state", "pg_indexes_size", "pg_is_in_recovery", "pg_is_wal_replay_paused", "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_lock_status", "pg_ls_waldir", "pg_relation_filepath",
    "pg_relation_size", "pg_safe_snapshot_blocking_pids", "pg_sleep", "pg_stat_file", "pg_table_size",
    "pg_tablespace_size", "pg_total_relation_size", "pg_walfile_name", "random", "row", "timeofday",
];

/// Changes something, and can be done again or undone.
#[rustfmt::skip]
pub(super) const CHANGING: &[&str] = &[
    "nextval", "pg_advisory_lock", "pg_advisory_unlock", "pg_advisory_unlock_all", "pg_cancel_backend",
    "pg_create_logical_replication_slot", "pg_create_physical_replication_slot", "pg_create_restore_point",
    "pg_log_backend_memory_contexts", "pg_notify", "pg_prewarm", "pg_promote", "pg_reload_conf", "pg_rotate_logfile",
    "pg_stat_reset", "pg_stat_reset_shared", "pg_stat_reset_single_table_counters", "pg_stat_statements_reset",
    "pg_switch_wal", "pg_terminate_backend", "pg_wal_replay_pause", "pg_wal_replay_resume", "set_config", "setval",
];
