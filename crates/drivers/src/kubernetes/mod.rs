//! Kubernetes: the configuration that a session's clients find, and performing manifests.
//!
//! Invariants: there is no client library; `kubectl` acts in the run's own session, as every other command does, so
//! that a manifest reaches the cluster that the commands reach. No credential is read or copied.

mod kubeconfig;
mod manifest;

use crate::perform::{Failure, Stage, Task};
use crate::shell;

pub(crate) use kubeconfig::Kubeconfig;

/// What is wrong before anything of the step is run: without the client, no manifest reaches a cluster.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    let path = task.environment.variables.get("PATH").map(String::as_str).unwrap_or_default();
    let there = std::env::split_paths(path).any(|folder| folder.join("kubectl").is_file());
    if there { Ok(()) } else { Err("is a manifest, and there is no kubectl on the PATH of this machine".to_owned()) }
}

/// Applies the manifest, after its differences were shown.
pub(crate) async fn apply(task: &Task<'_>, stage: &mut Stage<'_>) -> Result<(), Failure> {
    shell::run(&manifest::script(&task.command.rendered), task, stage).await
}
