//! A shell beside a run: where the run's shell stands, with the environment of its target.
//!
//! Invariant: secrets are resolved on this side and travel in the environment; nothing of the verb's own environment is
//! passed on but what is listed here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use allclear_core::{SecretRef, Target, is_reserved_for};
use serde_json::Value;

use crate::Common;
use crate::config;
use crate::print;

/// What a person's shell gets from the terminal that it is opened at.
const INHERITED: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "COLORTERM",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CONFIG_HOME",
];

/// Opens it and waits until it is left. What cannot be had is said; the run is not touched.
pub(super) async fn open(run: &Value, common: &Common) {
    let variables = match environment(run, common) {
        Ok(variables) => variables,
        Err(error) => return print::words(format!("No shell was opened: {error}")),
    };
    let directory = directory(run);
    let place = directory.as_ref().map_or_else(String::new, |directory| format!(" in {}", directory.display()));
    print::words(format!(
        "A shell on {}{place}, beside the run. What is done in it is not recorded; `exit` comes back.",
        print::text(run, "target")
    ));
    let mut shell = tokio::process::Command::new("bash");
    shell.arg("-i").env_clear().envs(variables);
    if let Some(directory) = directory {
        shell.current_dir(directory);
    }
    match shell.status().await {
        Ok(_) => print::words("Back at the run."),
        Err(error) => print::words(format!("No shell was opened: {error}")),
    }
}

/// Where the run's shell stands: where the latest step that succeeded left it, if that is a directory here.
fn directory(run: &Value) -> Option<PathBuf> {
    let steps = run["steps"].as_array()?.iter().rev().filter(|step| step["state"] == "succeeded");
    let directory = PathBuf::from(steps.filter_map(|step| step["outcome"]["directory"].as_str()).next()?);
    directory.is_dir().then_some(directory)
}

fn environment(run: &Value, common: &Common) -> Result<BTreeMap<String, String>, String> {
    let inherited = INHERITED.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    let mut variables: BTreeMap<String, String> = inherited.collect();
    let plan = &run["plan"];
    let target = target(&print::text(run, "target"), common)?;
    for (name, value) in plan["variables"].as_object().into_iter().flatten() {
        if let Some(value) = value.as_str().filter(|_| !variables.contains_key(name) && !is_reserved_for(name, &target))
        {
            variables.insert(name.clone(), value.to_owned());
        }
    }
    let named = plan["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let secrets = named.map(|name| (name.to_owned(), SecretRef::Env(name.to_owned())));
    let secrets = secrets.filter(|(name, _)| !target.env.contains_key(name));
    for (name, reference) in secrets.chain(target.env.clone()) {
        let value = allclear_drivers::resolve_secret(&reference)
            .map_err(|error| format!("the variable `{name}` has no value here: {error}"))?;
        variables.insert(name, value.expose().to_owned());
    }
    variables.insert("ALLCLEAR_RUN".to_owned(), print::text(run, "id"));
    Ok(variables)
}

/// What the configuration on this side says of the target. Without one there is this machine alone.
fn target(name: &str, common: &Common) -> Result<Target, String> {
    if !common.config.exists() {
        return Ok(Target::default());
    }
    let loaded = config::load_for_runs(&common.config)
        .map_err(|_| format!("{} has errors: `allclear config check` says which", common.config.display()))?;
    Ok(loaded.config.policy.targets.get(name).cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_shell_opens_where_the_latest_step_that_succeeded_left_the_run() {
        let place = tempfile::tempdir().expect("a folder");
        let here = place.path().display().to_string();
        let step = |state: &str, directory: &str| json!({"state": state, "outcome": {"directory": directory}});
        let run = json!({"steps": [step("succeeded", "/"), step("succeeded", &here), step("failed", "/usr")]});
        assert_eq!(directory(&run), Some(place.path().to_owned()));
        assert_eq!(directory(&json!({"steps": [step("succeeded", "/no/such/place")]})), None);
    }
}
