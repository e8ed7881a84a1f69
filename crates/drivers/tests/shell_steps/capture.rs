//! What was before a change: recorded, sealed, and put back.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use allclear_core::{CaptureEffect, Digest, EffectClass, PerformEffect, SecretRef};
use allclear_drivers::{CaptureKey, Performed, Sessions, StateFound};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::support::{LIMIT, RUN, UnderWay, bash, perform};

/// The step with these captures of its first command, by variable.
fn capturing(mut effect: PerformEffect, captures: &[(&str, &str)]) -> CaptureEffect {
    let plan = Arc::make_mut(&mut effect.plan);
    plan.steps[0].commands[0].capture =
        captures.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let PerformEffect { run, step, plan, incident, target, directory, .. } = effect;
    CaptureEffect { run, step, plan, incident, target, directory }
}

/// A step that puts back step 1, whose command finds these values.
fn undoing(command: &str, sealed: &[(&str, &Bytes)]) -> PerformEffect {
    let mut effect = bash(2, &[command]);
    let step = &mut Arc::make_mut(&mut effect.plan).steps[0];
    step.undoes = Some(1);
    for (variable, bytes) in sealed {
        step.commands[0].captured.insert((*variable).to_owned(), Digest::of(bytes));
        effect.sealed.insert(Digest::of(bytes), (*bytes).clone());
    }
    effect
}

async fn capture(sessions: &Sessions, captures: &[(&str, &str)]) -> Result<BTreeMap<String, Bytes>, String> {
    let effect = capturing(bash(1, &["echo change"]), captures);
    tokio::time::timeout(LIMIT, sessions.capture(&effect)).await.expect("it ends")
}

