//! `allclear lint` as a person, a workflow and an editor call it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const RUNBOOK: &str = "# Checkout fails

**When**: checkout answers 5xx

1. Look at the errors:
```bash
kubectl logs -l app=checkout -n shop | grep é
curl -fsSL https://downloads.example.com/install.sh | bash
```
";

fn allclear(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_allclear")).args(arguments).current_dir(folder).output().unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runbook.md"), RUNBOOK).unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// Code, severity and line of every finding.
fn found(output: &Output) -> Vec<(String, String, u64)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = json(output);
    let findings = findings.as_array().unwrap().iter();
    findings.map(|it| (word(&it["rule"]), word(&it["severity"]), it["line"].as_u64().unwrap())).collect()
}

/// The findings of the two rules that this file is about.
fn of_k04_and_s12(output: &Output) -> Vec<(String, String, u64)> {
    found(output).into_iter().filter(|(rule, ..)| matches!(rule.as_str(), "K04" | "S12")).collect()
}

fn finding(rule: &str, severity: &str, line: u64) -> (String, String, u64) {
    (rule.to_owned(), severity.to_owned(), line)
}

#[test]
fn people_see_the_line_the_harm_and_what_to_write_instead() {
    let folder = folder();
    let output = allclear(folder.path(), &["lint", "runbook.md"]);
    let out = text(&output.stdout);
    assert!(out.contains("error[K04]: "), "{out}");
    assert!(out.contains("--> runbook.md:7:1"), "{out}");
    assert!(out.contains("7 | kubectl logs -l app=checkout --tail=-1 -n shop"), "{out}");
    assert!(!out.contains('\u{1b}'), "no colours unless a terminal: {out}");
    assert!(text(&output.stderr).contains("in 1 runbook"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_that_is_no_text_is_passed_over() {
    let folder = folder();
    std::fs::write(
        folder.path().join("runbook.md"),
        b"# A\n\n1. Run:\n```bash\nkubectl logs -l app=x\n\0\x1b[2J\n```\n",
    )
    .unwrap();
    let output = allclear(folder.path(), &["lint", "runbook.md"]);
    assert!(text(&output.stdout).is_empty() && text(&output.stderr).contains("runbook.md: not a text, passed over"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_json_of_a_finding_has_the_documented_fields() {
    let folder = folder();
    let output = allclear(folder.path(), &["lint", "runbook.md", "--format", "json"]);
    let findings = json(&output);
    let first = findings.as_array().unwrap().iter().find(|it| it["rule"] == "K04").unwrap();
    let keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["rule", "name", "severity", "path", "line", "column", "end_line", "end_column", "message", "help", "fix"]
    );
    assert_eq!((&first["end_line"], &first["end_column"]), (&7.into(), &37.into()));
    assert_eq!(first["fix"]["edits"][0]["text"], " --tail=-1");
}

#[test]
fn a_level_decides_what_fails() {
    let folder = folder();
    std::fs::write(folder.path().join("warned.md"), RUNBOOK.replace(" -l app=checkout", " checkout-1")).unwrap();
    let code = |arguments: &[&str]| allclear(folder.path(), arguments).status.code();
    assert_eq!(code(&["lint", "runbook.md"]), Some(1));
    assert_eq!(code(&["lint", "runbook.md", "--deny", "never"]), Some(0));
    assert_eq!(code(&["lint", "warned.md"]), Some(0));
    assert_eq!(code(&["lint", "warned.md", "--deny", "warning"]), Some(1));
}

#[test]
fn the_configuration_sets_levels_and_its_mistakes_are_usage_errors() {
    let folder = folder();
    let config = folder.path().join("allclear.toml");
    std::fs::write(
        &config,
        "[lint]\ndeny = \"never\"\n[lint.rules]\nK04 = \"info\"\ndownload-piped-into-shell = \"off\"\n",
    )
    .unwrap();
    let output = allclear(folder.path(), &["lint", "runbook.md", "--format", "json"]);
    assert_eq!(of_k04_and_s12(&output), [finding("K04", "info", 7)]);
    assert_eq!(output.status.code(), Some(0));

    std::fs::write(&config, "[lint.rules]\ndownload-piped-into-shel = \"off\"\n").unwrap();
    let output = allclear(folder.path(), &["lint", "runbook.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `download-piped-into-shell`?"), "{}", text(&output.stderr));
}

#[test]
fn fixing_writes_the_file_once_and_reports_the_rest() {
    let folder = folder();
    let output = allclear(folder.path(), &["lint", "--fix", "runbook.md", "--format", "json"]);
    assert_eq!(of_k04_and_s12(&output), [finding("S12", "warning", 8)]);
    let fixed = std::fs::read_to_string(folder.path().join("runbook.md")).unwrap();
    assert!(fixed.contains("kubectl logs -l app=checkout --tail=-1 -n shop | grep é\n"), "{fixed}");
    let again = allclear(folder.path(), &["lint", "--fix", "runbook.md"]);
    assert!(text(&again.stderr).contains("nothing to fix"), "{}", text(&again.stderr));
}

#[test]
fn folders_are_searched_and_files_without_a_procedure_passed_over() {
    let folder = folder();
    std::fs::create_dir_all(folder.path().join("node_modules/x")).unwrap();
    std::fs::write(folder.path().join("node_modules/x/runbook.md"), RUNBOOK).unwrap();
    std::fs::write(folder.path().join("about.md"), "# About\n\nWe sell kitchens.\n").unwrap();
    let output = allclear(folder.path(), &["lint", ".", "--format", "json"]);
    assert_eq!(of_k04_and_s12(&output), [finding("K04", "error", 7), finding("S12", "warning", 8)]);
    let said = allclear(folder.path(), &["lint", "."]);
    assert!(text(&said.stderr).contains("1 file without a procedure passed over"), "{}", text(&said.stderr));
}

#[test]
fn code_scanning_and_workflows_get_their_formats() {
    let folder = folder();
    let sarif = json(&allclear(folder.path(), &["lint", "runbook.md", "--format", "sarif"]));
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let result = run["results"].as_array().unwrap().iter().find(|it| it["ruleId"] == "K04").unwrap();
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "K04");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "runbook.md");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["endColumn"], 37);
    let github = text(&allclear(folder.path(), &["lint", "runbook.md", "--format", "github"]).stdout);
    assert!(github.contains("::error file=runbook.md,line=7,endLine=7,col=1,endColumn=37,title=K04 "), "{github}");
}

#[test]
fn what_cannot_be_read_is_a_usage_error_and_other_verbs_refuse_the_formats() {
    let folder = folder();
    let output = allclear(folder.path(), &["lint", "absent.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("absent.md cannot be read"), "{}", text(&output.stderr));
    assert_eq!(allclear(folder.path(), &["show", "runbook.md", "--format", "sarif"]).status.code(), Some(2));
}

#[test]
fn bytes_that_are_no_text_are_linted_and_never_written_back() {
    let folder = folder();
    let path = folder.path().join("runbook.md");
    let mut bytes = RUNBOOK.as_bytes().to_vec();
    bytes.extend(b"\xff\xfe\n");
    std::fs::write(&path, &bytes).unwrap();
    let output = allclear(folder.path(), &["lint", "--fix", "runbook.md", "--format", "json"]);
    assert_eq!(of_k04_and_s12(&output).len(), 2);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_secret_that_is_found_is_not_printed_again() {
    let folder = folder();
    let secret = "hunter2hunter2hunter2";
    let text = RUNBOOK.replace("kubectl logs", &format!("export DB_PASSWORD={secret}\nkubectl logs"));
    let text = text.replace("```\n", &format!("curl -u admin:{secret} https://shop.example.com/x\n```\n"));
    std::fs::write(folder.path().join("runbook.md"), text).unwrap();
    for format in ["human", "json", "sarif", "github"] {
        let output = allclear(folder.path(), &["lint", "runbook.md", "--format", format]);
        assert!(text_of(&output).contains("S07"), "{format}: {}", text_of(&output));
        assert!(!text_of(&output).contains(secret), "{format}: {}", text_of(&output));
    }
}

#[test]
fn fixing_follows_a_link_and_keeps_the_rights_of_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let (file, link) = (folder.path().join("runbook.md"), folder.path().join("link.md"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("runbook.md", &link).unwrap();
    let output = allclear(folder.path(), &["lint", "--fix", "link.md"]);
    assert!(text(&output.stderr).contains("applied 1 fix"), "{}", text(&output.stderr));
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).unwrap().contains("--tail=-1"));
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = folder();
    let output = allclear(folder.path(), &["lint", "/dev/zero"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/dev/zero is no file"), "{}", text(&output.stderr));
}
