//! Commands that choose, for all later calls of a program, which estate those act on: `kubectl config use-context`.
//!
//! An undo is performed when the whole run has been, in a session of its own. What such a command writes to the files of
//! the user is still there then, so it moves the undo of what stands before it. What it writes to the file that a session
//! has for a target's own cluster is gone then, so the undo of what stands behind it would act where the target says.
//! Invariant: neither has an undo, unless the command itself names where it acts.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::Target;

use super::catalogue::{Catalogue, built_in};
use super::measures::Measures;
use crate::syntax::bash::{Invocation, Script};
use crate::syntax::call::Call;
use crate::syntax::yaml;

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Choice {
    /// A cluster that the configuration knows.
    Context,
    Namespace,
    /// A cluster that comes into the configuration with it.
    Cluster,
    /// Anything in the configuration of clusters.
    Configuration,
    Amazon,
    Azure,
    Google,
    DigitalOcean,
    Docker,
    Workspace,
    Anything,
}

use Choice::{
    Amazon, Anything, Azure, Cluster, Configuration, Context, DigitalOcean, Docker, Google, Namespace, Workspace,
};

/// Words by which programs choose.
const SWITCHES: [(&str, &[&str], Choice); 28] = [
    ("kubectl", &["config", "use-context"], Context),
    ("kubectl", &["config", "use"], Context),
    ("kubectl", &["config", "set-context"], Namespace),
    ("kubectl", &["config", "set"], Configuration),
    ("kubectl", &["config", "unset"], Configuration),
    ("kubectl", &["config", "set-cluster"], Configuration),
    ("kubectl", &["config", "rename-context"], Configuration),
    ("kubectl", &["config", "delete-context"], Configuration),
    ("kubectx", &[], Context),
    ("kubens", &[], Namespace),
    ("oc", &["project"], Namespace),
    ("oc", &["login"], Cluster),
    ("gcloud", &["config", "set"], Google),
    ("gcloud", &["config", "unset"], Google),
    ("gcloud", &["configurations", "activate"], Google),
    ("gcloud", &["get-credentials"], Cluster),
    ("az", &["account", "set"], Azure),
    ("az", &["get-credentials"], Cluster),
    ("aws", &["eks", "update-kubeconfig"], Cluster),
    ("aws", &["configure", "set"], Amazon),
    ("doctl", &["auth", "switch"], DigitalOcean),
    ("doctl", &["kubeconfig", "save"], Cluster),
    ("docker", &["context", "use"], Docker),
    ("tsh", &["login"], Anything),
    ("terraform", &["workspace", "select"], Workspace),
    ("tofu", &["workspace", "select"], Workspace),
    ("terragrunt", &["workspace", "select"], Workspace),
    ("pulumi", &["stack", "select"], Workspace),
];

/// Clients of Kubernetes, which act on the cluster that their common configuration names.
pub(crate) const CLUSTER_CLIENTS: &[&str] = &[
    "kubectl",
    "oc",
    "k",
    "helm",
    "helmfile",
    "stern",
    "k9s",
    "flux",
    "istioctl",
    "linkerd",
    "velero",
    "cmctl",
    "cilium",
    "kubetail",
    "argo",
    "tkn",
    "virtctl",
    "kustomize",
    "skaffold",
];

const CONTEXT_FLAGS: [&str; 3] = ["--context", "--kube-context", "--kubecontext"];
const NAMESPACE_FLAGS: [&str; 2] = ["-n", "--namespace"];

/// What is chosen, and whether on another machine or in a container.
type Chosen = (Choice, bool);

/// Follows what the commands of a plan choose and rest on.
#[derive(Debug, Clone, Default)]
pub(super) struct Switches {
    /// What the file that a session has for the cluster of its target says, if there is one.
    own_file: Option<Vec<Choice>>,
    commands: Vec<Switching>,
}

/// One command of a plan.
#[derive(Debug, Clone, Default)]
struct Switching {
    /// What it chooses, and the words that do, without what may be secret: `oc login --token`.
    chosen: BTreeMap<Chosen, String>,
    /// What its undo would rest on.
    rests_on: BTreeSet<Chosen>,
}

impl Switches {
    pub(super) fn on(target: &Target) -> Self {
        let cluster = target.kubernetes.as_ref().filter(|it| it.context.is_some() || it.namespace.is_some());
        let said = cluster.map(|it| {
            let said = [(Context, it.context.is_some()), (Namespace, it.namespace.is_some())];
            said.into_iter().filter_map(|(choice, is)| is.then_some(choice)).collect()
        });
        Self { own_file: said, commands: Vec::new() }
    }

