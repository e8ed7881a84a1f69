//! Rules about kubectl and Kubernetes.

mod apply_drops_other_keys;
mod apply_from_moving_url;
mod block;
mod change_outside_manifests;
mod cluster_never_named;
mod commands_behind_session_opener;
mod create_of_existing;
mod delete_unseen;
mod endless_command_in_block;
mod exec_without_dashes;
mod expanded_too_early;
mod forced_delete;
mod ingress_snippet;
mod ingress_without_rules;
mod kubectl;
mod logs_by_label_without_tail;
mod logs_of_one_pod;
mod manifest;
mod manifest_never_applied;
mod namespace_left_out;
mod never_undone;
mod one_name_two_kinds;
mod other_platforms_tool;
mod patch_that_does_not_parse;
mod removed_api_version;
mod replicas_not_recorded;
mod rollout_without_waiting;
mod terminal_in_pipe;
mod unknown_kubectl_flag;

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
    &unknown_kubectl_flag::RULE,
    &patch_that_does_not_parse::RULE,
    &replicas_not_recorded::RULE,
    &never_undone::RULE,
    &rollout_without_waiting::RULE,
    &change_outside_manifests::RULE,
    &forced_delete::RULE,
    &delete_unseen::RULE,
    &one_name_two_kinds::RULE,
    &create_of_existing::RULE,
    &ingress_without_rules::RULE,
    &ingress_snippet::RULE,
    &manifest_never_applied::RULE,
    &removed_api_version::RULE,
    &apply_from_moving_url::RULE,
    &expanded_too_early::RULE,
    &other_platforms_tool::RULE,
];