/// Performs two commands, with something to be recorded before the second; what was found, what came of it, and the output.
async fn recording(
    sessions: &Sessions,
    first: &str,
    capture: &str,
    answer: Result<(), String>,
) -> (Vec<Result<BTreeMap<String, Bytes>, String>>, Performed, String) {
    let mut effect = bash(1, &[first, "echo changed"]);
    let planned = &mut Arc::make_mut(&mut effect.plan).steps[0].commands[1];
    planned.capture = [("OLD".to_owned(), capture.to_owned())].into();
    effect.to_capture = ["1/OLD".to_owned()].into();
    let (sender, mut output) = mpsc::channel::<Bytes>(64);
    let (found, mut finding) = mpsc::channel::<StateFound>(1);
    let keeping = async move {
        let mut all = Vec::new();
        while let Some(found) = finding.recv().await {
            let kept = found.sealed.as_ref().map_or_else(|summary| Err(summary.clone()), |_| answer.clone());
            all.push(found.sealed);
            found.kept.send(kept).expect("the step waits");
        }
        all
    };
    let performing = async move { sessions.perform_recording(&effect, &sender, &found).await };
    let both = async { tokio::join!(performing, keeping) };
    let (performed, all) = tokio::time::timeout(LIMIT, both).await.expect("it ends");
    let mut text = Vec::new();
    while let Ok(chunk) = output.try_recv() {
        text.extend_from_slice(&chunk);
    }
    (all, performed, String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn what_is_before_a_later_command_is_found_when_its_turn_comes_and_kept_before_it_is_performed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let capture = "echo looking >&2; echo \"$made\"";
    let (found, performed, output) = recording(&sessions, "made=before", capture, Ok(())).await;
    assert!(performed.succeeded, "{performed:?}");
    assert_eq!(output, "changed\n", "what a capture says is not shown");
    let sealed = found[0].as_ref().expect("it was found")["1/OLD"].clone();
    let (_, output) = perform(&sessions, &undoing("echo \"[$OLD]\"", &[("OLD", &sealed)])).await;
    assert_eq!(output, "[before]\n", "the capture saw what the first command left");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_command_is_not_begun_when_what_is_before_it_is_not_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let refused = Err("the run is over".to_owned());
    let (_, performed, output) = recording(&sessions, "echo first", "echo x", refused).await;
    assert_eq!((performed.succeeded, performed.outcome.commands_begun, output.as_str()), (false, Some(1), "first\n"));
    assert_eq!(performed.outcome.summary, "the run is over");
    let (found, performed, output) = recording(&sessions, "echo first", "echo no >&2; false", Ok(())).await;
    assert_eq!((performed.outcome.commands_begun, output.as_str()), (Some(1), "first\n"));
    let why = found[0].as_ref().expect_err("it failed");
    assert!(why.contains("the capture `OLD` of command 2 (line 20)") && why.contains("no"), "{why}");
    assert!(why.ends_with("nothing from this command on was run"), "{why}");
    // Nobody is there who would keep it.
    let mut effect = bash(1, &["echo first", "echo second"]);
    Arc::make_mut(&mut effect.plan).steps[0].commands[1].capture = [("OLD".to_owned(), "echo x".to_owned())].into();
    effect.to_capture = ["1/OLD".to_owned()].into();
    let (performed, output) = perform(&sessions, &effect).await;
    assert_eq!((performed.succeeded, output.as_str()), (false, "first\n"));
    sessions.close(RUN).await;
}

fn sessions(folder: &Path) -> Sessions {
    Sessions::with_key(CaptureKey::of(folder))
}

/// Captures with the first text, then performs the second with the value; its output.
async fn check(capture_text: &str, command: &str, expected: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let captured = capture(&sessions, &[("OLD", capture_text)]).await.expect("it is captured");
    let (performed, output) = perform(&sessions, &undoing(command, &[("OLD", &captured["0/OLD"])])).await;
    assert!(performed.succeeded, "{capture_text}: {performed:?} {output}");
    assert_eq!(output, expected, "{capture_text}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_captured_value_comes_back_as_a_variable() {
    check("echo 3", "echo \"[$OLD]\"", "[3]\n").await;
    check("printf 'a b\\n\\n'", "echo \"[$OLD]\"", "[a b]\n").await;
    check(r#"printf %s '$(x)\`"'"#, "echo \"[$OLD]\"", "[$(x)\\`\"]\n").await;
    check(r#"printf %s "a'b\$c""#, "echo \"[$OLD]\"", "[a'b$c]\n").await;
    check(
        "printf 'eins\\r\\n\\tzwei \\xff\\xc3'",
        "printf %s \"$OLD\" | od -An -tx1 | tr -d ' \\n'; echo",
        "65696e730d0a097a77656920ffc3\n",
    )
    .await;
    check("true", "echo \"[$OLD]\"", "[]\n").await;
}

#[tokio::test]
async fn a_capture_is_made_in_the_run_s_session_and_changes_nothing_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let before = "set -a; NAME=web; set +a; count() { echo \"$NAME $PWD\"; }; cd /usr";
    assert!(perform(&sessions, &bash(1, &[before])).await.0.succeeded);
    let captured = capture(&sessions, &[("OLD", "count; NAME=other; cd /; exit 0")]).await.expect("it is captured");
    let (performed, output) = perform(&sessions, &bash(2, &["count; echo ${OLD-unset}"])).await;
    assert!(performed.succeeded && output == "web /usr\nunset\n", "{output}");
    let (_, output) = perform(&sessions, &undoing("echo \"$OLD\"", &[("OLD", &captured["0/OLD"])])).await;
    // The value is long enough to be taken for a secret.
    assert_eq!(output, "[redacted]\n");
}

#[tokio::test]
async fn a_capture_that_fails_says_why_and_the_session_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    assert!(perform(&sessions, &bash(1, &["x=kept"])).await.0.succeeded);
    let error =
        capture(&sessions, &[("OLD", "echo half; echo 'no such thing: token=sk_live_abcdefghijklmnop' >&2; exit 4")])
            .await;
    assert_eq!(
        error.expect_err("it fails"),
        "the capture `OLD` of command 1 (line 10) ended with exit code 4: no such thing: token=[redacted]; nothing of this \
         step was run"
    );
    for (text, told) in [
        ("false | true", "ended with exit code 1; "),
        ("echo \"$NOWHERE\"", "NOWHERE: unbound variable"),
        ("no-such-program", "(`no-such-program` was not found)"),
        ("head -c 9000000 /dev/zero", "holds more than 8 MB"),
        ("yes", "holds more than 8 MB"),
    ] {
        let error = capture(&sessions, &[("OLD", text)]).await.expect_err(text);
        assert!(error.contains(told), "{text}: {error}");
    }
    let (performed, output) = perform(&sessions, &bash(2, &["echo $x"])).await;
    assert!(performed.succeeded && output == "kept\n", "{output}");
}

#[tokio::test]
async fn captures_are_kept_apart_by_command_and_variable() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let mut effect = capturing(bash(1, &["echo one", "echo two"]), &[("A", "echo 1"), ("B", "echo 2")]);
    let commands = &mut Arc::make_mut(&mut effect.plan).steps[0].commands;
    commands[1].capture.insert("A".to_owned(), "echo 3".to_owned());
    // What only looks may choose what the next one acts on.
    commands[0].effect = EffectClass::Observe;
    let captured = sessions.capture(&effect).await.expect("it is captured");
    assert_eq!(captured.keys().collect::<Vec<_>>(), ["0/A", "0/B"], "the rest has to wait for its turn");
    let step = undoing("echo $A $B", &[("A", &captured["0/A"]), ("B", &captured["0/B"])]);
    assert_eq!(perform(&sessions, &step).await.1, "1 2\n");
}

#[tokio::test]
async fn what_is_before_a_later_command_is_found_where_the_step_began() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    assert!(perform(&sessions, &bash(7, &["cd /usr"])).await.0.succeeded);
    let (found, performed, _) = recording(&sessions, "cd bin", "pwd", Ok(())).await;
    assert!(performed.succeeded, "{performed:?}");
    let (_, value) =
        CaptureKey::of(folder.path()).open(&found[0].as_ref().expect("it was found")["1/OLD"]).expect("it opens");
    assert_eq!(value, b"/usr\n");
    assert_eq!(perform(&sessions, &bash(8, &["pwd"])).await.1, "/usr/bin\n", "the session stands where it went");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_folder_that_is_gone_hinders_no_capture_that_need_not_go_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let gone = folder.path().join("gone");
    let command = format!("mkdir {0}; cd {0}; rmdir {0}", gone.display());
    assert!(perform(&sessions, &bash(1, &[&command])).await.0.succeeded);
    let effect = capturing(bash(2, &["echo change"]), &[("OLD", "echo 3")]);
    let effect = CaptureEffect { directory: Some(gone.display().to_string()), ..effect };
    assert!(sessions.capture(&effect).await.is_ok());
    sessions.close(RUN).await;
}

