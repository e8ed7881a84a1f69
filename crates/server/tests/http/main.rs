//! The whole site over a real engine: every route, who may use it, what it refuses, what it shows.

mod access;
mod checks;
mod console;
mod incidents;
mod listener;
mod log;
mod openapi;
mod runs;
mod status;
mod support;
