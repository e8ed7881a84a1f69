//! What the rules about the shell claim, shown on the real programs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// What bash says to a text, in a folder of its own.
fn shell(folder: &Path, text: &str) -> Output {
    let output =
        Command::new("bash").args(["--norc", "-c", text]).current_dir(folder).env_clear().env("PATH", path()).output();
    output.expect("bash is there wherever the tests run")
}

fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

fn said(folder: &Path, text: &str) -> String {
    let output = shell(folder, text);
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

fn is_installed(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

#[test]
fn s01_a_placeholder_reads_one_file_and_writes_another() {
    let folder = folder();
    assert!(said(folder.path(), "echo <pod> -n shop").contains("pod: No such file or directory"));
    std::fs::write(folder.path().join("pod"), "").expect("a file");
    assert!(shell(folder.path(), "echo <pod> -n shop").status.success());
    let written = std::fs::read_to_string(folder.path().join("-n"));
    assert_eq!(written.expect("the file that was taken for an option"), "shop\n");
}

#[test]
fn s02_a_prompt_is_taken_for_a_program() {
    let output = shell(folder().path(), "$ date");
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("$: command not found"));
}

#[test]
fn s03_the_lines_before_a_mistake_have_run_by_then() {
    let folder = folder();
    std::fs::write(folder.path().join("fence"), "echo ran\nNAME READY(S) AGE\necho never\n").expect("a file");
    let output = Command::new("bash").arg("fence").current_dir(folder.path()).output().expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n");
    assert!(!output.status.success());
}

#[test]
fn s04_a_blank_behind_the_backslash_ends_the_command() {
    let output = shell(folder().path(), "echo a \\ \n  -n shop");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "a");
    assert_eq!(output.status.code(), Some(127));
}

#[test]
fn s05_typographic_characters_become_parts_of_words() {
    let folder = folder();
    assert_eq!(said(folder.path(), "printf '[%s]' “a b”"), "[“a][b”]");
    assert!(said(folder.path(), "ls –l").contains("No such file"));
    assert!(said(folder.path(), "ls\u{a0}-l").contains("command not found"));
}

#[test]
fn s07_arguments_are_listed_for_everybody() {
    if is_installed("ps") {
        let text = "sleep 30.0815 & ps -o args= -p $!; kill $!";
        assert_eq!(said(folder().path(), text), "sleep 30.0815");
    }
}

#[test]
fn s09_echo_and_a_here_string_encode_a_line_break() {
    let folder = folder();
    assert_eq!(said(folder.path(), "echo secret | base64"), "c2VjcmV0Cg==");
    assert_eq!(said(folder.path(), "base64 <<< secret"), "c2VjcmV0Cg==");
    assert_eq!(said(folder.path(), "echo -n secret | base64"), "c2VjcmV0");
}

/// A server that answers once per connection that its service is unavailable.
fn unavailable() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndown");
        }
    });
    port
}

#[test]
fn s10_curl_takes_a_503_for_success_unless_told_to_fail() {
    if !is_installed("curl") {
        return;
    }
    let port = unavailable();
    let folder = folder();
    let plain = shell(folder.path(), &format!("curl -s http://127.0.0.1:{port}/health"));
    assert_eq!((plain.status.code(), plain.stdout.as_slice()), (Some(0), b"down".as_slice()));
    let told = shell(folder.path(), &format!("curl -sf http://127.0.0.1:{port}/health"));
    assert_eq!(told.status.code(), Some(22));
}

#[test]
fn s13_the_redirection_is_made_by_the_shell_in_front() {
    // `env` stands for `sudo`: it starts another program and does not open files for it.
    let output = said(folder().path(), "env true > /proc/sys/kernel/nothing-of-this-name");
    assert!(output.starts_with("bash:"), "{output}");
}

#[test]
fn s14_after_a_failed_cd_the_next_line_runs_here() {
    let folder = folder();
    std::fs::write(folder.path().join("keep"), "").expect("a file");
    shell(folder.path(), "cd missing\nrm -f keep");
    assert!(!folder.path().join("keep").exists());
    std::fs::write(folder.path().join("keep"), "").expect("a file");
    shell(folder.path(), "cd missing || exit\nrm -f keep");
    assert!(folder.path().join("keep").exists());
}

#[test]
fn s15_an_unset_variable_leaves_the_folder_above() {
    let folder = folder();
    assert_eq!(said(folder.path(), "echo rm -rf \"/srv/$TENANT/\""), "rm -rf /srv//");
    let stopped = shell(folder.path(), "echo rm -rf \"/srv/${TENANT:?}/\"");
    assert!(!stopped.status.success() && stopped.stdout.is_empty());
}

#[test]
fn s16_xargs_runs_its_command_on_an_empty_list() {
    let folder = folder();
    assert_eq!(said(folder.path(), "true | xargs echo ran"), "ran");
    assert_eq!(said(folder.path(), "true | xargs -n 1 echo ran"), "ran");
    assert_eq!(said(folder.path(), "true | xargs -r echo ran"), "");
    assert_eq!(said(folder.path(), "true | xargs -I{} echo ran {}"), "");
}

#[test]
fn s20_version_one_of_the_aws_cli_knows_no_logs_tail() {
    let Ok(output) = Command::new("aws").arg("--version").output() else {
        eprintln!("skipped: aws is not installed");
        return;
    };
    if !String::from_utf8_lossy(&output.stdout).starts_with("aws-cli/1.") {
        eprintln!("skipped: this is another version of the AWS CLI");
        return;
    }
    for words in [["logs", "tail"], ["sso", "login"], ["configure", "sso"], ["configure", "list-profiles"]] {
        let refused = Command::new("aws").args(words).env("AWS_EC2_METADATA_DISABLED", "true").output().expect("aws");
        let text = String::from_utf8_lossy(&refused.stderr).to_lowercase();
        assert!(!refused.status.success() && text.contains("invalid choice"), "{words:?}: {text}");
    }
}

#[test]
fn s24_a_pipe_reports_only_how_its_last_program_ended() {
    let folder = folder();
    let truncated = "seq 200000 | gzip | head -c 20000 > cut.gz";
    assert!(shell(folder.path(), truncated).status.success());
    assert_eq!(shell(folder.path(), "gunzip < cut.gz | cat > restored").status.code(), Some(0));
    assert_ne!(shell(folder.path(), "set -o pipefail; gunzip < cut.gz | cat > restored").status.code(), Some(0));
}

#[test]
fn s25_a_removed_log_keeps_its_space_until_it_is_closed() {
    let text = "exec 3>log; head -c 1000000 /dev/zero >&3; rm log; stat -L -c '%s %h' /proc/self/fd/3; ls";
    assert_eq!(said(folder().path(), text), "1000000 0");
    let emptied = "exec 3>>log; head -c 1000000 /dev/zero >&3; truncate -s 0 log; stat -L -c %s /proc/self/fd/3";
    assert_eq!(said(folder().path(), emptied), "0");
}
