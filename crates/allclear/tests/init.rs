//! `allclear init` writes a configuration that is good as it stands, and never over another.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn allclear(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_allclear"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the program starts")
}

fn folder_with(runbook: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("runbook.md"), runbook).expect("the runbook is written");
    folder
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Writes a configuration from the runbook, checks it, and gives its text.
fn written_from(runbook: &str) -> String {
    let folder = folder_with(runbook);
    let init = allclear(folder.path(), &["init", "--from", "runbook.md"]);
    assert_eq!(init.status.code(), Some(0), "{}", out(&init));
    let text = std::fs::read_to_string(folder.path().join("allclear.toml")).expect("it was written");
    let check = allclear(folder.path(), &["config", "check"]);
    assert_eq!(check.status.code(), Some(0), "{}\n{text}", out(&check));
    text
}

const RUNBOOK: &str = "# Shop runbook

## Contacts

- **On-call engineer**: the rotation
- **Database team**: dba@shop.example

## Severity levels

- **SEV-1 (Critical)**: nobody can buy
- **SEV-2 (High)**: some cannot

## Scheduled jobs

### Nightly export

- **Cadence**: every night (`30 1 * * *`)

## 1. Payments are failing

**When**: customers cannot pay

1. Look at it:
```bash
curl https://pay.shop.example/payments/health
curl https://shop.example/
curl \"https://$HOST/health\"
```
";

#[test]
fn what_the_runbook_says_is_in_the_file() {
    let text = written_from(RUNBOOK);
    for expected in [
        "name = \"Shop\"",
        "dba@shop.example",
        "[severity.p0]",
        "# SEV-1, Critical, nobody can buy",
        "[check.pay-payments-health]",
        "url = \"https://pay.shop.example/payments/health\"",
        "procedure = \"payments-are-failing\"",
        "[check.shop]",
        "[job.nightly-export]\nevery = \"24h\"",
        "url = \"env:OBS_ALERT_WEBHOOK\"",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
    assert!(!text.contains("$HOST"), "an address with a placeholder cannot be watched:\n{text}");
}

#[test]
fn a_runbook_that_says_little_or_odd_things_gives_a_good_file_too() {
    for runbook in [
        "",
        "just prose",
        "# A \"title\" with \\ and \u{7} and '''\n\n## Contacts\n\n- **\"x\"\u{1b}[31m**: y\n",
        "# T\n\n## Scheduled jobs\n\n### \"; DROP\n\n- **Cadence**: when the moon is full (`x y z`)\n",
        "# T\n\n## Fix\n\n1. `curl https://user:pw12345678@a.example/health`\n2. `curl ftp://a.example/`\n",
        "# T\r\n\r\n## Fix é\r\n\r\n1. `curl http://[::1]:80/health`\r\n",
    ] {
        written_from(runbook);
    }
}

#[test]
fn a_runbook_without_a_procedure_gives_a_file_and_a_warning() {
    let folder = folder_with("# A library\n\nIt does things.\n");
    let init = allclear(folder.path(), &["init", "--from", "runbook.md"]);
    assert_eq!(init.status.code(), Some(0), "{}", out(&init));
    let words = String::from_utf8_lossy(&init.stderr);
    assert!(words.contains("runbook.md:1:1: no procedure found"), "{words}");
    assert!(folder.path().join("allclear.toml").exists());
}

#[test]
fn the_runbooks_at_hand_give_good_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for path in ["examples/prepchef/runbook.md", "../shared/reference-runbook.md"] {
        match std::fs::read_to_string(root.join(path)) {
            Ok(runbook) => assert!(written_from(&runbook).contains("[job."), "{path}: the job is missing"),
            Err(error) => eprintln!("skipped: {path} cannot be read: {error}"),
        }
    }
}

#[test]
fn a_file_that_is_there_is_left_alone_without_force() {
    let folder = folder_with(RUNBOOK);
    let path = folder.path().join("allclear.toml");
    std::fs::write(&path, "mine").expect("the file is written");
    let refused = allclear(folder.path(), &["init", "--from", "runbook.md"]);
    assert_eq!(refused.status.code(), Some(3), "{}", out(&refused));
    assert!(out(&refused).contains("--force"), "{}", out(&refused));
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "mine");
    let forced = allclear(folder.path(), &["init", "--from", "runbook.md", "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{}", out(&forced));
    assert!(std::fs::read_to_string(&path).expect("it is there").contains("[escalation]"));
}

#[test]
fn the_path_of_the_runbook_starts_from_the_folder_of_the_file() {
    let folder = folder_with(RUNBOOK);
    std::fs::create_dir(folder.path().join("etc")).expect("a folder");
    let init = allclear(folder.path(), &["init", "--from", "runbook.md", "--output", "etc/allclear.toml"]);
    assert_eq!(init.status.code(), Some(0), "{}", out(&init));
    let text = std::fs::read_to_string(folder.path().join("etc/allclear.toml")).expect("it was written");
    assert!(text.contains("path = \"../runbook.md\""), "{text}");
    let check = allclear(folder.path(), &["--config", "etc/allclear.toml", "config", "check"]);
    assert_eq!(check.status.code(), Some(0), "{}", out(&check));
}

#[test]
fn a_runbook_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let init = allclear(folder.path(), &["init", "--from", "none.md"]);
    assert_eq!(init.status.code(), Some(2));
    assert!(out(&init).contains("none.md"), "{}", out(&init));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn what_was_found_is_also_one_json_document() {
    let folder = folder_with(RUNBOOK);
    let init = allclear(folder.path(), &["init", "--from", "runbook.md", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&init.stdout).expect("it is JSON");
    assert_eq!(document["output"], "allclear.toml");
    assert_eq!(document["procedures"], serde_json::json!(["payments-are-failing"]));
}
