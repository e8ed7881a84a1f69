//! Commands performed by the driver, in a session on the throw-away cluster.

use std::collections::BTreeMap;

use allclear_core::{CaptureEffect, Digest, KubernetesTarget, PerformEffect, PlannedCommand, RunId, SecretRef, Target};
use allclear_drivers::{CaptureKey, Performed, Sessions};
use allclear_testkit::{Kubernetes, lone_step};
use tokio::sync::mpsc;

use crate::cluster::Namespace;

/// A target that names the namespace; the file that it names chooses another one.
pub(crate) fn target(cluster: &Kubernetes, namespace: &str) -> Target {
    let path = cluster.path().into_string().unwrap();
    let kubernetes = KubernetesTarget {
        context: Some("admin".to_owned()),
        namespace: Some(namespace.to_owned()),
        kubeconfig: Some(cluster.kubeconfig().display().to_string()),
    };
    let estate = Target { kubernetes: Some(kubernetes), ..Target::default() };
    Target { env: [("PATH".to_owned(), SecretRef::Plain(path))].into(), ..estate }
}

fn effect(target: Target, commands: Vec<PlannedCommand>) -> PerformEffect {
    lone_step(1, commands, target)
}

/// Performs commands in a session of the namespace; what came of it and its output.
pub(crate) async fn perform(namespace: &Namespace, commands: Vec<PlannedCommand>) -> (Performed, String) {
    perform_on(target(namespace.cluster, &namespace.name), commands).await
}

pub(crate) async fn perform_on(target: Target, commands: Vec<PlannedCommand>) -> (Performed, String) {
    let sessions = Sessions::new();
    let performed = collected(&sessions, &effect(target, commands)).await;
    sessions.close(RunId(40)).await;
    performed
}

async fn collected(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (sender, mut receiver) = mpsc::channel::<bytes::Bytes>(4);
    let collect = tokio::spawn(async move {
        let mut output = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            output.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&output).into_owned()
    });
    let performed = sessions.perform(effect, &sender).await;
    drop(sender);
    (performed, collect.await.unwrap())
}

/// Records what is before a command, performs it, and gives the command that puts it back, with what was recorded: as
/// an engine does, but for the log. The second half is the output.
pub(crate) async fn perform_with_undo(namespace: &Namespace, command: PlannedCommand) -> (Undoing, String) {
    let folder = tempfile::tempdir().unwrap();
    let sessions = Sessions::with_key(CaptureKey::of(folder.path()));
    let estate = target(namespace.cluster, &namespace.name);
    let effect = effect(estate, vec![command.clone()]);
    let PerformEffect { run, step, plan, incident, target, directory, .. } = effect.clone();
    let capture = CaptureEffect { run, step, plan, incident, target, directory };
    let captured = sessions.capture(&capture).await.unwrap();
    let (performed, output) = collected(&sessions, &effect).await;
    assert!(performed.succeeded, "{output}");
    sessions.close(run).await;
    let sealed = captured.iter().map(|(key, sealed)| (key.trim_start_matches("0/").to_owned(), sealed.clone()));
    let sealed: BTreeMap<String, bytes::Bytes> = sealed.collect();
    let captured = sealed.iter().map(|(variable, sealed)| (variable.clone(), Digest::of(sealed))).collect();
    let undo = command.undo.clone().unwrap_or_else(|| panic!("`{}` has no undo", command.rendered));
    let inverse = PlannedCommand::new(1, "bash", undo, command.effect, "throwaway");
    let sealed = sealed.into_values().map(|sealed| (Digest::of(&sealed), sealed)).collect();
    (Undoing { sessions, command: PlannedCommand { captured, ..inverse }, sealed, _folder: folder }, output)
}

/// What puts a command back.
pub(crate) struct Undoing {
    sessions: Sessions,
    command: PlannedCommand,
    sealed: BTreeMap<Digest, bytes::Bytes>,
    _folder: tempfile::TempDir,
}

impl Undoing {
    /// Puts it back, in a session of its own; what came of it and its output.
    pub(crate) async fn perform(&self, namespace: &Namespace) -> (Performed, String) {
        let estate = target(namespace.cluster, &namespace.name);
        let sealed = self.sealed.clone();
        let effect = PerformEffect { run: RunId(41), sealed, ..effect(estate, vec![self.command.clone()]) };
        let undone = collected(&self.sessions, &effect).await;
        self.sessions.close(RunId(41)).await;
        undone
    }
}
