//! Steps performed by a real bash, beyond the plain cases of `shell.rs`.

mod bad_input;
mod processes;
mod support;
