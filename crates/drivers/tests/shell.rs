//! Steps performed by a real bash: state, exit codes, output, cancellation, and what nobody may see.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use allclear_core::{EffectClass, PerformEffect, PlannedCommand, RunId, SecretRef, Target};
use allclear_drivers::{Performed, Sessions};
use allclear_testkit::{lone_step, with_output};
use bytes::Bytes;
use tokio::sync::mpsc;

/// A limit for what should take no time, so that a broken test ends.
const LIMIT: Duration = Duration::from_secs(60);

/// One step with these commands, which stand in lines 10, 20, 30 …
fn effect(step: u32, language: &str, commands: &[&str]) -> PerformEffect {
    let command = |(index, text): (usize, &&str)| {
        let line = u32::try_from(index * 10 + 10).expect("few commands");
        PlannedCommand::new(line, language, (*text).to_owned(), EffectClass::Change, "sandbox")
    };
    let commands = commands.iter().enumerate().map(command).collect();
    let mut effect = lone_step(step, commands, Target::default());
    Arc::make_mut(&mut effect.plan).variables = BTreeMap::from([("CITY".to_owned(), "Joshua Tree".to_owned())]);
    effect
}

fn bash(step: u32, commands: &[&str]) -> PerformEffect {
    effect(step, "bash", commands)
}

/// Performs the step; what came of it, and its output.
async fn perform(sessions: &Sessions, effect: &PerformEffect) -> (Performed, String) {
    let (performed, output) = with_output(async |sink| sessions.perform(effect, sink).await).await;
    (performed, String::from_utf8_lossy(&output).into_owned())
}

/// One step in a session of its own: whether it succeeded, exit code, summary, output.
async fn check(commands: &[&str], succeeded: bool, exit_code: Option<i32>, summary: &str, output: &str) {
    let sessions = Sessions::new();
    let (performed, got) = perform(&sessions, &bash(1, commands)).await;
    assert_eq!(performed.outcome.summary, summary, "{commands:?}");
    assert_eq!((performed.succeeded, performed.outcome.exit_code), (succeeded, exit_code), "{commands:?}");
    assert_eq!(got, output, "{commands:?}");
    sessions.close(RunId(40)).await;
}

#[tokio::test]
async fn both_streams_come_in_the_order_in_which_they_were_written() {
    check(&["echo one; echo two >&2; echo three"], true, Some(0), "1 command succeeded", "one\ntwo\nthree\n").await;
}

#[tokio::test]
async fn the_first_command_that_fails_ends_the_step() {
    let commands = ["echo a", "echo b\nfalse\necho c", "echo d"];
    check(&commands, false, Some(1), "command 2 (line 20) ended with exit code 1", "a\nb\n").await;
}

#[tokio::test]
async fn exit_codes_are_the_real_ones() {
    for (text, code, meaning) in [
        ("(exit 22)", 22, ""),
        ("false | true", 1, ""),
        ("bash -c 'kill -9 $$'", 137, " (killed by SIGKILL)"),
        ("exit 3", 3, ""),
        ("set +e; (exit 7)", 7, ""),
        ("trap 'true' EXIT; (exit 9)", 9, ""),
    ] {
        let summary = format!("command 1 (line 10) ended with exit code {code}{meaning}");
        let sessions = Sessions::new();
        let (performed, _) = perform(&sessions, &bash(1, &[text])).await;
        assert_eq!(performed.outcome.summary, summary, "{text}");
        assert_eq!(performed.outcome.exit_code, Some(code));
    }
}

