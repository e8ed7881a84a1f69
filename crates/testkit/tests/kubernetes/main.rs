//! Runs on Kubernetes, against a real API server.
//!
//! Without a control plane (`cargo xtask setup --kubernetes`) each test says so and passes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod driver;
mod manifests;
mod previews;
mod rollout;
mod undo;
