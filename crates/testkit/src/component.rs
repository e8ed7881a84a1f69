//! Programs that a test needs and a machine may lack: such a test is skipped aloud, never silently passed.
//!
//! With `ALLCLEAR_REQUIRE_COMPONENTS=1`, as in the whole test, a missing program is a failure.

use std::path::{Path, PathBuf};

/// A program from a Debian package that `cargo xtask setup` installs.
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
        let name = component.program();
        let required = std::env::var_os("ALLCLEAR_REQUIRE_COMPONENTS").is_some_and(|value| value == "1");
        assert!(!required, "{name} is not installed (cargo xtask setup installs it)");
        eprintln!("skipped: {name} is not installed (cargo xtask setup installs it)");
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
    directories.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    // Where Debian keeps servers, which is on the path of root only.
    directories.push(PathBuf::from("/usr/sbin"));
    directories
}

fn postgres_versions(root: &Path) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))).collect()
}
