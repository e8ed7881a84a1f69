//! What the demonstration lays out in its data directory: the runbook, the pager's secret, and an `allclear.toml` as a
//! team would write it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::stand::Pace;

/// The runbook of the example, as it is in the repository.
pub(super) const RUNBOOK: &str = include_str!("../../../../examples/prepchef/runbook.md");
/// The procedure that mends a bad release of the city API.
pub(super) const PROCEDURE: &str = "city-api-answers-slowly-or-fails";
/// The check that notices it.
pub(super) const CHECK: &str = "city-requirements";
/// The estate that the procedure acts on.
pub(super) const TARGET: &str = "local";
/// Where the runbook is read on the web.
pub(super) const RUNBOOK_URL: &str = "https://github.com/allclear-dev/allclear/blob/main/examples/prepchef/runbook.md";
/// Who is paged: first this one …
pub(super) const FIRST: &str = "pager-ana";
/// … and then that one.
pub(super) const SECOND: &str = "pager-ben";

/// Where everything of the demonstration is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) console: String,
    pub(super) pager: String,
    pub(super) prepchef: String,
}

/// Lays everything out; the answer is the path of the configuration file.
pub(super) fn lay_out(data_dir: &Path, addresses: &Addresses, pace: &Pace) -> anyhow::Result<PathBuf> {
    let config = data_dir.join("allclear.toml");
    let written = fs::write(data_dir.join("runbook.md"), RUNBOOK)
        .and_then(|()| fs::write(&config, configuration(data_dir, addresses, pace)));
    written.with_context(|| format!("the data directory {} cannot be written", data_dir.display()))?;
    Ok(config)
}

/// The secret that signs pages: made once, kept for its owner alone.
pub(super) fn pager_secret(data_dir: &Path) -> anyhow::Result<String> {
    let path = secret_path(data_dir);
    if let Ok(secret) = fs::read_to_string(&path)
        && !secret.is_empty()
    {
        return Ok(secret);
    }
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gave no random bytes: {error}"))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let new = path.with_extension("new");
    let made = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new);
    let written = made.and_then(|mut file| file.write_all(secret.as_bytes())).and_then(|()| fs::rename(&new, &path));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(secret)
}

fn secret_path(data_dir: &Path) -> PathBuf {
    data_dir.join("pager.secret")
}

fn configuration(data_dir: &Path, addresses: &Addresses, pace: &Pace) -> String {
    let Addresses { console, pager, prepchef } = addresses;
    let Pace { interval, acknowledge_within, tells_console } = pace;
    let secret = text(&format!("file:{}", secret_path(data_dir).display()));
    let (channel, beside) =
        if *tells_console { ("[channel.console]\nkind = \"console\"\n\n", "\"console\", ") } else { ("", "") };
    format!(
        r#"# Written by `allclear demo`; it is written anew at every start.
[service]
name = "PrepChef"
public_url = "{console}"

[runbook]
path = "runbook.md"
url = "{RUNBOOK_URL}"

[check.{CHECK}]
kind = "http"
url = "{prepchef}/city/san_francisco/requirements"
interval = "{interval}"
failures_to_fail = 2
passes_to_recover = 2
severity = "p1"
component = "city-api"
procedure = "{PROCEDURE}"

[check.health]
kind = "http"
url = "{prepchef}/health"
interval = "{interval}"
expect_json = {{ "/status" = "ok" }}
severity = "p0"
component = "prepchef"

[check.payments]
kind = "http"
url = "{prepchef}/payments/health"
interval = "{interval}"
severity = "p1"
component = "payments"

{channel}[channel.{FIRST}]
kind = "webhook"
url = "{pager}/pages/{FIRST}"
signing_secret = {secret}

[channel.{SECOND}]
kind = "webhook"
url = "{pager}/pages/{SECOND}"
signing_secret = {secret}

[escalation]
repeats = 2
levels = [
  {{ channels = [{beside}"{FIRST}"], acknowledge_within = "{acknowledge_within}" }},
  {{ channels = ["{SECOND}"], acknowledge_within = "10m" }},
]

[target.{TARGET}.env]
PREPCHEF_URL = "{prepchef}"
"#
    )
}

/// A TOML string; the escapes of JSON are among those of TOML.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_out_is_a_configuration_without_errors() {
        let folder = tempfile::tempdir().unwrap();
        pager_secret(folder.path()).unwrap();
        let addresses = Addresses {
            console: "http://127.0.0.1:8080".to_owned(),
            pager: "http://127.0.0.1:8081".to_owned(),
            prepchef: "http://127.0.0.1:8082".to_owned(),
        };
        for pace in [Pace::SCRIPT, Pace::REAL, Pace::SCRIPT.quiet()] {
            let path = lay_out(folder.path(), &addresses, &pace).unwrap();
            let loaded = crate::config::load(&path).unwrap();
            assert!(loaded.config.policy.checks[CHECK].procedure.as_deref() == Some(PROCEDURE));
            assert!(loaded.config.policy.procedure(PROCEDURE).is_some());
        }
    }

    #[test]
    fn the_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let secret = pager_secret(folder.path()).unwrap();
        assert_eq!(secret.len(), 48);
        assert_eq!(pager_secret(folder.path()).unwrap(), secret);
    }
}
