//! `cargo xtask setup`: installs the real servers that the tests talk to, from Debian's packages.
//!
//! Installs only what is missing, says what each thing is for, and never starts a service, now or at boot: the tests
//! start their own on free loopback ports and stop them. What is not Debian gets a list to install by hand. Kubernetes
//! is built from source, once: see [`kubernetes`].

pub(crate) mod kubernetes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repository::{shown, succeed};

/// Something that the build or the tests need on the machine.
struct Component {
    name: &'static str,
    why: &'static str,
    /// Debian package names; the first that apt knows is installed, since releases differ.
    packages: &'static [&'static str],
    /// Present when every one of these programs is found.
    programs: &'static [&'static str],
    /// The service that the package would start at boot, if it brings one.
    unit: Option<&'static str>,
}

const COMPONENTS: &[Component] = &[
    Component {
        name: "C compiler",
        why: "SQLite and the TLS provider are compiled from their C sources",
        packages: &["build-essential"],
        programs: &["cc"],
        unit: None,
    },
    Component {
        name: "OpenSSL",
        why: "tests inspect certificates with a second implementation",
        packages: &["openssl"],
        programs: &["openssl"],
        unit: None,
    },
    Component {
        name: "PostgreSQL",
        why: "the log's second store and the database procedures run against a real server",
        packages: &["postgresql"],
        programs: &["initdb", "postgres", "psql", "pg_dump"],
        unit: Some("postgresql"),
    },
    Component {
        name: "Redis",
        why: "Redis checks and procedures run against a real server",
        packages: &["redis-server"],
        programs: &["redis-server"],
        unit: Some("redis-server"),
    },
    Component {
        name: "etcd",
        why: "the Kubernetes API server keeps its objects in it",
        packages: &["etcd-server", "etcd"],
        programs: &["etcd"],
        unit: Some("etcd"),
    },
    Component {
        name: "Chromium",
        why: "the console and the status page are looked at in a real browser",
        packages: &["chromium"],
        programs: &["chromium"],
        unit: None,
    },
    Component {
        name: "ChromeDriver",
        why: "the browser is driven through it",
        packages: &["chromium-driver"],
        programs: &["chromedriver"],
        unit: None,
    },
    Component {
        name: "Alertmanager",
        why: "its real webhooks are received, and its start-up time is the measure of ours",
        packages: &["prometheus-alertmanager"],
        programs: &["prometheus-alertmanager"],
        unit: Some("prometheus-alertmanager"),
    },
    Component {
        name: "nginx",
        why: "the status page is measured beside a static file server",
        packages: &["nginx-light", "nginx"],
        programs: &["nginx"],
        unit: Some("nginx"),
    },
    Component {
        name: "wrk",
        why: "puts load on the status page in benchmarks",
        packages: &["wrk"],
        programs: &["wrk"],
        unit: None,
    },
    Component {
        name: "ShellCheck",
        why: "linting runbooks is measured beside it in benchmarks",
        packages: &["shellcheck"],
        programs: &["shellcheck"],
        unit: None,
    },
];

/// Root certificates are a file, not a program.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// `setup --check`: lists what is there and what is missing; an error when anything is.
pub(crate) fn check() -> Result<()> {
    let mut missing = 0;
    for component in COMPONENTS {
        let lacking = component.lacking();
        if lacking.is_empty() {
            println!("present  {:<14} {}", component.name, component.why);
        } else {
            missing += 1;
            println!("MISSING  {:<14} {} (no {})", component.name, component.why, lacking.join(", "));
        }
    }
    if !Path::new(CERTIFICATES).exists() {
        missing += 1;
        println!("MISSING  {:<14} TLS to the outside is verified against it", "CA bundle");
    }
    if missing > 0 {
        bail!("{missing} missing: run `cargo xtask setup`");
    }
    if !kubernetes::is_there() {
        println!("MISSING  {:<14} {}", "Kubernetes", kubernetes::WHY);
        bail!("Kubernetes is missing: run `cargo xtask setup --kubernetes`, which builds it in about ten minutes");
    }
    println!("present  {:<14} {}", "Kubernetes", kubernetes::WHY);
    println!("Nothing is missing.");
    Ok(())
}

/// Whether anything that the tests need is missing.
pub(crate) fn incomplete() -> bool {
    COMPONENTS.iter().any(|component| !component.lacking().is_empty()) || !Path::new(CERTIFICATES).exists()
}

/// `setup`: installs what is missing.
pub(crate) fn install() -> Result<()> {
    let missing: Vec<&Component> = COMPONENTS.iter().filter(|component| !component.lacking().is_empty()).collect();
    for component in COMPONENTS {
        let word = if component.lacking().is_empty() { "present" } else { "MISSING" };
        println!("{word}  {:<14} {}", component.name, component.why);
    }
    if !incomplete() {
        println!("Nothing is missing.");
        return Ok(());
    }
    if find("apt-get").is_none() {
        bail!("this is not a Debian machine (no apt-get); install by hand:\n{}", by_hand(&missing));
    }
    if !is_root()? {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        bail!("installing packages needs root; run:\n\n    sudo {} setup\n", program.display());
    }
    apt(&["update", "-q"])?;
    install_offered(&packages(&missing)?)?;
    keep_off_at_boot(&missing);
    verify()
}

