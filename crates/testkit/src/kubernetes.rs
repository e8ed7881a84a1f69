//! A throw-away Kubernetes control plane: the real API server on a real etcd, on the loopback interface.
//!
//! There is no node: objects are kept, defaulted, validated and diffed as everywhere, and nothing runs. Controllers
//! run only where a test asks for them. Everything ends with SIGKILL when the test does.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::component::{Component, component};
use crate::free_port::free_port;
use crate::throwaway::{Throwaway, Workplace};

/// A port may be taken by somebody else between choosing it and listening on it.
const ATTEMPTS: u32 = 5;
/// Who may do everything.
const ADMIN: &str = "admin";
/// Who may do what a test allows, and nothing else.
const GUEST: &str = "guest";
/// What the API server writes down.
const AUDIT: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [
    {"level": "Metadata", "verbs": ["patch"], "resources": [{"group": "", "resources": ["configmaps"]}]},
    {"level": "None"}]}"#;

/// A running API server with its store.
#[derive(Debug)]
pub struct Kubernetes {
    kubectl: PathBuf,
    programs: PathBuf,
    home: tempfile::TempDir,
    port: u16,
    namespaces: AtomicU32,
    server: Throwaway,
    etcd: Throwaway,
}

/// A plain way to the API, on which everything can be read: whoever comes by it is the administrator. It ends when this is
/// dropped.
#[derive(Debug)]
pub struct Proxy {
    /// On the loopback interface, without encryption.
    pub port: u16,
    _server: Throwaway,
}

/// The controllers of a control plane, running; they end when this is dropped.
#[derive(Debug)]
pub struct Controllers {
    _server: Throwaway,
}

impl Kubernetes {
    /// Starts a control plane of the caller's own; `None` if a part of it is not installed, which has been said.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Option<Self> {
        let (etcd, api) = (component(Component::Etcd)?, component(Component::KubernetesApi)?);
        let kubectl = component(Component::Kubectl)?;
        let home = tempfile::Builder::new().prefix("allclear-kubernetes-home-").tempdir().expect("a directory");
        key_pair(&home.path().join("accounts.key"));
        let (store, store_port) = start_etcd(&etcd);
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let (workplace, port) = (Workplace::of_ours("kubernetes"), free_port());
            let certificates = workplace.path.join("certificates");
            let arguments = api_arguments(home.path(), &certificates, store_port, port);
            let ready = || is_ready(&kubectl, home.path(), &certificates, port);
            match workplace.start("KILL", &api, &arguments, ready) {
                Ok(server) => {
                    let programs = api.parent().expect("a program lies in a folder").to_owned();
                    return Some(Self {
                        kubectl,
                        programs,
                        home,
                        port,
                        namespaces: AtomicU32::new(0),
                        server,
                        etcd: store,
                    });
                }
                Err(log) => said = log,
            }
        }
        panic!("the API server did not start: {said}");
    }

    /// The one control plane that all tests of a binary share; it ends with the binary.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Kubernetes>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts the controllers, with which deployments get replica sets, and namespaces go when they are deleted.
    ///
    /// # Panics
    /// If they do not start.
    pub fn start_controllers(&self) -> Controllers {
        let program = self.programs.join("kube-controller-manager");
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port();
            let key = self.home.path().join("accounts.key");
            let arguments = [
                format!("--kubeconfig={}", self.kubeconfig().display()),
                format!("--service-account-private-key-file={}", key.display()),
                format!("--secure-port={port}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--port=0".to_owned(),
                "--leader-elect=false".to_owned(),
                "--controllers=*,-nodeipam,-attachdetach,-persistentvolume-binder,-ttl".to_owned(),
            ];
            let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            match Workplace::of_ours("controllers").start("KILL", &program, &arguments, ready) {
                Ok(server) => return Controllers { _server: server },
                Err(log) => said = log,
            }
        }
        panic!("the controllers did not start: {said}");
    }

    /// Opens a plain way to the API.
    ///
    /// # Panics
    /// If it does not open.
    pub fn start_proxy(&self) -> Proxy {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port();
            let kubeconfig = format!("--kubeconfig={}", self.kubeconfig().display());
            let arguments = ["proxy".to_owned(), kubeconfig, format!("--port={port}")];
            let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            match Workplace::of_ours("proxy").start("KILL", &self.kubectl, &arguments, ready) {
                Ok(server) => return Proxy { port, _server: server },
                Err(log) => said = log,
            }
        }
        panic!("the way to the API did not open: {said}");
    }

    /// What the API server itself writes down of every patch of a `ConfigMap` that it has answered: a line of JSON each.
    pub fn audit_log(&self) -> PathBuf {
        self.home.path().join("audit.log")
    }

    /// Makes an empty namespace and returns its name.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn namespace(&self) -> String {
        let name = format!("test-{}", self.namespaces.fetch_add(1, Ordering::Relaxed));
        self.kubectl(&["create", "namespace", &name]);
        name
    }

    /// The file with the contexts `admin` and `guest` of the cluster `throwaway`; `admin` is the current one.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("kubeconfig")
    }

    /// Where the API is, `https://…`.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The client.
    pub fn client(&self) -> &Path {
        &self.kubectl
    }

    /// A value for `PATH` with the folder of the client in front.
    ///
    /// # Panics
    /// If a folder's name holds a colon.
    pub fn path(&self) -> OsString {
        let own = self.kubectl.parent().map(Path::to_owned);
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).expect("folders without colons")
    }

    /// Process ids of the API server and its store.
    pub fn pids(&self) -> [u32; 2] {
        [self.server.pid(), self.etcd.pid()]
    }

    /// Runs the client as the administrator and returns what it printed, without the last line break.
    ///
    /// # Panics
    /// If it fails.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with("", arguments)
    }

    /// As [`Kubernetes::kubectl`], with something to read.
    ///
    /// # Panics
    /// If it fails.
    pub fn kubectl_with(&self, input: &str, arguments: &[&str]) -> String {
        let output = self.try_kubectl(input, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {}: {said}", arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs the client as the administrator.
    ///
    /// # Panics
    /// If it does not start.
    pub fn try_kubectl(&self, input: &str, arguments: &[&str]) -> Output {
        let mut command = client(&self.kubectl, self.home.path());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl starts");
        // One that reads nothing may have ended before.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("kubectl ends")
    }
}

fn client(kubectl: &Path, home: &Path) -> Command {
    let mut command = Command::new(kubectl);
    command.env("KUBECONFIG", home.join("kubeconfig")).env("HOME", home).current_dir(home);
    command
}

fn start_etcd(program: &Path) -> (Throwaway, u16) {
    let mut said = String::new();
    for _ in 0..ATTEMPTS {
        let workplace = Workplace::of_ours("etcd");
        let (clients, peers) = (free_port(), free_port());
        let (client_url, peer_url) = (format!("http://127.0.0.1:{clients}"), format!("http://127.0.0.1:{peers}"));
        let arguments = [
            "--name=one".to_owned(),
            format!("--data-dir={}", workplace.path.join("data").display()),
            format!("--listen-client-urls={client_url}"),
            format!("--advertise-client-urls={client_url}"),
            format!("--listen-peer-urls={peer_url}"),
            format!("--initial-advertise-peer-urls={peer_url}"),
            format!("--initial-cluster=one={peer_url}"),
            "--unsafe-no-fsync".to_owned(),
        ];
        let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, clients)).is_ok();
        match workplace.start("KILL", program, &arguments, ready) {
            Ok(server) => return (server, clients),
            Err(log) => said = log,
        }
    }
    panic!("etcd did not start: {said}");
}