#[tokio::test]
async fn an_unset_variable_is_a_failure() {
    let sessions = Sessions::new();
    let (performed, got) = perform(&sessions, &bash(1, &["echo \"rm -rf /$NOWHERE\""])).await;
    assert!(!performed.succeeded && got.ends_with("NOWHERE: unbound variable\n"), "{got}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let sessions = Sessions::new();
    let (performed, output) = perform(&sessions, &bash(1, &["no-such-program --now"])).await;
    assert_eq!(
        performed.outcome.summary,
        "command 1 (line 10) ended with exit code 127 (`no-such-program` was not found)"
    );
    assert!(output.contains("no-such-program: command not found"), "{output}");
}

#[tokio::test]
async fn a_shell_that_is_killed_is_reported_as_such() {
    let summary = "command 1 (line 10) ended with its shell, which was killed by SIGKILL";
    check(&["echo last; kill -9 $$; echo never"], false, None, summary, "last\n").await;
}

#[tokio::test]
async fn a_command_that_writes_reports_of_its_own_is_not_believed() {
    let summary = "command 1 (line 10) wrote on the channel by which bash reports, so what came of it is not known";
    check(&["printf 'fine\\0/\\0\\0' >&\"$__allclear_control\"; sleep 1000"], false, None, summary, "").await;
}

#[tokio::test]
async fn a_command_may_end_the_shell_in_peace() {
    check(&["x=1; echo a; exit 0; echo b", "echo \"$x\""], true, Some(0), "2 commands succeeded", "a\n1\n").await;
}

#[tokio::test]
async fn a_step_keeps_variables_functions_and_the_directory_for_the_next() {
    let sessions = Sessions::new();
    // The plan of a run has all its steps: what a later one names is there from the first on.
    let first = ": $CITY; x='a b'; declare -A m=([k]=v); greet() { echo \"hi $1\"; }; export Y=2; cd /tmp; set -x +e";
    let (performed, _) = perform(&sessions, &bash(1, &[first])).await;
    assert!(performed.succeeded, "{performed:?}");
    let second = "echo \"$x ${m[k]} $Y $PWD $-\"; greet you; printenv Y ALLCLEAR_RUN ALLCLEAR_STEP CITY; break; echo";
    let (performed, output) = perform(&sessions, &bash(2, &[second])).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    let flags = output.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a first line");
    assert!(flags.contains('e') && flags.contains('u') && !flags.contains('x'), "strict again: {flags}");
    assert!(output.starts_with("a b v 2 /tmp "), "{output}");
    assert!(output.contains("hi you\n2\nrun-40\n2\nJoshua Tree\n"), "{output}");
}

#[tokio::test]
async fn after_a_failure_the_next_command_finds_what_the_last_success_left() {
    let sessions = Sessions::new();
    let first = ["x='it'\"'\"'s'; a=(1 2); f() { echo \"f:$x\"; }; shopt -s extglob; cd /usr", "x=lost; cd /; exit 5"];
    let (performed, _) = perform(&sessions, &bash(1, &first)).await;
    assert_eq!(performed.outcome.exit_code, Some(5));
    let second = "f; echo \"${a[1]} $PWD\"; [[ aab == +(a)b ]] && echo $0 $SHLVL";
    let (performed, output) = perform(&sessions, &bash(2, &[second])).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    assert!(output.starts_with("f:it's\n2 /usr\nbash "), "{output}");
}

#[tokio::test]
async fn a_directory_that_is_gone_stops_the_run_instead_of_moving_it_elsewhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().display().to_string();
    let sessions = Sessions::new();
    let (performed, _) = perform(&sessions, &bash(1, &[&format!("cd {path}"), "exit 1"])).await;
    assert_eq!(performed.outcome.exit_code, Some(1));
    drop(folder);
    let (performed, _) = perform(&sessions, &bash(2, &["echo here"])).await;
    let summary = format!("command 1 (line 10) was not begun: the session's directory `{path}` is gone");
    assert_eq!((performed.succeeded, performed.outcome.summary), (false, summary));
}

#[tokio::test]
async fn a_command_that_reads_finds_nothing_and_ends() {
    check(&["cat; read -r x || echo nothing"], true, Some(0), "1 command succeeded", "nothing\n").await;
}

#[tokio::test]
async fn there_is_no_terminal_to_ask_on() {
    check(
        &["if : 2>/dev/null </dev/tty; then echo asked; else echo refused; fi"],
        true,
        Some(0),
        "1 command succeeded",
        "refused\n",
    )
    .await;
}

