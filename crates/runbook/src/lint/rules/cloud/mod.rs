//! Rules about clouds, certificates and queues.

mod account_left_to_chance;
mod annotation_that_does_not_renew;
mod certificate_forced;
mod deleted_without_a_look;
mod etcdctl_restore_is_gone;
mod helm_values_dropped;
mod offsets_not_reset;
mod restore_on_default_network;
mod terraform_without_a_look;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &restore_on_default_network::RULE,
    &account_left_to_chance::RULE,
    &helm_values_dropped::RULE,
    &terraform_without_a_look::RULE,
    &offsets_not_reset::RULE,
    &etcdctl_restore_is_gone::RULE,
    &deleted_without_a_look::RULE,
    &annotation_that_does_not_renew::RULE,
    &certificate_forced::RULE,
];
