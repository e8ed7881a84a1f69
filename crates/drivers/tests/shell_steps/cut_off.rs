//! Pipelines whose reader had read enough: what wrote on has not failed, and everything else fails as before.

use allclear_drivers::Sessions;

use crate::support::{RUN, bash, perform};

/// More than a pipe holds, so that whoever writes it is still writing when its reader leaves.
const MUCH: &str = "seq 100000";

/// Performs a text, in which `MUCH` stands for a large output, in a session of its own: exit code and output.
async fn check(text: &str, code: i32, output: &str) {
    let sessions = Sessions::new();
    let (performed, got) = perform(&sessions, &bash(1, &[&text.replace("MUCH", MUCH)])).await;
    assert_eq!((performed.outcome.exit_code, got.as_str()), (Some(code), output), "{text}");
    assert_eq!(performed.succeeded, code == 0, "{text}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_reader_that_has_read_enough_fails_no_pipeline() {
    for (text, output) in [
        ("MUCH | head -1", "1\n"),
        ("MUCH | sed 1q", "1\n"),
        ("MUCH | grep -q 5\necho on", "on\n"),
        ("MUCH | sort -n | head -1 | cat", "1\n"),
        ("x=$(MUCH | head -1)\necho \"got $x\"", "got 1\n"),
        ("show() { MUCH | head -1; }\nshow\necho on\nshow", "1\non\n1\n"),
        ("(MUCH | head -1)\neval 'MUCH | head -1'", "1\n1\n"),
        ("for i in a b; do MUCH | head -1; done", "1\n1\n"),
        ("set +e\nMUCH | head -1", "1\n"),
        ("(trap 'echo bye' EXIT; MUCH | head -1; echo on)", "1\non\nbye\n"),
    ] {
        check(text, 0, output).await;
    }
}

#[tokio::test]
async fn every_other_failure_ends_the_command_also_behind_such_a_pipeline() {
    for (text, code, output) in [
        ("MUCH | (head -1; exit 3)\necho no", 3, "1\n"),
        ("false | MUCH | head -1\necho no", 141, "1\n"),
        ("bash -c 'kill -s PIPE $$'\necho no", 141, ""),
        ("MUCH | head -1\nfalse\necho no", 1, "1\n"),
        ("MUCH | head -1\nfalse | cat\necho no", 1, "1\n"),
        ("MUCH | head -1\n(false; echo no)", 1, "1\n"),
        ("MUCH | head -1\n(false) | (true)\necho no", 1, "1\n"),
        ("MUCH | head -1\n[[ a == b ]]\necho no", 1, "1\n"),
        ("MUCH | head -1\nbash -c 'kill -s PIPE $$'\necho no", 141, "1\n"),
        ("fails() { MUCH | head -1; false; echo no; }\nfails", 1, "1\n"),
        ("x=$(MUCH | head -1; exit 4)\necho no", 4, ""),
    ] {
        check(text, code, output).await;
    }
}

#[tokio::test]
async fn what_the_author_switched_off_stays_off_behind_such_a_pipeline() {
    for (text, output) in [
        ("MUCH | head -1\nset +e\nfalse\nset -e\necho on", "1\non\n"),
        ("MUCH | head -1\nx=$(false; echo hi)\necho $x", "1\nhi\n"),
        ("MUCH | head -1\nif false; then echo no; fi\nfalse || echo on", "1\non\n"),
    ] {
        check(text, 0, output).await;
    }
}

#[tokio::test]
async fn the_next_command_finds_what_the_pipeline_left() {
    let sessions = Sessions::new();
    let (performed, output) =
        perform(&sessions, &bash(1, &["x=1; seq 100000 | head -1", "echo \"x is $x\"; (exit 9)"])).await;
    assert_eq!((performed.outcome.exit_code, output.as_str()), (Some(9), "1\nx is 1\n"));
    let (performed, output) = perform(&sessions, &bash(2, &["echo \"still $x\""])).await;
    assert_eq!((performed.succeeded, output.as_str()), (true, "still 1\n"));
    sessions.close(RUN).await;
}
