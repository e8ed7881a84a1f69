//! Rules about Redis.

mod config_set_only_in_memory;
mod deletion_of_live_keys;
mod environment_that_redis_ignores;
mod error_taken_for_success;
mod flush_for_some_keys;
mod glob_taken_as_a_name;
mod keys_through_xargs;
mod keys_walks_everything;
mod monitor_slows_the_server;
mod password_in_arguments;
mod pipe_inside_the_client;
mod sent;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &flush_for_some_keys::RULE,
    &keys_through_xargs::RULE,
    &deletion_of_live_keys::RULE,
    &glob_taken_as_a_name::RULE,
    &keys_walks_everything::RULE,
    &config_set_only_in_memory::RULE,
    &error_taken_for_success::RULE,
    &monitor_slows_the_server::RULE,
    &password_in_arguments::RULE,
    &pipe_inside_the_client::RULE,
    &environment_that_redis_ignores::RULE,
];