#[tokio::test]
async fn what_is_not_bash_is_found_before_anything_runs() {
    let sessions = Sessions::new();
    let (performed, output) = perform(&sessions, &bash(1, &["echo first", "echo second\nif true; then"])).await;
    let summary = &performed.outcome.summary;
    assert!(summary.starts_with("command 2 (line 20) is not valid bash: line "), "{summary}");
    assert!(summary.ends_with("; nothing of this step was run"), "{summary}");
    assert_eq!((performed.succeeded, output.as_str()), (false, ""));
    let (performed, _) = perform(&sessions, &effect(2, "perl", &["print 1"])).await;
    assert_eq!(
        performed.outcome.summary,
        "command 1 (line 10) is written in `perl`, which is not performed here; nothing of this step was run"
    );
    let (performed, _) = perform(&sessions, &bash(3, &[])).await;
    assert_eq!(performed.outcome.summary, "the step has no command: a person does it and confirms it");
}

#[tokio::test]
async fn of_one_line_that_is_not_bash_nothing_runs_and_the_run_goes_on() {
    let sessions = Sessions::new();
    let (performed, _) = perform(&sessions, &bash(1, &["kept=before"])).await;
    assert!(performed.succeeded);
    let (performed, output) = perform(&sessions, &bash(2, &["echo first; fi", "echo second"])).await;
    let summary = &performed.outcome.summary;
    assert!(summary.starts_with("command 1 (line 10) is not valid bash: line 1: "), "{summary}");
    assert!(summary.ends_with("; nothing of it was run"), "{summary}");
    assert!(!performed.succeeded && !output.lines().any(|line| line == "first" || line == "second"), "{output}");
    let (performed, output) = perform(&sessions, &bash(3, &["echo \"$kept\""])).await;
    assert_eq!((performed.succeeded, output.as_str()), (true, "before\n"));
    let (performed, _) = perform(&sessions, &bash(4, &["(exit 2)"])).await;
    assert_eq!((performed.outcome.exit_code, performed.succeeded), (Some(2), false));
}

#[tokio::test]
async fn a_machine_without_bash_says_so() {
    let mut effect = bash(1, &["echo hello"]);
    effect.target.env.insert("PATH".to_owned(), SecretRef::Plain("/nowhere".to_owned()));
    let (performed, _) = perform(&Sessions::new(), &effect).await;
    assert_eq!(
        performed.outcome.summary,
        "command 1 (line 10) was not begun: there is no bash on the PATH of this machine"
    );
}

#[tokio::test]
async fn a_secret_reaches_the_command_and_nobody_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "correct-horse-battery\n").expect("the secret is written");
    let mut effect = bash(
        1,
        &[
            "test \"${#DB_PASSWORD}\" = 21 && echo \"it is $DB_PASSWORD\" && printf %s \"$DB_PASSWORD\" | base64 >&2",
            "for c in correct- horse- battery; do printf %s $c; done; echo",
            "for file in /proc/[0-9]*/cmdline; do\n\
             if [[ \"$(tr '\\0' ' ' <\"$file\" 2>/dev/null)\" == *\"$DB_PASSWORD\"* ]]; then echo leaked; fi\ndone",
            "no_such_command_$DB_PASSWORD",
        ],
    );
    effect.target.env.insert("DB_PASSWORD".to_owned(), SecretRef::File(file.display().to_string()));
    effect.target.env.insert("PLAIN".to_owned(), SecretRef::Plain("a plain value".to_owned()));
    let (performed, output) = perform(&Sessions::new(), &effect).await;
    assert_eq!(performed.outcome.exit_code, Some(127), "{performed:?} {output}");
    assert!(output.starts_with("it is [redacted]\n[redacted]\n[redacted]\nbash: "), "{output}");
    assert!(!output.contains("horse") && !format!("{performed:?}").contains("horse"), "{output}");
}

#[tokio::test]
async fn a_variable_without_a_value_is_named_before_anything_runs() {
    let mut effect = bash(1, &["echo hello"]);
    effect.target.env.insert("DB_PASSWORD".to_owned(), SecretRef::Env("ALLCLEAR_NO_SUCH_VARIABLE".to_owned()));
    let (performed, output) = perform(&Sessions::new(), &effect).await;
    assert_eq!(
        performed.outcome.summary,
        "the variable `DB_PASSWORD` of target `sandbox` has no value: the environment variable \
         `ALLCLEAR_NO_SUCH_VARIABLE` is not set"
    );
    assert_eq!(output, "");
}

