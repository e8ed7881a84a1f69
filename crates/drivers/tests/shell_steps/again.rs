//! A step that is attempted again: every attempt and every try finds what the first one found.

use std::sync::Arc;

use allclear_core::{EffectClass, PerformEffect, Wait};
use allclear_drivers::{CaptureKey, Sessions, StateFound};
use allclear_testkit::free_port;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::support::{LIMIT, RUN, bash, perform};

/// Tells all that an attempt might leave to the next.
const LOOK: &str = "echo \"$PWD ${x-unset} $(shopt -q extglob && echo extended) $(declare -F made) ${EXPORTED-unset}\"";
/// Changes all of that.
const CHANGE: &str = "cd ..; x=changed; shopt -s extglob; made() { :; }; export EXPORTED=1";

/// Performs the step as often as that, which fails each time; the lines that it wrote.
async fn fails(sessions: &Sessions, effect: &PerformEffect, times: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for attempt in 1..=times {
        let (performed, output) = perform(sessions, &PerformEffect { attempt, ..effect.clone() }).await;
        assert!(!performed.succeeded, "{output}");
        lines.extend(output.lines().map(str::to_owned));
    }
    lines
}

#[tokio::test]
async fn a_step_that_is_repeated_finds_what_the_first_attempt_found() {
    let sessions = Sessions::new();
    assert!(perform(&sessions, &bash(1, &["cd /usr/bin; x=before"])).await.0.succeeded);
    assert_eq!(fails(&sessions, &bash(2, &[LOOK, CHANGE, "exit 3"]), 3).await, ["/usr/bin before   unset"; 3]);
    // What succeeds at last is what the next step finds.
    assert!(perform(&sessions, &bash(2, &["cd ..", "x=done"])).await.0.succeeded);
    assert_eq!(perform(&sessions, &bash(3, &[LOOK])).await.1, "/usr done   unset\n");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn the_first_step_of_a_run_is_repeated_where_it_began_and_so_is_one_after_a_restart() {
    let own = std::env::current_dir().expect("a directory").display().to_string();
    let sessions = Sessions::new();
    let lines = fails(&sessions, &bash(1, &[LOOK, CHANGE, "exit 3"]), 2).await;
    assert_eq!(lines, vec![format!("{own} unset   unset"); 2]);
    sessions.close(RUN).await;

    let restarted = PerformEffect { directory: Some("/usr/bin".to_owned()), ..bash(2, &[LOOK, CHANGE, "exit 3"]) };
    let lines = fails(&Sessions::new(), &restarted, 2).await;
    let expected = ["[a new shell: variables of earlier steps are gone]", "/usr/bin unset   unset"];
    assert_eq!(lines, [expected[0], expected[1], expected[1]]);
}

#[tokio::test]
async fn a_step_that_did_not_fail_in_its_shell_is_repeated_where_it_began() {
    let sessions = Sessions::new();
    assert!(perform(&sessions, &bash(1, &["cd /usr/bin; x=before"])).await.0.succeeded);
    // Nobody answers there, which the shell knows nothing of.
    let mut effect = bash(2, &[LOOK, CHANGE, "GET /"]);
    effect.target.http = Some(format!("http://127.0.0.1:{}", free_port()));
    Arc::make_mut(&mut effect.plan).steps[0].commands[2].language = "http".to_owned();
    assert_eq!(fails(&sessions, &effect, 2).await, ["/usr/bin before   unset"; 2]);
    // Out of strict mode bash goes on after a failure.
    let effect = bash(2, &[LOOK, &format!("set +e; {CHANGE}; false")]);
    assert_eq!(fails(&sessions, &effect, 2).await, ["/usr/bin before   unset"; 2]);
    sessions.close(RUN).await;
}

#[tokio::test]
async fn each_try_of_a_wait_begins_where_the_first_one_did() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tries");
    let sessions = Sessions::new();
    assert!(perform(&sessions, &bash(1, &["cd /usr/bin; x=before"])).await.0.succeeded);
    let last = format!("echo x >>{0}; test \"$(wc -l <{0})\" -ge 3", file.display());
    let mut effect = bash(2, &[LOOK, CHANGE, &last]);
    let step = &mut Arc::make_mut(&mut effect.plan).steps[0];
    step.wait = Some(Wait { every_s: 0, at_most_s: 60 });
    step.commands.iter_mut().for_each(|command| command.effect = EffectClass::Observe);
    let (performed, output) = perform(&sessions, &effect).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    let lines: Vec<&str> = output.lines().filter(|line| !line.starts_with("[try ")).collect();
    assert_eq!(lines, ["/usr/bin before   unset"; 3]);
    assert_eq!(performed.outcome.directory.as_deref(), Some("/usr"));
    sessions.close(RUN).await;
}

#[tokio::test]
async fn what_is_too_much_to_be_kept_does_not_move_the_run_elsewhere() {
    let sessions = Sessions::new();
    assert!(perform(&sessions, &bash(1, &["cd /usr; x=before"])).await.0.succeeded);
    let much = "cd bin; much=$(head -c 5000000 /dev/zero | tr '\\0' x)";
    assert!(perform(&sessions, &bash(2, &[much])).await.0.succeeded);
    assert_eq!(fails(&sessions, &bash(3, &["pwd", "false"]), 2).await, ["/usr/bin"; 2]);
    sessions.close(RUN).await;
}

/// Performs two commands, with `pwd` recorded before the second; what it found.
async fn recorded(sessions: &Sessions, key: &CaptureKey, first: &str) -> String {
    let mut effect = bash(1, &[first, "false"]);
    let planned = &mut Arc::make_mut(&mut effect.plan).steps[0].commands[1];
    planned.capture = [("OLD".to_owned(), "pwd".to_owned())].into();
    effect.to_capture = ["1/OLD".to_owned()].into();
    let (sender, _output) = mpsc::channel::<Bytes>(64);
    let (found, mut finding) = mpsc::channel::<StateFound>(1);
    let keeping = async {
        let StateFound { sealed, kept } = finding.recv().await.expect("it is found");
        kept.send(Ok(())).expect("the step waits");
        sealed.expect("it is sealed")
    };
    let both = async { tokio::join!(sessions.perform_recording(&effect, &sender, &found), keeping) };
    let (performed, sealed) = tokio::time::timeout(LIMIT, both).await.expect("it ends");
    assert!(!performed.succeeded, "{performed:?}");
    let (_, value) = key.open(&sealed["1/OLD"]).expect("it opens");
    String::from_utf8_lossy(&value).into_owned()
}

#[tokio::test]
async fn what_is_before_a_command_is_looked_at_where_the_step_began_at_every_attempt() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = CaptureKey::of(folder.path());
    let own = std::env::current_dir().expect("a directory").display().to_string();
    let sessions = Sessions::with_key(CaptureKey::of(folder.path()));
    for first in ["cd ..", "cd ..; exit 0", "cd /usr", "true"] {
        assert_eq!(recorded(&sessions, &key, first).await, format!("{own}\n"), "{first}");
    }
    sessions.close(RUN).await;
}
