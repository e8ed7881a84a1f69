//! The ports of the demonstration, kept in its data directory so that a restart is reached where the first start was.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

const FILE: &str = "demo.json";
/// Where people look for the console.
pub(super) const CONSOLE_PORT: u16 = 8080;

/// Ports that were used last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ports {
    console: u16,
    pager: u16,
    prepchef: u16,
}

/// Listeners that are ready.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) console: TcpListener,
    pub(super) pager: TcpListener,
    pub(super) prepchef: TcpListener,
}

/// Whether this directory was made by the demonstration, or is still to be made.
pub(super) fn is_ours(data_dir: &Path) -> bool {
    data_dir.join(FILE).exists() || !data_dir.join("log.db").exists()
}

/// Says that this directory is the demonstration's: before there is a log in it, which would be taken for a team's if
/// the demonstration were killed right then.
pub(super) fn claim(data_dir: &Path) -> anyhow::Result<()> {
    let file = data_dir.join(FILE);
    match std::fs::OpenOptions::new().write(true).create_new(true).open(&file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("{} cannot be written", file.display()))
        }
        _ => Ok(()),
    }
}

/// Takes the ports that were used last, or others where those are taken, and remembers them.
pub(super) async fn listen(data_dir: &Path) -> anyhow::Result<Listeners> {
    let file = data_dir.join(FILE);
    let last: Option<Ports> = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let last = last.unwrap_or(Ports { console: CONSOLE_PORT, pager: 0, prepchef: 0 });
    let listeners = Listeners {
        console: prefer(last.console).await?,
        pager: prefer(last.pager).await?,
        prepchef: prefer(last.prepchef).await?,
    };
    let taken = Ports {
        console: listeners.console.local_addr()?.port(),
        pager: listeners.pager.local_addr()?.port(),
        prepchef: listeners.prepchef.local_addr()?.port(),
    };
    let new = file.with_extension("new");
    let written = std::fs::write(&new, serde_json::to_vec(&taken)?).and_then(|()| std::fs::rename(&new, &file));
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(listeners)
}

async fn prefer(port: u16) -> anyhow::Result<TcpListener> {
    if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
        return Ok(listener);
    }
    TcpListener::bind("127.0.0.1:0").await.context("no port of 127.0.0.1 can be listened on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_restart_takes_the_same_ports_and_others_where_those_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let first = listen(folder.path()).await.unwrap();
        let (pager, prepchef) = (port(&first.pager), port(&first.prepchef));
        drop(first.prepchef);
        let second = listen(folder.path()).await.unwrap();
        assert_eq!(port(&second.prepchef), prepchef);
        assert_ne!(port(&second.pager), pager);
    }

    #[test]
    fn the_data_directory_of_a_team_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_ours(folder.path()));
        std::fs::write(folder.path().join("log.db"), "").unwrap();
        assert!(!is_ours(folder.path()));
    }

    #[test]
    fn a_demonstration_that_was_killed_before_it_knew_its_ports_finds_its_directory_again() {
        let folder = tempfile::tempdir().unwrap();
        claim(folder.path()).unwrap();
        std::fs::write(folder.path().join("log.db"), "").unwrap();
        assert!(is_ours(folder.path()));
        claim(folder.path()).unwrap();
    }
}
