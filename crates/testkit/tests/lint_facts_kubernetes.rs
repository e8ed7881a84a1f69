//! What the rules about kubectl claim, shown on the clients that are installed and on a loopback API that keeps the requests.
//!
//! Without kubectl each test says so and passes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

/// A client with its minor version.
struct Client {
    path: PathBuf,
    minor: u32,
}

impl Client {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.path);
        command.args(arguments).env("KUBECONFIG", "/dev/null").env("HOME", "/nonexistent");
        command.stdin(std::process::Stdio::null()).output().unwrap()
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

/// The clients on the path, also those of other versions beside them.
fn clients() -> Vec<Client> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|file| file.is_file());
    let Some(first) = found else {
        eprintln!("skipped: kubectl is not installed");
        return Vec::new();
    };
    let folder = first.canonicalize().unwrap().parent().map(Path::to_owned).unwrap();
    let beside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let versions =
        beside.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubectl.1.")));
    let mut clients: Vec<Client> = std::iter::once(first).chain(versions).filter_map(client).collect();
    clients.sort_by_key(|client| client.minor);
    clients.dedup_by_key(|client| client.minor);
    clients
}

fn client(path: PathBuf) -> Option<Client> {
    let said = Command::new(&path).args(["version", "--client", "-o", "json"]).output().ok()?;
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).ok()?;
    let minor = said["clientVersion"]["minor"].as_str()?.trim_end_matches('+').parse().ok()?;
    Some(Client { path, minor })
}

/// The newest client.
fn newest() -> Option<Client> {
    clients().pop()
}

/// A loopback API that answers what it was given and keeps what it was asked.
struct Api {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// Answers a request whose line begins with one of the keys; any other is not found.
    fn start(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("--server=http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || answer(stream, answers, &kept));
            }
        });
        Self { address, requests }
    }

    /// The requests so far, each with its body.
    fn asked(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn was_asked(&self, part: &str) -> bool {
        self.asked().iter().any(|request| request.contains(part))
    }
}

fn answer(mut stream: std::net::TcpStream, answers: &[(&str, &str)], kept: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if head.is_empty() {
            head = line.trim_end_matches(" HTTP/1.1\r\n").to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    kept.lock().unwrap().push(format!("{head}\n{}", String::from_utf8_lossy(&body)));
    let known = answers.iter().find(|(start, _)| head.starts_with(start));
    let (status, json) = known.map_or(("404 Not Found", NOT_FOUND), |(_, json)| ("200 OK", *json));
    let length = json.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{json}"
    );
}

