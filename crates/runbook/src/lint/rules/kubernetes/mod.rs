//! Rules about kubectl and Kubernetes.

mod apply_drops_other_keys;
mod apply_from_moving_url;
mod block;
mod cluster_never_named;
mod commands_behind_session_opener;
mod endless_command_in_block;
mod exec_without_dashes;
mod forced_delete;
mod kubectl;
mod logs_by_label_without_tail;
mod logs_of_one_pod;
mod namespace_left_out;
mod rollout_without_waiting;
mod terminal_in_pipe;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &namespace_left_out::RULE,
    &cluster_never_named::RULE,
    &apply_drops_other_keys::RULE,
    &logs_by_label_without_tail::RULE,
    &logs_of_one_pod::RULE,
    &endless_command_in_block::RULE,
    &commands_behind_session_opener::RULE,
    &terminal_in_pipe::RULE,
    &exec_without_dashes::RULE,
    &rollout_without_waiting::RULE,
    &forced_delete::RULE,
    &apply_from_moving_url::RULE,
];
