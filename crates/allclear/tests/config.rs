//! `allclear config check` says what `specs/config/**.md` says that it says.
//!
//! A case is a fence `toml`, which is the file, and the fence `text` behind it, which is all that is printed. A fence
//! `markdown` replaces the runbook for the cases after it. With `ALLCLEAR_BLESS` the texts are rewritten.

use std::path::{Path, PathBuf};
use std::process::Command;

const RUNBOOK: &str = "# Runbook

## 1. Database restore

**When**: data is lost

1. Stop the writers:
```bash
kubectl scale deployment api --replicas=0
```

## 2. Payments failing

**When**: nobody can pay

1. Look:
```bash
kubectl get pods
```
";

/// A fence with its language and its lines.
struct Fence {
    language: String,
    text: String,
    /// Byte range of the text within the document.
    range: std::ops::Range<usize>,
}

fn fences(document: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<(String, String, usize)> = None;
    let mut offset = 0;
    for line in document.split_inclusive('\n') {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &open {
            Some((mark, language, start)) if line.trim_end() == mark => {
                let range = *start..offset;
                fences.push(Fence { language: language.clone(), text: document[range.clone()].to_owned(), range });
                open = None;
            }
            None if ticks >= 3 => {
                open = Some(("`".repeat(ticks), line[ticks..].trim().to_owned(), offset + line.len()));
            }
            _ => {}
        }
        offset += line.len();
    }
    fences
}

fn config_check(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_allclear"))
        .args(["config", "check"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("SET_HERE", "a value that nobody may see")
        .output()
        .expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is said beside the report");
    (String::from_utf8(output.stdout).expect("the report is text"), output.status.code())
}

fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/config");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the specs are there").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// What the program says to each case of a document, in its place.
fn said(document: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("the file is written");
    put("runbook.md", RUNBOOK);
    let mut said = document.to_owned();
    let fences = fences(document);
    for (fence, next) in fences.iter().zip(fences.iter().skip(1)).rev() {
        if fence.language != "toml" {
            continue;
        }
        let mut before =
            fences.iter().filter(|other| other.language == "markdown" && other.range.end < fence.range.start);
        put("runbook.md", before.next_back().map_or(RUNBOOK, |runbook| &runbook.text));
        put("allclear.toml", &fence.text);
        let (report, code) = config_check(folder.path(), &[]);
        let is_good = report.contains(": the configuration is good");
        assert_eq!(code, Some(if is_good { 0 } else { 1 }), "{report}");
        assert_eq!(next.language, "text", "a case is a fence `toml` and then a fence `text`");
        said.replace_range(next.range.clone(), &report);
    }
    said
}

#[test]
fn the_specs_of_the_configuration_hold() {
    let bless = std::env::var_os("ALLCLEAR_BLESS").is_some();
    let mut cases = 0;
    for path in specs() {
        let document = std::fs::read_to_string(&path).expect("the spec is text");
        cases += fences(&document).iter().filter(|fence| fence.language == "toml").count();
        let said = said(&document);
        if bless {
            std::fs::write(&path, &said).expect("the spec is written");
        }
        assert!(bless || said == document, "{} says otherwise; the program says:\n{said}", path.display());
    }
    assert!(cases >= 20, "only {cases} cases were found");
}

#[test]
fn the_report_is_also_one_json_document() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text =
        "[check.api]\nkind = \"http\"\nurl = \"http://127.0.0.1/\"\nintervall = \"5m\"\n[severity.p0]\npage = false\n";
    std::fs::write(folder.path().join("allclear.toml"), text).expect("the file is written");
    let (report, code) = config_check(folder.path(), &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("it is JSON");
    assert_eq!(code, Some(1));
    assert_eq!(report["good"], false);
    let problem = &report["problems"][0];
    assert_eq!(problem["code"], "config-unknown-key");
    assert_eq!((&problem["line"], &problem["column"], &problem["end_column"]), (&4.into(), &1.into(), &10.into()));
    assert_eq!(problem["help"], "did you mean `interval`?");
}

#[test]
fn no_secret_of_the_file_or_the_environment_is_shown() {
    let secrets = [
        "hunter2hunter2",
        concat!("sk_", "live_4eC39HqLyjWDarjtT1zdp7dc"),
        concat!("https://hooks.slack.", "com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
    ];
    let [password, key, hook] = secrets;
    let files = [
        format!(
            "[channel.a]\nkind = \"webhook\"\nurl = \"{hook}\" # or {key}\nsigning_secret = \"{password}\"\ncolour = \"{key}\"\n"
        ),
        format!("[channel.a]\nsigning_secret = \"{password}\nurl = \"{hook}\"\n"),
        format!("[channel.a]\nsigning_secret = {password}\n"),
        format!(
            "[check.a]\nkind = \"http\"\nurl = \"https://ana:{password}@example.test/\"\nsamples = \"{key}\"\ninterval = \"{key}\"\n"
        ),
        format!(
            "[check.a]\nheaders = {{ Authorization = \"Basic {password}\", X = \"{key}\" }}\nbody = {{ token = \"{key}\" }}\n"
        ),
        format!(
            "[channel.a]\nkind = \"webhook\"\nurl = \"http://127.0.0.1/\"\nsigning_secret = \"\"\"\n{password}\n\"\"\"\n"
        ),
        format!("[target.a.env]\nDB_PASSWORD = \"{password}\"\nKEY = \"{key}\"\n\"{key}\" = \"x\"\n"),
    ];
    for text in files {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("allclear.toml"), &text).expect("the file is written");
        for format in ["human", "json"] {
            let (report, code) = config_check(folder.path(), &["--format", format]);
            assert_eq!(code, Some(1), "{report}");
            for secret in secrets {
                assert!(!report.contains(secret), "{secret} is shown for\n{text}\n{report}");
            }
        }
    }
}

#[test]
fn the_example_is_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/prepchef");
    let (report, code) = config_check(&folder, &[]);
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn a_missing_file_names_the_command_that_writes_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (report, code) = config_check(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(report.contains("allclear init --from RUNBOOK.md"), "{report}");
}