    /// Follows the next command of the plan, in bash.
    pub(super) fn follow_script(&mut self, catalogue: &Catalogue, script: &Script, with: &Measures) {
        // A comment acts nowhere.
        let undone = with.undo.iter().flat_map(|undo| undo.lines()).any(|line| !line.starts_with('#'));
        let mut switching = Switching::default();
        for (index, invocation) in script.invocations.iter().enumerate() {
            let elsewhere = script.is_elsewhere(index);
            if let Some((choice, words)) = chosen(invocation) {
                switching.chosen.insert((choice, elsewhere), words);
            }
            if undone {
                let call = catalogue.call(invocation);
                let moved = SWITCHES.iter().map(|(.., choice)| *choice).filter(|choice| choice.moves(&call));
                switching.rests_on.extend(moved.map(|choice| (choice, elsewhere)));
            }
        }
        self.commands.push(switching);
    }

    /// Follows the next command of the plan, in another language.
    pub(super) fn follow(&mut self, language: &str, text: &str) {
        let mut switching = Switching::default();
        if language == "yaml" {
            let named = yaml::manifests(text).iter().all(|manifest| manifest.namespace.is_some());
            let moved = [Context, Cluster, Configuration, Anything, Namespace];
            let moved = moved.into_iter().filter(|choice| *choice != Namespace || !named);
            switching.rests_on.extend(moved.map(|choice| (choice, false)));
        }
        self.commands.push(switching);
    }

    /// By their place among all: the commands whose undo would act on another estate than they do, and why.
    pub(super) fn moved(&self) -> BTreeMap<usize, String> {
        let mut moved = BTreeMap::new();
        let mut chosen: BTreeMap<Chosen, &str> = BTreeMap::new();
        for (place, command) in self.commands.iter().enumerate().rev() {
            if let Some((what, words)) = command.rests_on.iter().find_map(|what| chosen.get_key_value(what)) {
                let hint = what.0.hint();
                moved.insert(place, format!("`{words}` behind it chooses where its undo would act{hint}"));
            }
            chosen
                .extend(command.chosen.iter().filter(|(what, _)| !self.is_own(what)).map(|(what, it)| (*what, &**it)));
        }
        chosen.clear();
        for (place, command) in self.commands.iter().enumerate() {
            if let Some((what, words)) = command.rests_on.iter().find_map(|what| chosen.get_key_value(what)) {
                let hint = what.0.hint();
                moved.insert(place, format!("`{words}` before it chooses where it acts, and its undo would not{hint}"));
            }
            // Where the target says it, nothing else can be chosen.
            let said = |choice| self.own_file.as_ref().is_some_and(|said| said.contains(&choice));
            let gone = command.chosen.iter().filter(|(what, _)| self.is_own(what) && !said(what.0));
            chosen.extend(gone.map(|(what, it)| (*what, &**it)));
        }
        moved
    }

    /// Whether it is written to the file of the session.
    fn is_own(&self, (choice, elsewhere): &Chosen) -> bool {
        self.own_file.is_some() && !elsewhere && matches!(choice, Context | Namespace | Cluster | Configuration)
    }
}

impl Choice {
    /// Whether the call acts on something else after it.
    fn moves(self, call: &Call<'_>) -> bool {
        let is = |names: &[&str]| names.contains(&call.program);
        // Nobody knows what a program calls that is not known.
        let unknown = !call.program.is_empty() && built_in(call.program).is_none();
        let client = unknown || is(CLUSTER_CLIENTS) || call.program.starts_with("kubectl-");
        match self {
            Context | Cluster => client && !call.has(&CONTEXT_FLAGS),
            Namespace => client && !call.has(&NAMESPACE_FLAGS),
            Configuration => client,
            Amazon => unknown || is(&["aws", "awslocal", "eksctl"]),
            Azure => unknown || is(&["az"]),
            Google => unknown || is(&["gcloud", "gsutil", "bq"]),
            DigitalOcean => unknown || is(&["doctl"]),
            Docker => unknown || is(&["docker", "docker-compose"]) && !call.has(&["--context", "-H", "--host"]),
            Workspace => unknown || is(&["terraform", "tofu", "terragrunt", "tf", "pulumi"]),
            Anything => !call.program.is_empty() && built_in(call.program).is_none_or(|program| !program.everywhere),
        }
    }

    /// What whoever wrote the command can do about it.
    fn hint(self) -> &'static str {
        match self {
            Context | Cluster => "; a command with `--context` is not concerned",
            Namespace => "; a command with `-n` is not concerned",
            _ => "",
        }
    }
}

/// Whether a later call of some program acts on another estate after it.
pub(super) fn switches(invocation: &Invocation) -> bool {
    chosen(invocation).is_some()
}

fn chosen(invocation: &Invocation) -> Option<(Choice, String)> {
    let program = match invocation.program() {
        "k" => "kubectl",
        "oc" if invocation.arguments().first().is_some_and(|word| word.value == "config") => "kubectl",
        other => other,
    };
    let arguments = || invocation.arguments().iter().map(|word| word.value.as_str());
    let written = |words: &[&str]| {
        let mut arguments = arguments();
        words.iter().all(|word| arguments.any(|argument| argument == *word))
    };
    let (_, words, choice) = SWITCHES.iter().find(|(name, words, _)| *name == program && written(words))?;
    if matches!(program, "kubectx" | "kubens") && arguments().all(|it| it.starts_with('-') && it != "-") {
        return None;
    }
    let more = *choice == Namespace && arguments().any(|it| it.starts_with("--cluster") || it.starts_with("--user"));
    let words: Vec<&str> = std::iter::once(invocation.program()).chain(words.iter().copied()).collect();
    Some((if more { Configuration } else { *choice }, words.join(" ")))
}

