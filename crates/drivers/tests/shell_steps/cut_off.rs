//! Pipelines whose reader had read enough: what wrote on has not failed, and everything else fails as before.

use std::sync::Arc;

use allclear_core::PerformEffect;
use allclear_drivers::Sessions;

use crate::support::{RUN, bash, perform};

/// More than a pipe holds, so that whoever writes it is still writing when its reader leaves.
const MUCH: &str = "seq 100000";
/// A script that a lost reader of its own has ended half-way.
const CUT: &str = "bash -c 'kill -s PIPE $$'";

/// A step of these commands, each with the places of the parts that stop reading early. `MUCH` stands for a large output
/// and `CUT` for a script that did not come to its end.
fn step(commands: &[(&str, &[u32])]) -> PerformEffect {
    let texts: Vec<String> = commands.iter().map(|(text, _)| text.replace("MUCH", MUCH).replace("CUT", CUT)).collect();
    let mut effect = bash(1, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let planned = &mut Arc::make_mut(&mut effect.plan).steps[0].commands;
    for (command, (_, early_readers)) in planned.iter_mut().zip(commands) {
        command.early_readers = early_readers.iter().copied().collect();
    }
    effect
}

/// Performs the commands in a session of its own: exit code and output.
async fn check(commands: &[(&str, &[u32])], code: i32, output: &str) {
    let sessions = Sessions::new();
    let (performed, got) = perform(&sessions, &step(commands)).await;
    assert_eq!((performed.outcome.exit_code, got.as_str()), (Some(code), output), "{commands:?}: {performed:?}");
    assert_eq!(performed.succeeded, code == 0, "{commands:?}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_reader_that_has_read_enough_fails_no_pipeline() {
    for (text, early, output) in [
        ("MUCH | head -1", &[1][..], "1\n"),
        ("MUCH | sort -n | LC_ALL=C head -1 | cat", &[2], "1\n"),
        ("MUCH | MUCH | sed 1q", &[2], "1\n"),
        ("MUCH | grep -m1 5 | head -1", &[1, 2], "5\n"),
        ("(MUCH) | { head -1; } | head -1", &[1, 2], "1\n"),
        ("set -x | MUCH | head -1 # the first", &[2], "1\n"),
    ] {
        check(&[(text, early), ("echo on", &[])], 0, &format!("{output}on\n")).await;
    }
}

#[tokio::test]
async fn every_other_part_that_fails_fails_the_pipeline() {
    for (text, early, code, output) in [
        ("MUCH | (head -1; exit 3)", &[1][..], 3, "1\n"),
        ("false | MUCH | head -1", &[2], 1, "1\n"),
        ("MUCH | head -1 | (cat; exit 4)", &[1], 4, "1\n"),
        ("MUCH | head -1 | (cat; CUT)", &[1], 141, "1\n"),
        ("CUT | tee /dev/null | head -1", &[2], 141, ""),
        ("no-such-program | head -1", &[1], 127, "no-such-program: command not found\n"),
    ] {
        let sessions = Sessions::new();
        let (performed, got) = perform(&sessions, &step(&[(text, early), ("echo no", &[])])).await;
        assert_eq!(performed.outcome.exit_code, Some(code), "{text}: {performed:?}");
        assert!(got.ends_with(&output) && !got.ends_with("no\n"), "{text}: {got}");
        sessions.close(RUN).await;
    }
    // What a part calls ends with its first failure as everywhere.
    check(&[("mend() { false; echo no; }", &[]), ("mend | head -1", &[1])], 1, "").await;
}

#[tokio::test]
async fn where_nobody_is_known_for_stopping_early_sigpipe_is_a_failure_that_says_what_to_do() {
    for text in ["CUT | cat", "MUCH | true", "MUCH | head -1 >/dev/null", "x=$(MUCH | head -1)", "CUT"] {
        let sessions = Sessions::new();
        let (performed, output) = perform(&sessions, &step(&[(text, &[]), ("echo no", &[])])).await;
        assert_eq!((performed.outcome.exit_code, output.as_str()), (Some(141), ""), "{text}");
        let summary = performed.outcome.summary;
        assert!(summary.contains("(killed by SIGPIPE: something wrote on after"), "{summary}");
        sessions.close(RUN).await;
    }
}

#[tokio::test]
async fn the_session_goes_on_as_it_was() {
    check(
        &[
            ("x=1; trap 'echo bye' EXIT; trap 'echo wrong' ERR; set +o pipefail", &[]),
            ("MUCH | head -1", &[1]),
            ("echo \"x is $x\"; trap - EXIT ERR; (exit 9)", &[]),
        ],
        9,
        "1\nx is 1\n",
    )
    .await;
}
