//! What goes wrong in real life: a clear message, the right exit code, nothing lost.

mod support;

use std::net::TcpListener;
use std::process::Command;

use support::{CONFIG, Place, code, said};

#[test]
fn a_configuration_that_is_not_there_names_the_verb_that_writes_one() {
    let place = Place::new();
    let output = place.run(&["up"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("allclear init --from"), "{}", said(&output));
    assert!(!place.path("allclear-data").exists(), "nothing is made before the configuration is good");
}

#[test]
fn a_broken_configuration_is_pointed_at() {
    let place = Place::new();
    place.write("allclear.toml", &CONFIG.replace("kind = \"console\"", "kind = \"consol\""));
    let output = place.run(&["up"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("allclear.toml:6:"), "{}", said(&output));
    assert!(!place.path("allclear-data").exists());
}

#[test]
fn a_runbook_without_a_procedure_says_so() {
    let place = Place::new();
    place.write("README.md", "# A library\n\nIt does things.\n");
    let shown = place.run(&["show", "README.md"]);
    assert_eq!(code(&shown), 1, "{}", said(&shown));
    let run = place.run(&["run", "README.md", "anything"]);
    assert_eq!(code(&run), 3, "{}", said(&run));
    assert!(said(&run).contains("anything"), "{}", said(&run));
}

#[test]
fn a_runbook_that_is_not_there_is_named() {
    let output = Place::new().run(&["show", "missing.md"]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("missing.md"), "{}", said(&output));
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_begun() {
    let place = Place::new();
    place.write("allclear.toml", CONFIG);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let output = place.run(&["up", "--listen", &address]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains(&address) && said(&output).contains("--listen"), "{}", said(&output));
    assert!(!place.path("allclear-data").exists());
}

#[test]
fn a_data_directory_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["incident", "open", "It hurts"])), 0);
    let database = place.path("allclear-data/log.db");
    let made_newer = Command::new("python3")
        .args(["-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"update schema_version set version = 999\"); c.commit()"])
        .arg(&database)
        .output()
        .expect("python3 is there");
    assert!(made_newer.status.success(), "{}", String::from_utf8_lossy(&made_newer.stderr));
    let output = place.run(&["incident", "list"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("newer Allclear"), "{}", said(&output));
}

#[test]
fn two_programs_do_not_share_a_data_directory() {
    let place = Place::new();
    place.write("runbook.md", "# R\n\n## Wait\n\n**When**: always\n\n1. **Wait:**\n```bash\ntail -f /dev/null\n```\n");
    let digest = place.json(&["plan", "runbook.md", "wait"])["digest"].as_str().expect("a digest").to_owned();
    let _running = place.start(&["run", "runbook.md", "wait", "--approve", &digest]);
    let lock = place.path("allclear-data/log.db");
    allclear_testkit::eventually("the data directory is made", std::time::Duration::from_secs(20), || {
        lock.exists().then_some(())
    });
    let output = allclear_testkit::eventually("the directory is in use", std::time::Duration::from_secs(20), || {
        let output = place.run(&["log", "verify"]);
        said(&output).contains("in use").then_some(output)
    });
    assert_eq!(code(&output), 1, "{}", said(&output));
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let place = Place::new();
    let disk = place.path("disk");
    std::fs::create_dir(&disk).expect("a directory");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a small file system can only be mounted as root");
        return;
    }
    let _unmount = Unmount(disk.clone());
    let data = disk.join("data").display().to_string();
    let open = |title: &str| place.run(&["incident", "open", title, "--data-dir", &data]);
    let long = "x".repeat(20_000);
    let mut accepted = 0;
    let refused = loop {
        let output = open(&long);
        if code(&output) != 0 {
            break output;
        }
        accepted += 1;
        assert!(accepted < 100, "400 KiB never filled up");
    };
    assert!(said(&refused).contains("full"), "{}", said(&refused));
    let grown = Command::new("mount").args(["-o", "remount,size=20m"]).arg(&disk).status().expect("mount");
    assert!(grown.success());
    let incidents = place.json(&["incident", "list", "--data-dir", &data]);
    assert_eq!(incidents.as_array().map(Vec::len), Some(accepted), "what was acknowledged is there, and nothing else");
    assert_eq!(code(&place.run(&["log", "verify", "--data-dir", &data])), 0);
    assert_eq!(code(&open("there is room again")), 0);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