#[cfg(test)]
mod tests {
    use allclear_core::{EffectClass, KubernetesTarget};

    use super::super::{Catalogue, Measuring};
    use super::*;

    /// Why each of these commands has no undo that would act where they do, those with one left out.
    fn moved(target: &Target, texts: &[&str]) -> BTreeMap<usize, String> {
        let catalogue = Catalogue::default();
        let mut measuring = Measuring::new(&catalogue, target);
        measuring.begin_step();
        for text in texts {
            measuring.next("bash", text, EffectClass::Change);
        }
        measuring.moved()
    }

    fn pinned(context: Option<&str>, namespace: Option<&str>) -> Target {
        let [context, namespace] = [context, namespace].map(|it| it.map(str::to_owned));
        let kubernetes = Some(KubernetesTarget { context, namespace, kubeconfig: None });
        Target { kubernetes, ..Target::default() }
    }

    const SCALE: &str = "kubectl scale deployment api --replicas=3";

    #[test]
    fn what_stands_before_another_choice_has_no_undo_unless_it_says_where_it_acts() {
        let anywhere = Target::default();
        for switch in [
            "kubectl config use-context other",
            "kubectl config set-context --current --namespace=x",
            "kubectx other",
            "kubens x",
            "oc project x",
            "aws eks update-kubeconfig --name other",
            "gcloud container clusters get-credentials other",
            "kubectl config unset current-context",
        ] {
            let moved = moved(&anywhere, &[SCALE, switch, SCALE]);
            assert_eq!(moved.keys().collect::<Vec<_>>(), [&0], "{switch}");
            assert!(moved[&0].contains("` behind it chooses where its undo would act"), "{moved:?}");
        }
        for (text, switch) in [
            ("kubectl --context eu scale deployment api --replicas=3", "kubectl config use-context other"),
            ("kubectl -n shop scale deployment api --replicas=3", "kubens x"),
            ("kubectl rollout restart deployment api", "kubectl config use-context other"),
            (SCALE, "kubectl config get-contexts"),
            (SCALE, "kubectx"),
            (SCALE, "ssh bastion kubectl config use-context other"),
            (SCALE, "gcloud config set project other"),
            ("systemctl stop api", "kubectl config use-context other"),
            ("cp new.conf /etc/app.conf", "kubectl config use-context other"),
        ] {
            assert!(moved(&anywhere, &[text, switch]).is_empty(), "{text}; {switch}");
        }
        for (text, switch) in [
            ("aws ecs update-service --service api --desired-count 3", "aws configure set region us-east-1"),
            ("ssh bastion kubectl get pods; crontab -r", "ssh bastion kubectx other"),
            ("kubectl exec -i db-0 -- crontab -r", "kubectx other"),
        ] {
            assert_eq!(moved(&anywhere, &[text, switch]).len(), 1, "{text}; {switch}");
        }
    }

    #[test]
    fn what_rests_on_a_choice_that_the_session_forgets_has_no_undo() {
        let namespace = "kubectl config set-context --current --namespace=x";
        let of_context = pinned(Some("eu"), None);
        let found = moved(&of_context, &[SCALE, namespace, SCALE, "kubectl -n y scale deployment api --replicas=3"]);
        assert_eq!(found.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(
            found[&2],
            "`kubectl config set-context` before it chooses where it acts, and its undo would not; a command with `-n` is \
             not concerned"
        );
        for target in [pinned(Some("eu"), Some("x")), pinned(None, Some("x"))] {
            assert!(moved(&target, &[SCALE, namespace, SCALE]).is_empty(), "{target:?}");
        }
        assert!(moved(&of_context, &[SCALE, "kubectl config use-context eu", SCALE]).is_empty());
        assert_eq!(moved(&of_context, &["oc login https://other", SCALE]).len(), 1);
        // On another machine, a session has no file of its own.
        let bastion = ["ssh bastion kubectl get pods; crontab -r", "ssh bastion kubectx other"];
        assert_eq!(moved(&of_context, &bastion).keys().collect::<Vec<_>>(), [&0]);
    }

    #[test]
    fn a_manifest_rests_on_the_choice_as_well() {
        let catalogue = Catalogue::default();
        for (namespace, switch, expected) in
            [("", "kubens x", 1), ("\n  namespace: shop", "kubens x", 0), ("\n  namespace: shop", "kubectx other", 1)]
        {
            let mut measuring = Measuring::new(&catalogue, &Target::default());
            let manifest = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags{namespace}\n");
            measuring.next("yaml", &manifest, EffectClass::Change);
            measuring.next("bash", switch, EffectClass::Observe);
            assert_eq!(measuring.moved().len(), expected, "{namespace} {switch}");
        }
    }
}