const NOT_FOUND: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}"#;
const CORE: (&str, &str) = (
    "GET /api/v1?",
    r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[
    {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list"],"shortNames":["po"]},
    {"name":"secrets","singularName":"secret","namespaced":true,"kind":"Secret","verbs":["get","list","create","patch"]}]}"#,
);
const VERSIONS: (&str, &str) = ("GET /api?", r#"{"kind":"APIVersions","versions":["v1"]}"#);
const GROUPS: (&str, &str) = (
    "GET /apis?",
    r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[
    {"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}"#,
);
const APPS: (&str, &str) = (
    "GET /apis/apps/v1?",
    r#"{"kind":"APIResourceList","groupVersion":"apps/v1","resources":[
    {"name":"deployments","singularName":"deployment","namespaced":true,"kind":"Deployment","verbs":["get","list"],"shortNames":["deploy"]}]}"#,
);
const TWO_PODS: (&str, &str) = (
    "GET /api/v1/namespaces/shop/pods?",
    r#"{"kind":"PodList","apiVersion":"v1","items":[
    {"kind":"Pod","apiVersion":"v1","metadata":{"name":"x-1","namespace":"shop"},"spec":{"containers":[{"name":"app"}]}},
    {"kind":"Pod","apiVersion":"v1","metadata":{"name":"x-2","namespace":"shop"},"spec":{"containers":[{"name":"app"}]}}]}"#,
);
const DEPLOYMENT: (&str, &str) = (
    "GET /apis/apps/v1/namespaces/shop/deployments/x",
    r#"{"kind":"Deployment","apiVersion":"apps/v1",
    "metadata":{"name":"x","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"x"}}}}"#,
);
const LOG: (&str, &str) = ("GET /api/v1/namespaces/shop/pods/x-1/log", "\"a line\"");

static ANSWERS: &[(&str, &str)] = &[
    TWO_PODS,
    DEPLOYMENT,
    LOG,
    CORE,
    APPS,
    VERSIONS,
    GROUPS,
    ("GET /apis/apps/v1", APPS.1),
    ("GET /apis", GROUPS.1),
    (
        "GET /api/v1/namespaces/default/secrets/keys",
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"keys","namespace":"default",
        "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"data\":{\"OTHER\":\"eA==\",\"KEY\":\"eA==\"},\"kind\":\"Secret\",\"metadata\":{\"annotations\":{},\"name\":\"keys\",\"namespace\":\"default\"}}\n"}},
        "data":{"OTHER":"eA==","KEY":"eA=="}}"#,
    ),
    (
        "PATCH /api/v1/namespaces/default/secrets/keys",
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"keys","namespace":"default"}}"#,
    ),
    (
        "POST /api/v1/namespaces/default/secrets",
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"fresh","namespace":"default"}}"#,
    ),
    ("GET /api/v1/namespaces/", NOT_FOUND_POD),
    ("GET /api/v1", CORE.1),
    ("GET /api", VERSIONS.1),
];
const NOT_FOUND_POD: &str = NOT_FOUND;

#[test]
fn logs_by_label_ask_for_ten_lines_also_with_since() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    client.run(&[&api.address, "logs", "-n", "shop", "-l", "app=x", "--since=1h"]);
    assert!(api.was_asked("tailLines=10"), "{:#?}", api.asked());
}

#[test]
fn logs_of_a_deployment_read_one_pod() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    let said = client.says(&[&api.address, "logs", "-n", "shop", "deployment/x"]);
    assert!(said.contains("Found 2 pods, using pod/"), "{said}\n{:#?}", api.asked());
}

#[test]
fn logs_pod_name_asks_for_a_pod_named_pod() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    client.run(&[&api.address, "logs", "-n", "shop", "pod", "x-1"]);
    assert!(api.was_asked("/pods/pod"), "{:#?}", api.asked());
}

#[test]
fn namespace_with_one_dash_is_another_namespace() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    client.run(&[&api.address, "get", "pods", "-namespace", "shop"]);
    assert!(api.was_asked("/namespaces/amespace/"), "{:#?}", api.asked());
}

#[test]
fn a_secret_without_a_namespace_is_created_in_default_with_success() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    let said =
        client.says(&[&api.address, "create", "secret", "generic", "fresh", "--from-literal=a=b", "--validate=false"]);
    assert!(api.was_asked("POST /api/v1/namespaces/default/secrets"), "{:#?}", api.asked());
    assert!(said.contains("created"), "{said}");
}

#[test]
fn apply_of_some_keys_sends_null_for_the_others() {
    let Some(client) = newest() else { return };
    let api = Api::start(ANSWERS);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.yaml");
    let printed = client.run(&[
        "create",
        "secret",
        "generic",
        "keys",
        "--from-literal=KEY=new",
        "--dry-run=client",
        "-o",
        "yaml",
    ]);
    std::fs::write(&file, printed.stdout).unwrap();
    let said = client.says(&[&api.address, "apply", "--validate=false", "-f", file.to_str().unwrap()]);
    assert!(api.was_asked("\"OTHER\":null"), "{said}\n{:#?}", api.asked());
}

#[test]
fn exec_without_dashes_is_refused_since_1_31() {
    for client in clients() {
        let said = client.says(&["exec", "--server=http://127.0.0.1:1", "x", "ls"]);
        assert_eq!(said.contains("not supported anymore"), client.minor >= 31, "1.{}: {said}", client.minor);
    }
}

