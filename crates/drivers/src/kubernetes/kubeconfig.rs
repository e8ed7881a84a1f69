//! The configuration that the clients in a session find: the target's context and namespace in front of everything else.
//!
//! `KUBECONFIG` is a list of files of which the first wins, name by name. So a small file of ours, with nothing but one
//! context and its choice, stands in front of the files of the user, which stay as they are and where they are.
//!
//! Invariants: nothing but names goes from the user's files into ours. Ours lives as long as the run's session, can be
//! read by nobody else, and takes what a command like `kubectl config use-context` would write.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use allclear_core::KubernetesTarget;
use serde::Deserialize;
use serde_json::json;
use tempfile::NamedTempFile;

/// The variable that names the files.
const VARIABLE: &str = "KUBECONFIG";

/// The file of a run, once it was needed.
#[derive(Default)]
pub(crate) struct Kubeconfig {
    file: Option<NamedTempFile>,
}

/// What is read of a file of the user: names, never credentials.
#[derive(Default, Deserialize)]
struct Known {
    #[serde(rename = "current-context", default)]
    current: String,
    #[serde(default)]
    contexts: Vec<NamedContext>,
}

#[derive(Clone, Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Clone, Default, Deserialize)]
struct Context {
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    namespace: String,
}

impl Kubeconfig {
    /// Sets the variable for a session that acts on this cluster; or a sentence about why there is no such cluster.
    pub(crate) fn enter(
        &mut self,
        cluster: &KubernetesTarget,
        variables: &mut BTreeMap<String, String>,
    ) -> Result<(), String> {
        let usual = || Some(format!("{}/.kube/config", variables.get("HOME")?));
        let own = cluster.kubeconfig.clone().or_else(|| variables.get(VARIABLE).filter(|it| !it.is_empty()).cloned());
        let Some(files) = own.or_else(usual) else { return Ok(()) };
        if cluster.context.is_none() && cluster.namespace.is_none() {
            variables.insert(VARIABLE.to_owned(), files);
            return Ok(());
        }
        let ours = match &self.file {
            Some(file) => file,
            None => {
                let text = narrowed(cluster, &merged(&files)?, &files)?;
                let file = written(&text)
                    .map_err(|error| format!("the configuration for kubectl cannot be written: {error}"))?;
                self.file.insert(file)
            }
        };
        let Some(path) = ours.path().to_str() else {
            return Err("the folder for temporary files is no text".to_owned());
        };
        variables.insert(VARIABLE.to_owned(), format!("{path}:{files}"));
        Ok(())
    }
}

/// The contexts of all files, the first of a name, and the first choice of one.
fn merged(files: &str) -> Result<Known, String> {
    let mut all = Known::default();
    for path in std::env::split_paths(files).filter(|path| path.exists()) {
        let known = read(&path)?;
        if all.current.is_empty() {
            all.current = known.current;
        }
        for context in known.contexts {
            if all.contexts.iter().all(|other| other.name != context.name) {
                all.contexts.push(context);
            }
        }
    }
    Ok(all)
}

/// Says nothing of what is in the file: it holds credentials.
fn read(path: &Path) -> Result<Known, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the configuration of kubectl, {}, cannot be read: {error}", path.display()))?;
    let known: Option<Known> =
        serde_saphyr::from_str(&text).map_err(|_| format!("{} is not a configuration of kubectl", path.display()))?;
    Ok(known.unwrap_or_default())
}

/// Our file: the context of the target, in its namespace, chosen. JSON is YAML too.
fn narrowed(cluster: &KubernetesTarget, known: &Known, files: &str) -> Result<String, String> {
    let name = cluster.context.as_ref().unwrap_or(&known.current);
    let Some(found) = known.contexts.iter().find(|context| context.name == *name) else {
        let mut names: Vec<&str> = known.contexts.iter().map(|context| context.name.as_str()).collect();
        names.sort_unstable();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(match name.as_str() {
            "" => format!("the target names no context, and none is chosen in {files}; there are: {there}"),
            name => format!("the target names the context `{name}`, which is not in {files}; there are: {there}"),
        });
    };
    let Context { cluster: place, user, namespace } = found.context.clone();
    let namespace = cluster.namespace.clone().unwrap_or(namespace);
    let mut context = json!({"cluster": place, "user": user});
    if !namespace.is_empty() {
        context["namespace"] = namespace.into();
    }
    let chosen = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": context}],
    });
    Ok(chosen.to_string())
}

/// A file that only we may read.
fn written(text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("allclear-kubeconfig-").tempfile()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: staging\nusers:\n- name: ana\n  user: {token: hunter2hunter2}\n\
        clusters:\n- name: eu\n  cluster: {server: https://127.0.0.1:1}\ncontexts:\n- name: production\n  context: {cluster: eu, user: ana}\n\
        - name: staging\n  context: {cluster: eu, user: ana, namespace: web}\n";

    fn entered(cluster: &KubernetesTarget) -> Result<(BTreeMap<String, String>, serde_json::Value), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, FILE).unwrap();
        let mut variables = BTreeMap::from([(VARIABLE.to_owned(), path.display().to_string())]);
        let mut kubeconfig = Kubeconfig::default();
        kubeconfig.enter(cluster, &mut variables)?;
        let files = variables[VARIABLE].clone();
        let ours = std::fs::read_to_string(files.split(':').next().unwrap()).unwrap();
        assert!(!ours.contains("hunter2"), "no credential is copied");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), FILE, "the user's file stays as it is");
        Ok((variables, serde_json::from_str(&ours).unwrap()))
    }

    #[test]
    fn the_context_of_the_target_is_chosen_in_its_namespace() {
        let cluster = KubernetesTarget {
            context: Some("production".to_owned()),
            namespace: Some("shop".to_owned()),
            kubeconfig: None,
        };
        let (variables, ours) = entered(&cluster).unwrap();
        assert!(variables[VARIABLE].ends_with("/config"), "the user's file stands behind ours");
        assert_eq!(ours["current-context"], "production");
        assert_eq!(ours["contexts"][0]["context"], json!({"cluster": "eu", "user": "ana", "namespace": "shop"}));
    }

    #[test]
    fn without_a_context_the_chosen_one_is_kept() {
        let cluster = KubernetesTarget { namespace: Some("shop".to_owned()), ..KubernetesTarget::default() };
        let (_, ours) = entered(&cluster).unwrap();
        assert_eq!(ours["contexts"][0]["name"], "staging");
        assert_eq!(ours["contexts"][0]["context"]["namespace"], "shop");
    }

    #[test]
    fn a_context_that_is_not_there_is_told_with_those_that_are() {
        let cluster = KubernetesTarget { context: Some("prod".to_owned()), ..KubernetesTarget::default() };
        let said = entered(&cluster).unwrap_err();
        assert!(said.contains("`prod`") && said.contains("production, staging"), "{said}");
    }
}