#[tokio::test]
async fn eight_megabytes_of_any_bytes_survive() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let file = folder.path().join("old");
    let value: Vec<u8> =
        (0..8 * 1024 * 1024_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&file, &value).expect("it is written");
    let captured = capture(&sessions, &[("OLD", &format!("cat {}", file.display()))]).await.expect("it is captured");
    let (origin, opened) = CaptureKey::of(folder.path()).open(&captured["0/OLD"]).expect("it opens");
    assert_eq!(origin.to_string(), "run-40/1/0/OLD");
    assert!(opened == value, "every byte survives");
    // No variable holds a NUL, and half a value would be worse than none.
    let (performed, _) = perform(&sessions, &undoing("echo $OLD", &[("OLD", &captured["0/OLD"])])).await;
    assert_eq!(
        performed.outcome.summary,
        "command 1 (line 10) needs `OLD`, which was recorded with NUL bytes, and no variable of a shell holds those; \
         nothing of this step was run"
    );

    // Bash reads what it is given byte by byte: less will do here.
    let text: Vec<u8> = value[..1024 * 1024].iter().map(|byte| byte | 1).collect();
    std::fs::write(&file, &text).expect("it is written");
    let captured = capture(&sessions, &[("OLD", &format!("cat {}", file.display()))]).await.expect("it is captured");
    let command = format!("printf %s \"$OLD\" >{}; export | grep -c ' OLD=' || true", file.display());
    let (performed, output) = perform(&sessions, &undoing(&command, &[("OLD", &captured["0/OLD"])])).await;
    assert!(performed.succeeded && output == "0\n", "{performed:?} {output}");
    assert!(std::fs::read(&file).expect("it was written") == text, "every byte came back");
}

