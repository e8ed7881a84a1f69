//! Pipelines whose reader had read enough: what wrote on has not failed, and everything else fails as before.

use allclear_drivers::Sessions;

use crate::support::{RUN, bash, perform};

/// More than a pipe holds, so that whoever writes it is still writing when its reader leaves.
const MUCH: &str = "seq 100000";
/// A script that a lost reader of its own has ended half-way.
const CUT: &str = "bash -c 'kill -s PIPE $$'";

/// Performs a text, in which `MUCH` stands for a large output and `CUT` for a script that did not come to its end, in a
/// session of its own: exit code and output.
async fn check(text: &str, code: i32, output: &str) {
    let sessions = Sessions::new();
    let (performed, got) = perform(&sessions, &bash(1, &[&text.replace("MUCH", MUCH).replace("CUT", CUT)])).await;
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
        ("MUCH | sort -n | LC_ALL=C grep -Eqw 5\necho on", "on\n"),
        ("MUCH | grep -m1 5\nMUCH | grep -i --max-count=1 6", "5\n6\n"),
        ("MUCH | sed -n '/5/{p; q}'\nMUCH | command head -n 1", "5\n1\n"),
        ("MUCH | awk 'NR==2 {\n print\n exit\n}'\nMUCH | read -r x\necho on", "2\non\n"),
        ("{ MUCH | head -1; } | cat", "1\n"),
        ("x=$(MUCH | head -1)\necho \"got $x\"", "got 1\n"),
        ("show() { MUCH | head -1; }\nshow\necho on\nshow", "1\non\n1\n"),
        ("(MUCH | head -1)\neval 'MUCH | head -1'", "1\n1\n"),
        ("for i in a b; do MUCH | head -1; done", "1\n1\n"),
        ("set +e\nMUCH | head -1", "1\n"),
        ("(trap 'echo bye' EXIT; MUCH | head -1; echo on)", "1\non\nbye\n"),
        ("x=$(eval 'MUCH | head -1')$( (MUCH | head -1) )\necho $x", "11\n"),
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
        ("set +e\nMUCH | head -1; false; echo on; (exit 4)", 4, "1\non\n"),
    ] {
        check(text, code, output).await;
    }
}

#[tokio::test]
async fn what_ended_by_sigpipe_has_failed_where_its_reader_is_not_known_for_stopping_early() {
    for text in [
        "CUT | tee /dev/null",
        "CUT | cat",
        "CUT | sort",
        "MUCH | true",
        "CUT | tee /dev/null | head -1",
        "MUCH | sort -n | head -1 | cat >/dev/null",
        "CUT | head -n -1",
        "CUT | sed 's/q/x/'",
        "CUT | awk '{print \"exit\"}'",
        "CUT | awk 'END {exit 0}'",
        "if MUCH | grep -q never; then echo no; fi\n(CUT) | (tee /dev/null)",
    ] {
        check(&format!("{text}\necho no"), 141, "").await;
    }
}

#[tokio::test]
async fn what_comes_after_such_a_pipeline_is_not_taken_for_it() {
    for (text, output) in [
        ("(MUCH | head -1; CUT && echo done)\necho no", "1\n"),
        ("x=$(MUCH | head -1; CUT && echo done)\necho no", ""),
        ("MUCH | head -1; CUT && echo done", "1\n"),
        ("set +e; MUCH | head -1; CUT && echo done", "1\n"),
        ("f() { MUCH | head -1; }\nf\nCUT && echo done", "1\n"),
        ("cut() { CUT; }\nMUCH | head -1\neval 'cut && echo done'\necho no", "1\n"),
        ("f() { MUCH | head -1; CUT && echo done; }\nf\necho no", "1\n"),
        ("f() { MUCH | head -1; }\n(f; (f; CUT && echo done))\necho no", "1\n1\n"),
    ] {
        check(text, 141, output).await;
    }
}

#[tokio::test]
async fn a_trap_of_the_author_changes_none_of_that() {
    let sessions = Sessions::new();
    let text =
        format!("trap 'echo bye' EXIT\nx=$({MUCH} | head -1)\ny=$(trap 'echo own' EXIT; {MUCH} | head -1; echo on)");
    let (performed, output) = perform(&sessions, &bash(1, &[&text, "echo $x $y; trap - EXIT"])).await;
    assert_eq!((performed.outcome.exit_code, output.as_str()), (Some(0), "1 1 on own\n"));
    sessions.close(RUN).await;
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
