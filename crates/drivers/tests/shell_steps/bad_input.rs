//! Commands that want what nobody can give them, or give what nobody can take.

use std::sync::Arc;

use allclear_core::{PerformEffect, SecretRef};
use allclear_drivers::Sessions;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::support::{LIMIT, RUN, UnderWay, bash, perform, perform_bytes};

/// Whether the program is there; says so where it is not.
fn has(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|directory| directory.join(program).exists());
    if !found {
        eprintln!("SKIPPED: there is no {program} on this machine");
    }
    found
}

#[tokio::test]
async fn an_editor_is_refused_in_one_sentence() {
    const REFUSAL: &str = "an editor was asked for, and nobody is there to use one: write the change as a command\n";
    let sessions = Sessions::new();
    for variable in ["EDITOR", "VISUAL", "KUBE_EDITOR", "SYSTEMD_EDITOR", "FCEDIT"] {
        let command = format!("sh -c \"${variable} /tmp/file\"");
        let (performed, output) = perform(&sessions, &bash(1, &[&command])).await;
        assert_eq!((performed.outcome.exit_code, output.as_str()), (Some(1), REFUSAL), "{variable}");
    }
    if has("git") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let command = format!(
            "cd {}; git init -q .; git -c user.name=ana -c user.email=ana@example.org commit --allow-empty",
            folder.path().display()
        );
        let (performed, output) = perform(&sessions, &bash(2, &[&command])).await;
        assert!(!performed.succeeded && output.contains(REFUSAL), "{performed:?} {output}");
    }
}

/// The step whose command of that index needs the program.
fn needing(commands: &[&str], index: usize, program: &str) -> PerformEffect {
    let mut effect = bash(1, commands);
    let step = &mut Arc::make_mut(&mut effect.plan).steps[0];
    step.commands[index].needs = vec![format!("program: {program}"), "permission: patch pods".to_owned()];
    effect
}

#[tokio::test]
async fn a_missing_program_is_named_before_the_first_command_runs() {
    let sessions = Sessions::new();
    let (performed, output) = perform(&sessions, &needing(&["echo half", "kubectlx get pods"], 1, "kubectlx")).await;
    let summary = "command 2 (line 20) needs `kubectlx`, which is not on this machine; nothing of this step was run";
    assert_eq!((performed.succeeded, performed.outcome.summary.as_str(), output.as_str()), (false, summary, ""));
}

#[tokio::test]
async fn a_program_that_may_be_there_is_left_to_the_command() {
    let sessions = Sessions::new();
    let (performed, _) = perform(&sessions, &bash(1, &["kubectlx() { echo \"got $*\"; }"])).await;
    assert!(performed.succeeded, "{performed:?}");
    for commands in [
        ["echo", "kubectlx pods"],
        ["kubectly() { :; }", "kubectly pods"],
        ["echo", "command -v kubectly || kubectlx pods"],
        ["echo", "kubectly() { :; }; kubectly"],
        ["echo", "kubectly pods || true"],
    ] {
        let program = if commands[1].contains("kubectly") { "kubectly" } else { "kubectlx" };
        let (performed, output) = perform(&sessions, &needing(&commands, 1, program)).await;
        assert!(performed.succeeded, "{commands:?}: {performed:?} {output}");
    }
}

#[tokio::test]
async fn a_prompt_for_a_password_fails_instead_of_waiting() {
    let sessions = Sessions::new();
    let (performed, _) = perform(&sessions, &bash(1, &["read -r -s -p 'Password: ' password"])).await;
    assert_eq!(performed.outcome.exit_code, Some(1));
    for (program, command) in [
        ("openssl", "openssl enc -aes-256-cbc -pbkdf2 -in /etc/hostname -out /dev/null"),
        (
            "ssh-keygen",
            "d=$(mktemp -d); trap 'rm -r \"$d\"' EXIT; ssh-keygen -q -t ed25519 -N secret -f $d/k; ssh-keygen -y -f $d/k",
        ),
    ] {
        if has(program) {
            let (performed, output) = perform(&sessions, &bash(1, &[command])).await;
            assert!(!performed.succeeded && !output.is_empty(), "{program}: {performed:?} {output}");
        }
    }
}

#[tokio::test]
async fn what_never_ends_ends_with_a_cancellation() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("app.log").display().to_string();
    let sessions = Arc::new(Sessions::new());
    for command in [
        format!("echo ready >{file}; tail -f {file}"),
        "while :; do echo ready; sleep 0.1; done".to_owned(),
        "trap '' TERM INT HUP; echo ready; while :; do sleep 1000; done".to_owned(),
    ] {
        let mut under_way = UnderWay::begin(&sessions, bash(1, &[&command]));
        under_way.until("ready").await;
        let (performed, took) = under_way.cancel().await;
        let summary = "command 1 (line 10) was cancelled: everything that it had started was killed";
        assert_eq!(performed.outcome.summary, summary, "{command}");
        assert!(took.as_secs() < 10, "{command} took {took:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_pass_through() {
    let command = "for n in {0..255}; do printf \"\\\\x$(printf %02x $n)\"; done";
    let (performed, output) = perform_bytes(&Sessions::new(), &bash(1, &[command])).await;
    assert!(performed.succeeded, "{performed:?}");
    assert_eq!(output, (0..=255).collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_full_disk_is_the_command_s_own_failure() {
    let (performed, output) = perform(&Sessions::new(), &bash(1, &["echo report >/dev/full"])).await;
    assert_eq!(performed.outcome.exit_code, Some(1), "{performed:?}");
    assert!(output.contains("No space left on device"), "{output}");
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[tokio::test]
async fn a_hundred_megabytes_of_output_are_not_held_in_memory() {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let sessions = Sessions::new();
    let effect = bash(1, &["yes 'a line of a log as long as such lines are' | head -c 100000000 || true"]);
    let before = resident();
    let (performed, (bytes, most)) = tokio::join!(
        async {
            let performed = tokio::time::timeout(LIMIT, sessions.perform(&effect, &sender)).await.expect("it ends");
            drop(sender);
            performed
        },
        async {
            let (mut bytes, mut most) = (0, 0);
            while let Some(chunk) = receiver.recv().await {
                bytes += chunk.len();
                most = most.max(resident());
            }
            (bytes, most)
        }
    );
    assert!(performed.succeeded && bytes == 100_000_000, "{performed:?}, {bytes} bytes");
    // Other tests of this process run beside this one, and need some memory too; `cargo xtask bench output` measures it alone.
    let grown = most.saturating_sub(before);
    assert!(grown < 70_000_000, "{grown} bytes more");
}

#[tokio::test]
async fn no_secret_is_in_any_argv_while_a_step_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("secret");
    let secret = format!("correct-horse-{}", std::process::id());
    std::fs::write(&file, &secret).expect("the secret is written");
    let sessions = Arc::new(Sessions::new());
    let mut effect = bash(1, &["echo \"ready ${#DB_PASSWORD}\"; sleep 1000"]);
    effect.target.env.insert("DB_PASSWORD".to_owned(), SecretRef::File(file.display().to_string()));
    let mut under_way = UnderWay::begin(&sessions, effect);
    under_way.until(&format!("ready {}", secret.len())).await;
    for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
        let argv = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&argv).contains(&secret), "{}", entry.path().display());
    }
    under_way.cancel().await;
    sessions.close(RUN).await;
}