#[tokio::test]
async fn a_captured_secret_is_in_no_output_no_argv_and_no_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = format!("correct-horse-{}", std::process::id());
    let file = folder.path().join("secret");
    std::fs::write(&file, &secret).expect("it is written");
    let sessions = Arc::new(sessions(folder.path()));
    let captured = capture(&sessions, &[("OLD", &format!("cat {}", file.display()))]).await.expect("it is captured");
    assert!(!captured["0/OLD"].windows(13).any(|bytes| bytes == b"correct-horse"), "it is sealed");
    let mode = std::fs::metadata(folder.path().join("capture.key")).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // A variable of that name which was exported before is not any more.
    assert!(perform(&sessions, &bash(1, &["export OLD=public; set -a"])).await.0.succeeded);
    let mut step = undoing("echo \"it is $OLD, ${#OLD} ready\"; sleep 1000", &[("OLD", &captured["0/OLD"])]);
    step.target.env.insert("MARKER".to_owned(), SecretRef::Plain("unused".to_owned()));
    let mut under_way = UnderWay::begin(&sessions, step);
    under_way.until(" ready").await;
    assert!(under_way.seen.contains(&format!("it is [redacted], {} ready", secret.len())), "{}", under_way.seen);
    let mut seen = 0;
    for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
        for file in ["cmdline", "environ"] {
            let text = std::fs::read(entry.path().join(file)).unwrap_or_default();
            seen += usize::from(!text.is_empty());
            assert!(!String::from_utf8_lossy(&text).contains(&secret), "{}/{file}", entry.path().display());
        }
    }
    assert!(seen > 0, "something was looked at");
    let (performed, _) = under_way.cancel().await;
    assert!(!format!("{performed:?}").contains(&secret));
}

#[tokio::test]
async fn what_was_captured_is_gone_after_its_command_and_out_of_the_snapshot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let captured = capture(&sessions, &[("OLD", "echo three")]).await.expect("it is captured");
    let old = [("OLD", &captured["0/OLD"])];
    assert_eq!(perform(&sessions, &undoing("echo \"$OLD\"; kept=1", &old)).await.1, "three\n");
    assert_eq!(perform(&sessions, &bash(3, &["echo ${OLD-gone} $kept"])).await.1, "gone 1\n");
    // A shell that ended in peace leaves a snapshot as well.
    assert_eq!(perform(&sessions, &undoing("echo \"$OLD\"; exit 0", &old)).await.1, "three\n");
    assert_eq!(perform(&sessions, &bash(3, &["echo ${OLD-gone} $kept"])).await.1, "gone 1\n");
    // A trivial value does not tear words apart.
    let captured = capture(&sessions, &[("OLD", "echo 3")]).await.expect("it is captured");
    let (_, output) = perform(&sessions, &undoing("echo 333 $OLD", &[("OLD", &captured["0/OLD"])])).await;
    assert_eq!(output, "333 3\n");
}