#[tokio::test]
async fn the_environment_of_the_server_is_not_passed_on() {
    let (performed, output) = perform(&Sessions::new(), &bash(1, &["env"])).await;
    assert!(performed.succeeded && output.contains("ALLCLEAR_RUN=run-40\n"), "{output}");
    assert!(!output.contains("CARGO"), "{output}");
}

#[tokio::test]
async fn a_large_output_streams_through_little_memory() {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
    let sessions = Sessions::new();
    let mut effect =
        bash(1, &["yes 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde | head -c 50000000"]);
    Arc::make_mut(&mut effect.plan).steps[0].commands[0].early_readers = [1].into();
    let (performed, (bytes, largest)) = tokio::join!(
        async {
            let performed = sessions.perform(&effect, &sender).await;
            drop(sender);
            performed
        },
        async {
            let (mut bytes, mut largest) = (0, 0);
            while let Some(chunk) = receiver.recv().await {
                bytes += chunk.len();
                largest = largest.max(chunk.len());
            }
            (bytes, largest)
        }
    );
    // `yes` ends by SIGPIPE when `head` has had enough.
    assert_eq!(performed.outcome.exit_code, Some(0), "{performed:?}");
    assert_eq!(bytes, 50_000_000);
    assert!(largest <= 2 * 1024 * 1024, "a chunk of {largest} bytes");
}

/// Processes whose environment belongs to this run.
fn processes_with(marker: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("Linux");
    let environments = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let environment = std::fs::read(path.join("environ")).ok()?;
        String::from_utf8_lossy(&environment).contains(marker).then(|| path.display().to_string())
    });
    environments.collect()
}

#[tokio::test]
async fn cancelling_kills_grandchildren_too() {
    let sessions = Arc::new(Sessions::new());
    let mut effect = bash(1, &["(trap '' TERM; sleep 1000 & echo ready; sleep 1000) & sleep 1000"]);
    let marker = format!("cancel-{}", std::process::id());
    effect.target.env.insert("MARKER".to_owned(), SecretRef::Plain(marker.clone()));
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let performing = tokio::spawn({
        let sessions = Arc::clone(&sessions);
        async move { sessions.perform(&effect, &sender).await }
    });
    assert_eq!(receiver.recv().await.as_deref(), Some(&b"ready\n"[..]));
    assert!(processes_with(&marker).len() >= 3, "{:?}", processes_with(&marker));
    tokio::time::timeout(LIMIT, sessions.cancel(RunId(40))).await.expect("it ends");
    assert_eq!(processes_with(&marker), Vec::<String>::new());
    let performed = performing.await.expect("it did not panic");
    assert_eq!(
        performed.outcome.summary,
        "command 1 (line 10) was cancelled: everything that it had started was killed"
    );
}

#[tokio::test]
async fn a_cancelled_run_ends_even_where_nobody_reads_its_output() {
    let sessions = Arc::new(Sessions::new());
    let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
    let performing = tokio::spawn({
        let sessions = Arc::clone(&sessions);
        async move { sessions.perform(&bash(1, &["yes"]), &sender).await }
    });
    assert!(receiver.recv().await.is_some());
    tokio::time::timeout(LIMIT, sessions.cancel(RunId(40))).await.expect("it ends");
    assert!(!performing.await.expect("it did not panic").succeeded);
}

#[tokio::test]
async fn a_background_job_lives_through_the_run_and_not_longer() {
    let sessions = Sessions::new();
    let marker = format!("background-{}", std::process::id());
    let mut first = bash(1, &["sleep 1000 &"]);
    first.target.env.insert("MARKER".to_owned(), SecretRef::Plain(marker.clone()));
    assert!(perform(&sessions, &first).await.0.succeeded);
    let (performed, output) = perform(&sessions, &bash(2, &["jobs -p | wc -l"])).await;
    assert!(performed.succeeded && output == "1\n", "{output}");
    tokio::time::timeout(LIMIT, sessions.close(RunId(40))).await.expect("it ends");
    assert_eq!(processes_with(&marker), Vec::<String>::new());
}