/// Installs packages of Debian that a build needs; none of them is a server.
fn install_packages(packages: &[&str]) -> Result<()> {
    if find("apt-get").is_none() {
        bail!("this is not a Debian machine (no apt-get)");
    }
    let packages: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root()? {
        bail!("installing packages needs root; run:\n\n    sudo apt-get install {}\n", packages.join(" "));
    }
    apt(&["update", "-q"])?;
    install_offered(&packages)
}

fn is_installed(package: &str) -> bool {
    let output = Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"installed")
}

fn install_offered(packages: &[&str]) -> Result<()> {
    let _no_services = ServicesHeldBack::new()?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

/// A package for a test must not turn the machine into a server: its service stays off after the next boot too.
fn keep_off_at_boot(installed: &[&Component]) {
    if find("systemctl").is_none() {
        return;
    }
    for unit in installed.iter().filter_map(|component| component.unit) {
        let mut command = Command::new("systemctl");
        command.args(["--quiet", "disable", unit]);
        println!("$ {}", shown(&command));
        if succeed(&mut command).is_err() {
            eprintln!("warning: {unit} stays enabled at boot; disable it by hand if you do not want it");
        }
    }
}

/// After the installation each program must be there: a package that lacks it is our mistake, said plainly.
fn verify() -> Result<()> {
    for component in COMPONENTS {
        let lacking = component.lacking();
        if !lacking.is_empty() {
            bail!("{} was installed but {} is still not found", component.name, lacking.join(", "));
        }
    }
    println!("Everything that the tests need is installed. No service was started.");
    Ok(())
}

impl Component {
    fn lacking(&self) -> Vec<&'static str> {
        self.programs.iter().copied().filter(|program| find(program).is_none()).collect()
    }
}

/// Looks for a program in PATH, in the administrators' folders and where Debian keeps PostgreSQL.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.into_iter().map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("`id -u` cannot be run")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// The package to install for each component, by what this release of Debian offers.
fn packages(missing: &[&Component]) -> Result<Vec<&'static str>> {
    let mut chosen = Vec::new();
    for component in missing {
        let offered = component.packages.iter().copied().find(|package| is_offered(package));
        let Some(package) = offered else {
            bail!("apt offers none of {} (for {})", component.packages.join(", "), component.name);
        };
        chosen.push(package);
    }
    if !Path::new(CERTIFICATES).exists() {
        chosen.push("ca-certificates");
    }
    Ok(chosen)
}

fn is_offered(package: &str) -> bool {
    let output = Command::new("apt-cache").args(["policy", package]).output();
    output.is_ok_and(|output| has_candidate(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads `apt-cache policy`: a package that exists only as a name in other packages has no candidate.
fn has_candidate(policy: &str) -> bool {
    policy.lines().filter_map(|line| line.trim().strip_prefix("Candidate:")).any(|version| version.trim() != "(none)")
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    println!("\n$ {}", shown(&command));
    succeed(&mut command)
}

fn by_hand(missing: &[&Component]) -> String {
    let lines = missing.iter().map(|component| {
        let programs = component.lacking().join(", ");
        format!("  {}: {programs} must be in PATH ({})", component.name, component.why)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// While it lives, packages that would start their service on installation do not.
///
/// Debian asks `policy-rc.d`; 101 means "not allowed". An administrator's own file is left alone.
struct ServicesHeldBack {
    created: bool,
}

impl ServicesHeldBack {
    fn new() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { created: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n").with_context(|| format!("cannot write {POLICY}"))?;
        let held = Self { created: true };
        succeed(Command::new("chmod").args(["755", POLICY]))?;
        Ok(held)
    }
}

impl Drop for ServicesHeldBack {
    fn drop(&mut self) {
        if self.created
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("warning: {POLICY} could not be removed, remove it by hand: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_a_version_is_offered() {
        assert!(has_candidate("wrk:\n  Installed: (none)\n  Candidate: 4.1.0-3+b2\n"));
    }

    #[test]
    fn a_package_known_only_by_name_is_not_offered() {
        assert!(!has_candidate("nginx-light:\n  Installed: (none)\n  Candidate: (none)\n"));
        assert!(!has_candidate(""));
    }

    #[test]
    fn a_program_that_nobody_has_is_lacking() {
        let component =
            Component { name: "x", why: "y", packages: &[], programs: &["sh", "no-such-program-here"], unit: None };
        assert_eq!(component.lacking(), ["no-such-program-here"]);
    }

    #[test]
    fn every_component_names_a_package_and_a_program() {
        for component in COMPONENTS {
            assert!(!component.packages.is_empty() && !component.programs.is_empty(), "{}", component.name);
        }
    }
}
