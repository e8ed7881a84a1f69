//! Rules about PostgreSQL and SQL.

mod activity;
mod backslash_inside_sql;
mod changes_every_row;
mod data_directory_removed;
mod database_named_like_user;
mod database_still_in_use;
mod dump_reconnects;
mod ends_own_session;
mod ends_replication;
mod idle_by_query_start;
mod invalid_index_left;
mod locks_whole_table;
mod masked_activity;
mod one_transaction_for_all;
mod only_counted;
mod or_without_parentheses;
mod restore;
mod restore_ignores_errors;
mod restore_onto_data;
mod setting_needs_restart;
mod shell_tool_in_sql;
mod standby_order;
mod swap_in_two_steps;
mod terminate_without_cancel;
mod unknown_column;
mod views;
mod wrong_restore_tool;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &setting_needs_restart::RULE,
    &one_transaction_for_all::RULE,
    &restore_ignores_errors::RULE,
    &dump_reconnects::RULE,
    &restore_onto_data::RULE,
    &database_still_in_use::RULE,
    &swap_in_two_steps::RULE,
    &ends_replication::RULE,
    &ends_own_session::RULE,
    &terminate_without_cancel::RULE,
    &idle_by_query_start::RULE,
    &unknown_column::RULE,
    &or_without_parentheses::RULE,
    &masked_activity::RULE,
    &database_named_like_user::RULE,
    &backslash_inside_sql::RULE,
    &wrong_restore_tool::RULE,
    &invalid_index_left::RULE,
    &locks_whole_table::RULE,
    &changes_every_row::RULE,
    &only_counted::RULE,
    &shell_tool_in_sql::RULE,
    &data_directory_removed::RULE,
    &standby_order::RULE,
];