#[test]
fn flags_that_have_gone_are_unknown_since_the_version_that_the_rule_names() {
    for client in clients() {
        let unknown = |arguments: &[&str]| client.says(arguments).contains("unknown flag");
        assert_eq!(unknown(&["version", "--client", "--short"]), client.minor >= 28, "1.{}", client.minor);
        let drain = ["drain", "n", "--delete-local-data", "--server=http://127.0.0.1:1"];
        assert_eq!(unknown(&drain), client.minor >= 31, "1.{}", client.minor);
        for gone in [
            ["get", "po", "--export"],
            ["get", "po", "--o=yaml"],
            ["run", "x", "--replicas=2"],
            ["run", "x", "--generator=y"],
        ] {
            assert!(unknown(&gone), "1.{}: {gone:?}", client.minor);
        }
        let twice = client.says(&["delete", "pod", "deploy/x", "--server=http://127.0.0.1:1"]);
        assert!(twice.contains("there is no need to specify a resource type"), "{twice}");
    }
}

#[test]
fn a_patch_that_begins_with_a_brace_has_to_be_json_and_any_other_may_be_yaml() {
    let Some(client) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object.yaml");
    std::fs::write(&file, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n").unwrap();
    let patched = |patch: &str| {
        let kind = "--type=merge";
        client
            .run(&["patch", "--local", kind, "-f", file.to_str().unwrap(), "-p", patch, "-o", "yaml"])
            .status
            .success()
    };
    assert!(patched("{\"data\": {\"a\": \"b\"}}") && patched("data: {a: b}"));
    assert!(patched("{\"data\":\n  {\"a\": \"b\"}}"));
    assert!(!patched("{data: {a: 'b'}}"));
    assert!(!patched("{\"data\": \\\n  {\"a\": \"b\"}}"));
    assert!(!patched("{\\\"data\\\": {}}"));
    assert!(!patched("{\"data\": {\"a\": \"b\"}"));
    let listed = ["--type=json", "-p", "[{'op': 'add', 'path': '/data', 'value': {'a': 'b'}}]", "-o", "yaml"];
    let patch = ["patch", "--local", "-f", file.to_str().unwrap()];
    assert!(client.run(&[&patch[..], &listed[..]].concat()).status.success());
}

#[test]
fn an_unmatched_pattern_reaches_the_program_and_rm_f_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script = "printf '%s' missing/*; rm -f missing/*; printf ' %s' $?";
    let output = Command::new("bash").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "missing/* 0");
}

#[test]
fn the_table_of_flags_holds_whatever_the_client_lists() {
    let Some(client) = clients().into_iter().rfind(|client| (27..=33).contains(&client.minor) || client.minor == 37)
    else {
        return;
    };
    let table =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbook/data/kubectl.txt")).unwrap();
    let commands: Vec<(&str, &str)> = table.lines().skip(3).filter_map(|line| line.split_once(':')).collect();
    let missing: Vec<String> = std::thread::scope(|scope| {
        let client = &client;
        let parts = commands.chunks(commands.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|part| {
                scope.spawn(move || {
                    part.iter().flat_map(|(names, flags)| missing(client, names, flags)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The flags in a command's help that the table does not hold.
fn missing(client: &Client, names: &str, flags: &str) -> Vec<String> {
    let mut words: Vec<&str> = names.split('|').next().unwrap().split_whitespace().collect();
    words.push("--help");
    let help = client.says(&words);
    let known: Vec<&str> = flags.split_whitespace().map(|flag| flag.trim_end_matches('=')).collect();
    let listed = help.lines().filter(|line| line.starts_with("    -")).filter_map(|line| line.split_once('='));
    let listed = listed.flat_map(|(flags, _)| flags.split(',').map(str::trim));
    listed.filter(|flag| !known.contains(flag)).map(|flag| format!("{names}: {flag}")).collect()
}
