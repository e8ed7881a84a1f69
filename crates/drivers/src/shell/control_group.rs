//! A control group for one session, where this machine lets us have one.
//!
//! Nothing leaves its control group, whatever it does to its process group, session or environment. Version 2 only. A
//! limit on the number of processes needs the `pids` controller, which is often not ours to switch on: then the group
//! still tells who belongs to the session, and stops all of it at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Processes and threads that a session may have at once, where the kernel counts them.
pub(super) const TASKS_MAX: usize = 4096;

/// The name of a group is this, the process that made it, and a number.
const PREFIX: &str = "allclear-";

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A control group of ours.
pub(super) struct ControlGroup {
    path: PathBuf,
    /// Whether the kernel enforces [`TASKS_MAX`].
    limited: bool,
}

impl ControlGroup {
    /// A new group below the one that this process is in, with that process in it.
    pub(super) fn of(process: i32) -> Option<Self> {
        let parent = own()?;
        sweep(&parent);
        // Refused where processes are in the group itself, unless it is the topmost: then nobody counts for us.
        let _ = fs::write(parent.join("cgroup.subtree_control"), "+pids");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path).ok()?;
        let mut group = Self { path, limited: false };
        group.limited = group.write("pids.max", &TASKS_MAX.to_string()).is_ok();
        group.write("cgroup.procs", &process.to_string()).ok()?;
        Some(group)
    }

    /// Whether the kernel bounds its number of tasks.
    pub(super) const fn is_limited(&self) -> bool {
        self.limited
    }

    /// Everything that is in it.
    pub(super) fn processes(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Whether the kernel has refused it another process; `None` where the kernel does not count.
    pub(super) fn hit_the_limit(&self) -> Option<bool> {
        let events = self.limited.then(|| fs::read_to_string(self.path.join("pids.events")).unwrap_or_default())?;
        Some(events.lines().any(|line| line.strip_prefix("max ").is_some_and(|count| count != "0")))
    }

    /// Stops or continues everything in it.
    pub(super) fn freeze(&self, frozen: bool) {
        // Older kernels cannot; whoever kills looks again anyway.
        let _ = self.write("cgroup.freeze", if frozen { "1" } else { "0" });
    }

    /// Kills everything in it at once; says whether the kernel can.
    pub(super) fn kill(&self) -> bool {
        self.write("cgroup.kill", "1").is_ok()
    }

    /// Removes it; says whether nothing was in it any more.
    pub(super) fn remove(&self) -> bool {
        match fs::remove_dir(&self.path) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path.join(file), text)
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // Where something is still in it, whoever makes the next one after our time removes it.
        self.remove();
    }
}

/// The directory of the group that this process is in.
fn own() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let (root, mount) = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut fields = place.split(' ');
        let (root, mount) = (fields.nth(3)?, fields.next()?);
        kind.starts_with("cgroup2 ").then_some((root, mount))
    })?;
    let below = Path::new(path).strip_prefix(root).ok()?;
    let own = Path::new(mount).join(below);
    // Outside of our name space it is named through `..`, and is none of our business.
    (!path.contains("..") && own.join("cgroup.procs").exists()).then_some(own)
}

/// Removes groups of processes that are gone.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')).map(|(process, _)| process);
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // One that is not empty stays.
            let _ = fs::remove_dir(&path);
        }
    }
}
