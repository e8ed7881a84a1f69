//! Rules about the document itself.

mod alternatives_in_one_fence;
mod broken_outline;
mod change_without_way_back;
mod dead_link;
mod destructive_without_warning;
mod fence_without_language;
mod frozen_time_range;
mod list_cut_by_code;
mod missing_script;
mod no_procedure;
mod others_keep_running;
mod personal_detail;
mod procedure_without_trigger;
mod promise_without_use;
mod review_overdue;
mod revoked_before_replaced;
mod step_behind_login;
mod step_in_a_picture;
mod todo_or_empty;
mod unclosed_fence;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &alternatives_in_one_fence::RULE,
    &destructive_without_warning::RULE,
    &change_without_way_back::RULE,
    &list_cut_by_code::RULE,
    &todo_or_empty::RULE,
    &dead_link::RULE,
    &review_overdue::RULE,
    &missing_script::RULE,
    &step_behind_login::RULE,
    &frozen_time_range::RULE,
    &fence_without_language::RULE,
    &broken_outline::RULE,
    &personal_detail::RULE,
    &step_in_a_picture::RULE,
    &promise_without_use::RULE,
    &no_procedure::RULE,
    &unclosed_fence::RULE,
    &procedure_without_trigger::RULE,
    &revoked_before_replaced::RULE,
    &others_keep_running::RULE,
];
