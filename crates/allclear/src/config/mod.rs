//! The configuration file: `allclear.toml` as a team writes it, and the policy that it means.
//!
//! `load` reads it once, `Watch` again whenever it changes. Invariants: every problem is reported, not only the first,
//! each with its place and with what to write instead; an unknown key is an error; no report, no policy and no error
//! holds the value of a secret. Deliberately absent: defaults for whom to page. Nobody is woken by an assumption.

mod at;
mod catalogue;
mod code;
mod file;
mod lint;
mod load;
mod nearest;
mod problem;
mod read;
mod resolve;
mod secret;
mod unit;
mod watch;

#[cfg(test)]
mod schema;

use std::net::SocketAddr;

use allclear_core::Policy;

pub(crate) use catalogue::load_catalogue;
pub(crate) use lint::{LintConfig, load_lint};
pub(crate) use load::{Loaded, load, load_for_runs};
pub(crate) use nearest::nearest;
pub(crate) use problem::{Report, Weight};
pub(crate) use unit::write_duration;
pub(crate) use watch::Watch;

/// A configuration without errors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    /// What decisions rest on; enters the log as it stands.
    pub(crate) policy: Policy,
    /// What only this process needs to know.
    pub(crate) server: ServerConfig,
}

/// Where the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerConfig {
    /// Address and port to listen on.
    pub(crate) listen: SocketAddr,
}
