//! `allclear check` against a server on the loopback that behaves as each path says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

/// A server that answers for as long as the test process lives; gives its address, and what it was asked.
fn server() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    let (asked, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let asked = asked.clone();
            std::thread::spawn(move || answer(stream, &asked));
        }
    });
    (address, requests)
}

fn answer(mut stream: TcpStream, asked: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
    }
    let length =
        request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = asked.send(request + &String::from_utf8_lossy(&body));
    if path.contains("slow") {
        // A slow server is what this is; nothing is ever sent on this channel.
        let (_keep, never) = mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_millis(60));
    }
    let status = if path.contains("broken") { "503 Service Unavailable" } else { "200 OK" };
    let text = if path.contains("wrong") { r#"{"status":"bad"}"# } else { r#"{"status":"ok"}"# };
    let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
}

fn check(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_allclear"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn read(path: &Path) -> (String, Value) {
    let text = std::fs::read_to_string(path).expect("the file was written");
    let value = serde_json::from_str(&text).expect("it is JSON");
    (text, value)
}

/// An address where nobody listens.
fn refused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("it has an address"))
}

fn keys_are_sorted(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.keys().is_sorted() && map.values().all(keys_are_sorted),
        Value::Array(items) => items.iter().all(keys_are_sorted),
        _ => true,
    }
}

#[test]
fn the_pipeline_form_writes_the_document_and_passes() {
    let (address, requests) = server();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = format!("{address}/");
    let variables = [
        ("SYNTHETIC_BASE_URL", base.as_str()),
        ("SYNTHETIC_ITERATIONS", "3"),
        ("SYNTHETIC_THRESHOLD_MS", "5000"),
        ("SYNTHETIC_IDEMPOTENCY", "key-1"),
    ];
    let output = check(folder.path(), &variables, &["--all", "--output", "latest.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let (text, document) = read(&folder.path().join("latest.json"));
    assert!(keys_are_sorted(&document) && text.starts_with("{\n  \"base_url\": "), "{text}");
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["base_url", "checks", "generated_at", "iterations", "jurisdictions", "p95_by_check", "passed", "threshold_ms"]
    );
    assert_eq!(document["base_url"], address);
    assert_eq!(document["passed"], true);
    assert_eq!((&document["iterations"], &document["threshold_ms"]), (&json!(3), &json!(5000)));
    assert_eq!(document["jurisdictions"], json!(["san_francisco", "joshua_tree"]));
    assert!(document["generated_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{text}");
    let names: Vec<&Value> =
        document["checks"].as_array().expect("a list").iter().map(|check| &check["name"]).collect();
    assert_eq!(
        names,
        ["san_francisco_estimate", "san_francisco_requirements", "joshua_tree_estimate", "joshua_tree_requirements"]
    );
    let first = &document["checks"][0];
    assert_eq!((&first["method"], &first["status_codes"]), (&json!("POST"), &json!([200, 200, 200])));
    assert_eq!(first["durations_ms"].as_array().map(Vec::len), Some(3));
    assert_eq!(first["extra"]["iterations"], 3);
    assert_eq!(first["p95_ms"], document["p95_by_check"]["san_francisco_estimate"]);
    let request = requests.recv().expect("it was asked");
    assert!(request.starts_with("POST /city/san_francisco/requirements/estimate "), "{request}");
    assert!(request.to_ascii_lowercase().contains("idempotency-key: key-1"), "{request}");
    assert!(request.contains("\"inspections_per_year\":2"), "{request}");
}

#[test]
fn errors_are_recorded_and_fail_the_run_at_its_end() {
    let (address, _requests) = server();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let variables = [
        ("SYNTHETIC_BASE_URL", address.as_str()),
        ("SYNTHETIC_JURISDICTIONS", "broken,slow,fine"),
        ("SYNTHETIC_ITERATIONS", "2"),
        ("SYNTHETIC_THRESHOLD_MS", "50"),
    ];
    let output = check(folder.path(), &variables, &["--all", "--output", "latest.json"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    let (_, document) = read(&folder.path().join("latest.json"));
    let checks = document["checks"].as_array().expect("a list");
    assert_eq!(checks.len(), 6, "it goes on after an error");
    assert_eq!(checks[0]["status_codes"], json!([503, 503]));
    assert_eq!(checks[0]["extra"]["errors"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&checks[0]["passed"], &checks[2]["passed"], &document["passed"]),
        (&json!(false), &json!(false), &json!(false))
    );
    assert!(checks[2]["p95_ms"].as_f64().is_some_and(|p95| p95 > 50.0), "{}", checks[2]);
    let table = out(&output);
    assert!(table.contains("slow_requirements") && table.contains("limit 50 ms"), "{table}");
}

#[test]
fn a_refused_connection_has_no_duration_and_still_a_document() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = refused();
    let variables = [("SYNTHETIC_BASE_URL", address.as_str()), ("SYNTHETIC_ITERATIONS", "2")];
    let output = check(folder.path(), &variables, &["--all", "--output", "latest.json"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    let (_, document) = read(&folder.path().join("latest.json"));
    let first = &document["checks"][0];
    assert_eq!(
        (&first["durations_ms"], &first["status_codes"], &first["p95_ms"]),
        (&json!([]), &json!([]), &Value::Null)
    );
    assert_eq!(first["extra"]["errors"].as_array().map(Vec::len), Some(2));
}

#[test]
fn without_an_address_and_without_a_file_the_variable_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = check(folder.path(), &[], &["--all", "--output", "latest.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).contains("SYNTHETIC_BASE_URL"), "{}", out(&output));
    assert!(!folder.path().join("latest.json").exists());
}

fn configured(address: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!(
        "[channel.console]\nkind = \"console\"\n[escalation]\nlevels = [{{ channels = [\"console\"] }}]\n\
         [check.good]\nkind = \"http\"\nurl = \"{address}/good\"\nsamples = 2\nexpect_json = {{ \"/status\" = \"ok\" }}\n\
         [check.wrong]\nkind = \"http\"\nurl = \"{address}/wrong\"\nexpect_json = {{ \"/status\" = \"ok\" }}\n"
    );
    std::fs::write(folder.path().join("allclear.toml"), text).expect("the file is written");
    folder
}

#[test]
fn the_checks_of_the_configuration_are_performed_once() {
    let (address, _requests) = server();
    let folder = configured(&address);
    let output = check(folder.path(), &[], &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["checks"][0]["passed"], true);
    assert_eq!(document["checks"][1]["passed"], false);
    let reason = document["checks"][1]["extra"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("/status") && reason.contains("bad"), "{reason}");
    assert_eq!(document["iterations"], Value::Null, "the checks differ");
}

#[test]
fn a_named_check_is_performed_alone_and_a_misspelt_one_is_corrected() {
    let (address, _requests) = server();
    let folder = configured(&address);
    let good = check(folder.path(), &[], &["good"]);
    assert_eq!(good.status.code(), Some(0), "{}", out(&good));
    assert!(out(&good).contains("pass") && !out(&good).contains("wrong"), "{}", out(&good));
    let misspelt = check(folder.path(), &[], &["goood"]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(out(&misspelt).contains("did you mean `good`?"), "{}", out(&misspelt));
}

#[test]
fn a_bad_configuration_is_reported_and_nothing_is_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("allclear.toml"), "[check.a]\nurl = 5\n").expect("the file is written");
    let output = check(folder.path(), &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("config-wrong-type"), "{}", out(&output));
}
