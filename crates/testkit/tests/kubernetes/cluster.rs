//! A namespace of its own for each test, and what plans say about commands in it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use allclear_core::PlannedCommand;
use allclear_runbook::{PlanRequest, parse, plan};
use allclear_testkit::{Controllers, Kubernetes};
use serde_json::Value;

/// A namespace of the shared control plane.
pub(crate) struct Namespace {
    pub(crate) cluster: &'static Kubernetes,
    pub(crate) name: String,
    folder: tempfile::TempDir,
}

impl Namespace {
    /// An empty one; `None` where there is no control plane, which has been said.
    pub(crate) fn new() -> Option<Self> {
        Some(Self::of(Kubernetes::shared()?))
    }

    /// One of a control plane of its own, whose controllers run.
    pub(crate) fn with_controllers() -> Option<(Self, Controllers)> {
        // As long as the test, as the shared one: it ends with the process.
        let cluster: &'static Kubernetes = Box::leak(Box::new(Kubernetes::start()?));
        Some((Self::of(cluster), cluster.start_controllers()))
    }

    fn of(cluster: &'static Kubernetes) -> Self {
        let name = cluster.namespace();
        let folder = tempfile::tempdir().unwrap();
        let namespace = Self { cluster, name, folder };
        std::fs::copy(cluster.kubeconfig(), namespace.kubeconfig()).unwrap();
        let chosen = namespace.bash(&format!("kubectl config set-context --current --namespace={}", namespace.name));
        assert!(chosen.status.success());
        namespace
    }

    /// A configuration of the client that acts in the namespace.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Runs a text as a session would, in strict mode.
    pub(crate) fn bash(&self, text: &str) -> Output {
        self.bash_with(text, &[])
    }

    /// As [`Namespace::bash`], with variables of the shell that no program inherits.
    pub(crate) fn bash_with(&self, text: &str, variables: &[(String, String)]) -> Output {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let assigned: String = variables.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
        let mut child = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .env("KUBECONFIG", self.kubeconfig())
            .env("PATH", self.cluster.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let script = format!("set -euo pipefail\n{assigned}eval {} </dev/null\n", quoted(text));
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a text that has to succeed; what it printed.
    pub(crate) fn run(&self, text: &str, variables: &[(String, String)]) -> String {
        let output = self.bash_with(text, variables);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{}{said}", String::from_utf8_lossy(&output.stdout));
        // As a substitution would: without the line breaks at the end.
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    /// What an object says by itself, without what the server notes about it; null where there is none.
    pub(crate) fn object(&self, name: &str) -> Value {
        let text = self.run(&format!("kubectl get {name} -o json --ignore-not-found"), &[]);
        let mut object: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for own in ["resourceVersion", "uid", "generation", "creationTimestamp", "managedFields", "selfLink"] {
                metadata.remove(own);
            }
        }
        object
    }
}

/// The command as the plan of a runbook with nothing else has it.
pub(crate) fn planned(language: &str, command: &str) -> PlannedCommand {
    let (runbook, _) = parse("r.md", &format!("# Mend\n\n1. Do this:\n\n~~~~~~{language}\n{command}\n~~~~~~\n"));
    let request = PlanRequest { target: "throwaway".to_owned(), ..PlanRequest::default() };
    let plan = plan(&runbook, "mend", &request).unwrap_or_else(|refusals| panic!("{command}: {}", refusals[0]));
    plan.steps[0].commands[0].clone()
}
