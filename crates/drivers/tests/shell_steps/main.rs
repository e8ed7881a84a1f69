//! Steps performed by a real bash, beyond the plain cases of `shell.rs`.

mod again;
mod bad_input;
mod capture;
mod cut_off;
mod processes;
mod support;
mod wait;