#[tokio::test]
async fn an_exit_trap_runs_when_the_run_is_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("left");
    let sessions = Sessions::new();
    let command = format!("trap 'echo bye >{}' EXIT", path.display());
    assert!(perform(&sessions, &bash(1, &[&command])).await.0.succeeded);
    assert!(!path.exists());
    sessions.close(RunId(40)).await;
    assert_eq!(std::fs::read_to_string(path).expect("the trap ran"), "bye\n");
}

#[tokio::test]
async fn what_a_session_knows_survives_a_failure_however_much_it_is_and_nobody_waits_for_it() {
    let sessions = Sessions::new();
    let marker = tempfile::tempdir().expect("a temporary folder");
    let left = marker.path().join("left");
    let fill = "known=$(head -c 1000000 /dev/zero | tr '\\0' x)";
    let (performed, _) = perform(&sessions, &bash(1, &[fill])).await;
    assert!(performed.succeeded, "{performed:?}");
    let (performed, _) = perform(&sessions, &bash(2, &["false"])).await;
    assert_eq!(performed.outcome.exit_code, Some(1));
    let trap = format!("trap 'touch {}' EXIT; echo ${{#known}}", left.display());
    let (performed, output) = perform(&sessions, &bash(3, &[&trap])).await;
    assert_eq!((performed.succeeded, output.as_str()), (true, "1000000\n"));
    // Bash is still telling, into a channel that is full.
    sessions.close(RunId(40)).await;
    assert!(left.exists(), "it left in its own way");
}

#[tokio::test]
async fn a_step_that_is_dropped_leaves_nothing_behind() {
    let sessions = Sessions::new();
    let marker = format!("dropped-{}", std::process::id());
    let mut effect = bash(1, &["echo ready; sleep 1000"]);
    effect.target.env.insert("MARKER".to_owned(), SecretRef::Plain(marker.clone()));
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    tokio::select! {
        _ = sessions.perform(&effect, &sender) => panic!("it sleeps"),
        chunk = receiver.recv() => assert_eq!(chunk.as_deref(), Some(&b"ready\n"[..])),
    }
    let gone = async {
        while !processes_with(&marker).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("everything is gone");
}

#[tokio::test]
async fn a_cancellation_that_overtakes_its_step_is_not_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("done");
    let sessions = Sessions::new();
    let effect = bash(1, &[&format!("touch {}", path.display())]);
    sessions.cancel(RunId(40)).await;
    let (performed, _) = perform(&sessions, &effect).await;
    assert_eq!(performed.outcome.summary, "command 1 (line 10) was not begun: the run was cancelled");
    assert!(!performed.succeeded && !path.exists());
    // Where the run was only interrupted, a person may have the step repeated.
    assert!(perform(&sessions, &effect).await.0.succeeded && path.exists());

    // Between two steps the session is idle: the step after is on its way all the same.
    sessions.cancel(RunId(40)).await;
    assert!(!perform(&sessions, &effect).await.0.succeeded);
}

#[tokio::test]
async fn the_watcher_is_no_job_of_the_commands() {
    let command = "jobs; wait; wait -n || echo \"$?\"";
    check(&[command], true, Some(0), "1 command succeeded", "127\n").await;
}

#[tokio::test]
async fn after_a_restart_a_step_begins_where_the_last_one_ended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().canonicalize().expect("it exists").display().to_string();
    let (performed, _) = perform(&Sessions::new(), &bash(1, &[&format!("x=1; cd {path}")])).await;
    assert_eq!(performed.outcome.directory.as_deref(), Some(path.as_str()));

    let restarted = Sessions::new();
    let second = PerformEffect { directory: performed.outcome.directory, ..bash(2, &["pwd; echo ${x-gone}", "pwd"]) };
    let (performed, output) = perform(&restarted, &second).await;
    assert!(performed.succeeded, "{performed:?}");
    assert_eq!(output, format!("[a new shell: variables of earlier steps are gone]\n{path}\ngone\n{path}\n"));

    drop(folder);
    let (performed, _) = perform(&Sessions::new(), &second).await;
    let summary = format!("command 1 (line 10) was not begun: the session's directory `{path}` is gone");
    assert_eq!((performed.succeeded, performed.outcome.summary), (false, summary));
}
