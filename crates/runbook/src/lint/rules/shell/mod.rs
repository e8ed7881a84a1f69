//! Rules about the shell.

mod cd_unchecked;
mod certificate_not_verified;
mod download_piped_into_shell;
mod editor_in_fence;
mod environment_dumped;
mod fixed_sleep;
mod frozen_date;
mod health_check_without_fail;
mod log_removed_while_open;
mod mangled_command;
mod needs_aws_cli_two;
mod newline_in_base64;
mod not_bash;
mod pipe_hides_failure;
mod placeholder_redirects;
mod prompt_in_bash_fence;
mod redirect_outside_sudo;
mod restart_keeps_old_environment;
mod rm_of_variable_or_everything;
mod secret;
mod secret_on_command_line;
mod space_after_continuation;
mod tmp_without_space_check;
mod transfer;
mod typographic_character;
mod variable_never_set;
mod xargs_runs_on_nothing;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &placeholder_redirects::RULE,
    &prompt_in_bash_fence::RULE,
    &not_bash::RULE,
    &space_after_continuation::RULE,
    &typographic_character::RULE,
    &mangled_command::RULE,
    &secret_on_command_line::RULE,
    &environment_dumped::RULE,
    &newline_in_base64::RULE,
    &health_check_without_fail::RULE,
    &certificate_not_verified::RULE,
    &download_piped_into_shell::RULE,
    &redirect_outside_sudo::RULE,
    &cd_unchecked::RULE,
    &rm_of_variable_or_everything::RULE,
    &xargs_runs_on_nothing::RULE,
    &restart_keeps_old_environment::RULE,
    &editor_in_fence::RULE,
    &fixed_sleep::RULE,
    &needs_aws_cli_two::RULE,
    &variable_never_set::RULE,
    &frozen_date::RULE,
    &tmp_without_space_check::RULE,
    &pipe_hides_failure::RULE,
    &log_removed_while_open::RULE,
];
