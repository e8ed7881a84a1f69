//! Programs that a test needs and a machine may lack: such a test is skipped aloud, never silently passed.
//!
//! With `ALLCLEAR_REQUIRE_COMPONENTS=1`, as in the whole test, a missing program is a failure.

use std::path::{Path, PathBuf};

/// A program that `cargo xtask setup` installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The server; `initdb` and `psql` lie beside it.
    Postgres,
    /// The server.
    Redis,
    /// The browser.
    Chromium,
    /// What drives the browser.
    Chromedriver,
    /// The peer for the time of a start.
    Alertmanager,
    /// The peer for static pages.
    Nginx,
    /// Puts load on a web server.
    Wrk,
    /// Lints shell; a benchmark's peer.
    ShellCheck,
    /// Gives a program a terminal.
    Script,
    /// Keeps what the Kubernetes API server is told.
    Etcd,
    /// The Kubernetes API server; the other servers of the control plane lie beside it.
    KubernetesApi,
    /// The client of Kubernetes.
    Kubectl,
}

impl Component {
    fn program(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis-server",
            Self::Chromium => "chromium",
            Self::Chromedriver => "chromedriver",
            Self::Alertmanager => "prometheus-alertmanager",
            Self::Nginx => "nginx",
            Self::Wrk => "wrk",
            Self::ShellCheck => "shellcheck",
            Self::Script => "script",
            Self::Etcd => "etcd",
            Self::KubernetesApi => "kube-apiserver",
            Self::Kubectl => "kubectl",
        }
    }

    /// How it is installed.
    fn remedy(self) -> &'static str {
        match self {
            Self::KubernetesApi | Self::Kubectl => "cargo xtask setup --kubernetes builds it",
            _ => "cargo xtask setup installs it",
        }
    }
}

/// Where the program is. `None` means that the test returns early; that has been said on stderr.
///
/// # Panics
/// If the program is missing and `ALLCLEAR_REQUIRE_COMPONENTS=1`.
pub fn component(component: Component) -> Option<PathBuf> {
    let mut candidates = directories(component).into_iter().map(|place| place.join(component.program()));
    let found = candidates.find(|path| path.is_file());
    if found.is_none() {
        let (name, remedy) = (component.program(), component.remedy());
        let required = std::env::var_os("ALLCLEAR_REQUIRE_COMPONENTS").is_some_and(|value| value == "1");
        assert!(!required, "{name} is not installed ({remedy})");
        eprintln!("skipped: {name} is not installed ({remedy})");
    }
    found
}

fn directories(component: Component) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    if component == Component::Postgres {
        // Debian keeps its servers off the path, one directory per version; the newest wins.
        let mut versions = postgres_versions(Path::new("/usr/lib/postgresql"));
        versions.sort();
        directories.extend(versions.into_iter().rev().map(|(_, bin)| bin));
    }
    if matches!(component, Component::KubernetesApi | Component::Kubectl) {
        directories.extend(kubernetes_cache().into_iter().flat_map(|cache| versions_in(&cache)));
    }
    directories.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    // Where Debian keeps servers, which is on the path of root only.
    directories.push(PathBuf::from("/usr/sbin"));
    directories
}

/// Where `cargo xtask setup --kubernetes` keeps what it built.
fn kubernetes_cache() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("allclear/kubernetes"))
}

/// The folder itself, and those in it, one per version.
fn versions_in(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    std::iter::once(cache.to_owned()).chain(folders).collect()
}

fn postgres_versions(root: &Path) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))).collect()
}