fn api_arguments(home: &Path, certificates: &Path, etcd: u16, port: u16) -> Vec<String> {
    let tokens = home.join("tokens.csv");
    let text = format!("{ADMIN}-token,{ADMIN},1,\"system:masters\"\n{GUEST}-token,{GUEST},2\n");
    fs::write(&tokens, text).expect("the directory can be written");
    let audited = home.join("audit.yaml");
    fs::write(&audited, AUDIT).expect("the directory can be written");
    let key = home.join("accounts.key").display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        // It makes a certificate of its own there.
        format!("--cert-dir={}", certificates.display()),
        format!("--token-auth-file={}", tokens.display()),
        format!("--audit-policy-file={}", audited.display()),
        format!("--audit-log-path={}", home.join("audit.log").display()),
        "--authorization-mode=RBAC".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={key}"),
        format!("--service-account-signing-key-file={key}"),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        // Pods are made without an account, which only the controllers would provide.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ]
}

/// The key that signs the tokens of service accounts.
fn key_pair(path: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["genrsa", "-out"]).arg(path).arg("2048");
    let output = openssl.output().expect("openssl is installed (cargo xtask setup installs it)");
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether the server says that it is ready, by the client's own way in.
fn is_ready(kubectl: &Path, home: &Path, certificates: &Path, port: u16) -> bool {
    let certificate = certificates.join("apiserver.crt");
    if !certificate.is_file() || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        return false;
    }
    // The directory of the server goes with the server; the client's stays as long as the test.
    let kept = home.join("server.crt");
    let written =
        fs::copy(&certificate, &kept).is_ok() && fs::write(home.join("kubeconfig"), kubeconfig(&kept, port)).is_ok();
    let mut asking = client(kubectl, home);
    asking.args(["get", "--raw", "/readyz", "--request-timeout=2s"]);
    written && asking.output().is_ok_and(|output| output.status.success())
}

fn kubeconfig(certificate: &Path, port: u16) -> String {
    let user = |name: &str| format!("- name: {name}\n  user: {{token: {name}-token}}\n");
    let context = |name: &str| format!("- name: {name}\n  context: {{cluster: throwaway, user: {name}}}\n");
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {ADMIN}\nclusters:\n- name: throwaway\n  cluster:\n    \
         server: https://127.0.0.1:{port}\n    certificate-authority: {}\nusers:\n{}{}contexts:\n{}{}",
        certificate.display(),
        user(ADMIN),
        user(GUEST),
        context(ADMIN),
        context(GUEST),
    )
}
