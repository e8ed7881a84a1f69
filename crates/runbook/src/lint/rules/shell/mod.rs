//! Rules about the shell.

mod download_piped_into_shell;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[&download_piped_into_shell::RULE];
