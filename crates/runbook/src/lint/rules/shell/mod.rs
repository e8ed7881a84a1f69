//! Rules about the shell.

mod certificate_not_verified;
mod download_piped_into_shell;
mod environment_dumped;
mod health_check_without_fail;
mod newline_in_base64;
mod placeholder_redirects;
mod prompt_in_bash_fence;
mod redirect_outside_sudo;
mod secret;
mod secret_on_command_line;
mod space_after_continuation;
mod typographic_character;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[
    &placeholder_redirects::RULE,
    &prompt_in_bash_fence::RULE,
    &space_after_continuation::RULE,
    &typographic_character::RULE,
    &secret_on_command_line::RULE,
    &environment_dumped::RULE,
    &newline_in_base64::RULE,
    &health_check_without_fail::RULE,
    &certificate_not_verified::RULE,
    &download_piped_into_shell::RULE,
    &redirect_outside_sudo::RULE,
];
