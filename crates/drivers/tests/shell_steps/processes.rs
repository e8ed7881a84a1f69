//! What commands leave behind, and how many processes they may have.

use allclear_testkit::eventually;
use std::sync::Arc;

use allclear_core::{PerformEffect, SecretRef};
use allclear_drivers::Sessions;

use crate::support::{LIMIT, RUN, UnderWay, bash, perform, processes_with};

/// A step whose processes are recognised by a variable.
fn marked(number: u32, command: &str, marker: &str) -> PerformEffect {
    let mut effect = bash(number, &[command]);
    effect.target.env.insert("MARKER".to_owned(), SecretRef::Plain(marker.to_owned()));
    effect
}

fn marker(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

async fn gone(marker: &str) {
    let marker = marker.to_owned();
    let looking = move || eventually("everything is gone", LIMIT, || processes_with(&marker).is_empty().then_some(()));
    tokio::task::spawn_blocking(looking).await.expect("everything is gone");
}

#[tokio::test]
async fn a_child_that_left_the_group_does_not_outlive_a_cancelled_step() {
    let marker = marker("left-the-group");
    let sessions = Arc::new(Sessions::new());
    let daemon = "setsid sh -c 'trap \"\" TERM HUP; echo daemon; while :; do sleep 1000; done'";
    let command = format!("(setsid sleep 1000 &); {daemon} & set -m; sleep 1000 & sleep 1000");
    let mut under_way = UnderWay::begin(&sessions, marked(1, &command, &marker));
    under_way.until("daemon").await;
    assert!(processes_with(&marker).len() >= 5, "{:?}", processes_with(&marker));
    under_way.cancel().await;
    assert_eq!(processes_with(&marker), Vec::<String>::new());
}

#[tokio::test]
async fn a_daemon_of_an_earlier_step_outlives_a_later_one_that_is_cancelled() {
    let (daemon, later) = (marker("daemon"), marker("later"));
    let sessions = Arc::new(Sessions::new());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let up = folder.path().join("up");
    let up = up.display();
    let command = format!(
        "export MARKER={daemon}; setsid sh -c 'touch {up}; while :; do sleep 0.02; done' >/dev/null 2>&1 & \
         export MARKER={later}; until test -e {up}; do sleep 0.01; done; sleep 0.1"
    );
    let (performed, output) = perform(&sessions, &bash(1, &[&command])).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    let mut under_way = UnderWay::begin(&sessions, bash(2, &["setsid sleep 1000 & echo ready; sleep 1000"]));
    under_way.until("ready").await;
    under_way.cancel().await;
    gone(&later).await;
    let left = processes_with(&daemon);
    assert!(!left.is_empty(), "it was started by a step that succeeded");
    for process in left {
        let id = process.trim_start_matches("/proc/").parse().ok().and_then(rustix::process::Pid::from_raw);
        let _ = rustix::process::kill_process(id.expect("a number"), rustix::process::Signal::KILL);
    }
    gone(&daemon).await;
}

#[tokio::test]
async fn a_step_that_is_dropped_takes_along_what_left_the_group() {
    let marker = marker("dropped-with-all");
    let sessions = Sessions::new();
    let effect = marked(1, "setsid sleep 1000 & echo ready; sleep 1000", &marker);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    tokio::select! {
        _ = sessions.perform(&effect, &sender) => panic!("it sleeps"),
        chunk = receiver.recv() => assert_eq!(chunk.as_deref(), Some(&b"ready\n"[..])),
    }
    gone(&marker).await;
}

#[tokio::test]
async fn a_fork_bomb_is_stopped_and_named() {
    let marker = marker("bomb");
    let sessions = Sessions::new();
    let command = "renice -n 19 $$ >/dev/null; bomb() { bomb | bomb & sleep 5; }; bomb; sleep 1000";
    let (performed, output) = perform(&sessions, &marked(1, command, &marker)).await;
    let summary = &performed.outcome.summary;
    assert!(
        summary.starts_with("command 1 (line 10) was stopped: it had too many processes at once ("),
        "{summary} {output}"
    );
    assert!(summary.ends_with("; everything that the run had started was killed"), "{summary}");
    assert!(!performed.succeeded);
    gone(&marker).await;
    // The run goes on in a new shell.
    let (performed, _) = perform(&sessions, &bash(2, &["echo on"])).await;
    assert!(performed.succeeded, "{performed:?}");
    sessions.close(RUN).await;
}

#[tokio::test]
async fn a_fork_bomb_in_the_background_is_stopped_between_two_steps() {
    let marker = marker("slow-bomb");
    let sessions = Sessions::new();
    let command = "renice -n 19 $$ >/dev/null; bomb() { bomb | bomb & sleep 5; }; bomb >/dev/null 2>&1 &";
    let (performed, output) = perform(&sessions, &marked(1, command, &marker)).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    gone(&marker).await;
    let (performed, _) = perform(&sessions, &bash(2, &["echo on"])).await;
    let summary = &performed.outcome.summary;
    let expected = "command 1 (line 10) was not begun: the run's shell was killed after the command before";
    assert!(summary.starts_with(expected), "{summary}");
    assert!(perform(&sessions, &bash(2, &["echo on"])).await.0.succeeded);
    sessions.close(RUN).await;
}

#[tokio::test]
async fn where_no_control_group_counts_the_shell_may_start_so_many_tasks_and_no_more() {
    let sessions = Sessions::new();
    let own_group = "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/pids.max";
    let command =
        format!("ulimit -Su; cut -d / -f 2 /proc/loadavg | cut -d ' ' -f 1; cat \"{own_group}\" 2>&1 || true");
    let (performed, output) = perform(&sessions, &bash(1, &[&command])).await;
    assert!(performed.succeeded, "{performed:?} {output}");
    let lines: Vec<Option<u64>> = output.lines().map(|line| line.parse().ok()).collect();
    let counted = lines[2..].contains(&Some(4096));
    // Others may come and go between the two looks.
    let bounded = lines[0].zip(lines[1]).is_some_and(|(most, tasks)| most < tasks + 4096 + 2000);
    assert!(bounded || counted, "{output}");
    sessions.close(RUN).await;
}