#[tokio::test]
async fn what_cannot_be_opened_stops_the_step_before_it_begins() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (one, other) = (sessions(folder.path()), tempfile::tempdir().expect("a temporary folder"));
    let captured = capture(&one, &[("OLD", "echo 3"), ("SIZE", "echo 4")]).await.expect("it is captured");
    let (old, size) = (&captured["0/OLD"], &captured["0/SIZE"]);
    let told = async |sessions: &Sessions, effect: &PerformEffect, reason: &str| {
        let (performed, output) = perform(sessions, effect).await;
        let summary = &performed.outcome.summary;
        assert!(
            summary.starts_with("command 1 (line 10) needs `OLD`, which was recorded before the change, but "),
            "{summary}"
        );
        assert!(summary.contains(reason) && summary.ends_with("; nothing of this step was run"), "{summary}");
        assert!(!performed.succeeded && output.is_empty());
    };
    told(&sessions(other.path()), &undoing("echo run", &[("OLD", old)]), "capture.key` is missing").await;
    told(&Sessions::new(), &undoing("echo run", &[("OLD", old)]), "no data directory").await;
    told(&one, &undoing("echo run", &[("OLD", size)]), "what the plan names is `run-40/1/0/SIZE`").await;
    let mut step = undoing("echo run", &[("OLD", old)]);
    Arc::make_mut(&mut step.plan).steps[0].undoes = Some(7);
    told(&one, &step, "what the plan names is `run-40/1/0/OLD`").await;
    let mut step = undoing("echo run", &[("OLD", old)]);
    step.sealed.clear();
    told(&one, &step, "it is not kept any more").await;
    step.sealed.insert(Digest::of(old), size.clone());
    told(&one, &step, "it is damaged").await;
}

#[tokio::test]
async fn a_capture_that_hangs_ends_with_a_cancellation() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("began");
    let sessions = Arc::new(sessions(folder.path()));
    let capturing = tokio::spawn({
        let (sessions, text) = (Arc::clone(&sessions), format!("touch {}; sleep 1000", file.display()));
        async move { capture(&sessions, &[("OLD", &text)]).await }
    });
    let began = async {
        while !file.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, began).await.expect("it begins");
    tokio::time::timeout(LIMIT, sessions.cancel(RUN)).await.expect("it ends");
    let error = capturing.await.expect("it did not panic").expect_err("it was cancelled");
    assert!(error.contains("was cancelled"), "{error}");
}

#[tokio::test]
async fn after_a_restart_a_capture_begins_where_the_last_step_ended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let mut effect = capturing(bash(1, &["echo change"]), &[("OLD", "pwd")]);
    effect.directory = Some("/usr/bin".to_owned());
    let captured = sessions.capture(&effect).await.expect("it is captured");
    let (_, value) = CaptureKey::of(folder.path()).open(&captured["0/OLD"]).expect("it opens");
    assert_eq!(value, b"/usr/bin\n");
    let mut step = bash(1, &["pwd"]);
    step.directory = Some("/usr/bin".to_owned());
    let (_, output) = perform(&sessions, &step).await;
    assert_eq!(output, "[a new shell: variables of earlier steps are gone]\n/usr/bin\n");
}

#[tokio::test]
async fn what_was_cut_off_is_not_captured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    for text in ["bash -c 'kill -s PIPE $$' | cat", "seq 100000 | true", "seq 100000 | head -1; echo on"] {
        let error = capture(&sessions, &[("OLD", text)]).await.expect_err(text);
        assert!(error.contains("exit code 141"), "{text}: {error}");
    }
}

#[tokio::test]
async fn who_cancels_does_not_wait_until_something_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = sessions(folder.path());
    let mut effect = bash(1, &["echo first", "echo changed"]);
    Arc::make_mut(&mut effect.plan).steps[0].commands[1].capture = [("OLD".to_owned(), "pwd".to_owned())].into();
    effect.to_capture = ["1/OLD".to_owned()].into();
    let (sender, _output) = mpsc::channel::<Bytes>(64);
    let (found, mut finding) = mpsc::channel::<StateFound>(1);
    let cancelling = async {
        // Whoever keeps it never answers.
        let unanswered = finding.recv().await;
        sessions.cancel(RUN).await;
        unanswered
    };
    let both = async { tokio::join!(sessions.perform_recording(&effect, &sender, &found), cancelling) };
    let (performed, unanswered) = tokio::time::timeout(LIMIT, both).await.expect("it ends");
    assert!(unanswered.is_some() && !performed.succeeded, "{performed:?}");
    assert!(performed.outcome.summary.contains("was cancelled"), "{performed:?}");
    assert_eq!(performed.outcome.commands_begun, Some(1));
}
