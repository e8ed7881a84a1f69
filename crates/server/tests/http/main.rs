//! The whole site over a real engine: every route, who may use it, what it refuses, what it shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod checks;
mod console;
mod incidents;
mod listener;
mod log;
mod openapi;
mod run_steering;
mod runs;
mod status;
mod support;
