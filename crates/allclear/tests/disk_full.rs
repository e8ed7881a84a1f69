//! The disk under the data directory runs full in the middle of a run: what happened is not lost, what cannot be
//! recorded is said, and the run goes on once there is room.
//!
//! The disk is a small file system in memory, which only root may mount: elsewhere the tests say that they are skipped.

mod support;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use allclear_testkit::eventually;
use support::{Place, code, said};

const LIMIT: Duration = Duration::from_secs(30);
const SIZE: &str = "size=8m";

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Look:**
```bash
echo looking
```

2. **Mend:**
```bash
cat {DIR}/gate && echo mended >> {DIR}/mended
```

3. **Sweep:**
```bash
echo swept >> {DIR}/swept
```
";

/// A small disk; gone with the test.
struct Disk {
    path: PathBuf,
}

impl Disk {
    fn mount(path: PathBuf) -> Option<Self> {
        std::fs::create_dir(&path).expect("it can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&path).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self { path });
        }
        eprintln!("skipped: a file system in memory cannot be mounted here");
        None
    }

    /// Leaves no room, not for one block.
    fn fill(&self) {
        let mut filler = File::create(self.path.join("filler")).expect("it can be made");
        while filler.write_all(&[1; 4096]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.path.join("filler")).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

/// A run whose second step waits at a gate, on a disk that is full now.
struct Stand {
    place: Place,
    disk: Disk,
    gate: File,
    running: Child,
}

impl Stand {
    fn at_the_gate() -> Option<Self> {
        let place = Place::new();
        let disk = Disk::mount(place.path("data"))?;
        let directory = place.path("").display().to_string();
        place.write("runbook.md", &RUNBOOK.replace("{DIR}", directory.trim_end_matches('/')));
        let gate = place.path("gate");
        assert!(Command::new("mkfifo").arg(&gate).status().expect("mkfifo starts").success());
        let plan = place.json(&["plan", "runbook.md", "cart-is-stuck"]);
        let digest = plan["digest"].as_str().expect("a digest");
        let mut run = place.command(&["run", "runbook.md", "cart-is-stuck", "--approve", digest, "--data-dir", "data"]);
        run.stdout(Stdio::null()).stderr(File::create(place.path("said")).expect("it can be made"));
        let running = run.spawn().expect("the program starts");
        let gate = open(&gate);
        disk.fill();
        Some(Self { place, disk, gate, running })
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.place.path("said")).unwrap_or_default()
    }

    fn lines(&self, name: &str) -> usize {
        std::fs::read_to_string(self.place.path(name)).unwrap_or_default().lines().count()
    }

    /// Lets the step act, and waits until the program has said that it cannot record that.
    fn act(&mut self) {
        self.gate.write_all(b"open\n").expect("the step reads it");
        drop(std::mem::replace(&mut self.gate, File::open("/dev/null").expect("it is always there")));
        eventually("the step acts", LIMIT, || (self.lines("mended") == 1).then_some(()));
        let told = || self.said().contains("the log cannot be written").then_some(());
        eventually("the program says that it cannot write", LIMIT, told);
    }

    fn end(&mut self) -> ExitStatus {
        eventually("the program ends", LIMIT, || self.running.try_wait().expect("it can be looked at"))
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

/// The writing end, once somebody reads.
fn open(gate: &Path) -> File {
    eventually("the step waits at the gate", LIMIT, || {
        use std::os::unix::fs::OpenOptionsExt as _;
        const NONBLOCK: i32 = 0o4000;
        File::options().write(true).custom_flags(NONBLOCK).open(gate).ok()
    })
}

#[test]
fn an_outcome_that_finds_no_room_is_kept_until_there_is_some() {
    let Some(mut stand) = Stand::at_the_gate() else { return };
    stand.act();
    assert_eq!(stand.lines("swept"), 0, "nothing is begun that cannot be recorded");
    assert!(stand.said().contains("full"), "the reason is said: {}", stand.said());
    stand.disk.free();
    let status = stand.end();
    assert_eq!(status.code(), Some(0), "{}", stand.said());
    assert_eq!((stand.lines("mended"), stand.lines("swept")), (1, 1));
    let runs = stand.place.json(&["runs", "--data-dir", "data"]);
    assert_eq!(runs[0]["state"], "finished", "{runs}");
    let verified = stand.place.run(&["log", "verify", "--data-dir", "data"]);
    assert_eq!(code(&verified), 0, "{}", said(&verified));
}

#[test]
fn a_process_killed_on_a_full_disk_leaves_the_step_in_doubt_and_not_repeated() {
    let Some(mut stand) = Stand::at_the_gate() else { return };
    stand.act();
    stand.running.kill().expect("it can be killed");
    stand.end();
    let refused = stand.place.run(&["runs", "--data-dir", "data"]);
    assert!(code(&refused) == 0 || said(&refused).contains("full"), "it says why: {}", said(&refused));
    stand.disk.free();
    let runs = stand.place.json(&["runs", "--data-dir", "data"]);
    assert_eq!((&runs[0]["state"], &runs[0]["in_doubt"]), (&"in-doubt".into(), &2.into()), "{runs}");
    let id = runs[0]["id"].as_str().expect("an id");
    let settled = stand.place.run(&["resume", id, "--happened", "--data-dir", "data"]);
    assert_eq!(code(&settled), 0, "{}", said(&settled));
    assert_eq!((stand.lines("mended"), stand.lines("swept")), (1, 1));
    let verified = stand.place.run(&["log", "verify", "--data-dir", "data"]);
    assert_eq!(code(&verified), 0, "{}", said(&verified));
}
