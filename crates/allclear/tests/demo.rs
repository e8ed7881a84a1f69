//! `allclear demo --script` as a newcomer runs it: the whole story, and a story that cannot come to its end.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Plays the story in this folder, its data directory named as people do: from where they stand.
fn play(folder: &Path, path: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allclear"));
    command.args(["demo", "--script", "--format", "json", "--data-dir", "data"]).current_dir(folder);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.output().expect("the program starts")
}

fn stages(output: &Output) -> Vec<Value> {
    let told: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    told["stages"].as_array().expect("a list of stages").clone()
}

#[test]
fn the_story_comes_to_its_end_and_a_second_start_finds_it_all_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let first = play(folder.path(), None);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(stages(&first).iter().all(|stage| stage["passed"] == true && stage["before"] == false));

    let pages = std::fs::read_to_string(folder.path().join("data/pager.jsonl")).unwrap();
    let second = play(folder.path(), None);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    let resolved = stages(&second).into_iter().find(|stage| stage["name"] == "The incident is resolved").unwrap();
    assert_eq!(resolved["before"], true);
    assert_eq!(std::fs::read_to_string(folder.path().join("data/pager.jsonl")).unwrap(), pages);
}

#[test]
fn where_a_stage_does_not_happen_the_exit_code_is_1_and_the_stage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // A machine with a shell and nothing else: the runbook's first step cannot be performed.
    let tools = folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    symlink("/bin/bash", tools.join("bash")).unwrap();
    let output = play(folder.path(), Some(&tools));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: this stage did not happen: The procedure is performed"), "{said}");
    assert!(said.contains("step 1 failed") && said.contains("curl"), "{said}");
    assert_eq!(stages(&output).last().unwrap()["passed"], false);
}
