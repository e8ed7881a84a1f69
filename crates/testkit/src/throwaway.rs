//! A server process of a test: it has a directory of its own, and both are gone when the test is, however that ends.
//!
//! A small shell stands between: it holds the reading end of a pipe whose writing end is in this process, and when that
//! closes (drop, exit or SIGKILL) it stops the server and deletes the directory. So servers in statics need no drop, and
//! no process is left behind.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` signal that stops the server, `$2` directory, the rest is the server's command line.
const WATCHDOG: &str = r#"
signal=$1; directory=$2; shift 2
"$@" >"$directory/log" 2>&1 </dev/null &
server=$!
echo "$server" >"$directory/pid.new" && mv "$directory/pid.new" "$directory/pid"
cat >/dev/null
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
cd / && rm -rf -- "$directory"
"#;
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A directory that a server's user may write.
#[derive(Debug)]
pub(crate) struct Workplace {
    pub(crate) path: PathBuf,
    owner: Option<(u32, u32)>,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Throwaway {
    watchdog: Child,
    pid: u32,
}

impl Workplace {
    /// Servers that refuse to run as root run as `nobody` when we are root.
    pub(crate) fn new(name: &str) -> Self {
        let prefix = format!("allclear-{name}-");
        let path = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary directory").keep();
        let owner = is_root().then(nobody).flatten();
        if let Some((user, group)) = owner {
            chown(&path, Some(user), Some(group)).expect("root may give a directory away");
        }
        Self { path, owner }
    }

    /// For servers that run as whoever runs the tests, such as those in a cache that nobody else may enter.
    pub(crate) fn of_ours(name: &str) -> Self {
        let path = tempfile::Builder::new().prefix(&format!("allclear-{name}-")).tempdir();
        Self { path: path.expect("a temporary directory").keep(), owner: None }
    }

    /// A command that runs as the owner, inside the directory: a directory that only root may enter would be refused.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts a server and waits until `ready`. If it ended before, for example because its port was taken, or took too
    /// long: what it said.
    pub(crate) fn start(
        self,
        stop_signal: &str,
        program: &Path,
        arguments: &[String],
        ready: impl Fn() -> bool,
    ) -> Result<Throwaway, String> {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", WATCHDOG, "watchdog", stop_signal]).arg(&self.path).arg(program).args(arguments);
        // A group of its own: Ctrl-C in a terminal must reach the watchdog through us, after the tests have ended.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watchdog = command.spawn().expect("/bin/sh starts");
        let begun = Instant::now();
        let mut throwaway = Throwaway { watchdog, pid: 0 };
        while begun.elapsed() < PATIENCE {
            throwaway.pid = self.pid().unwrap_or(0);
            if throwaway.pid != 0 && has_ended(throwaway.pid) {
                break;
            }
            if throwaway.pid != 0 && ready() {
                return Ok(throwaway);
            }
            std::thread::sleep(POLL);
        }
        // Read before the watchdog goes, which takes the directory with it.
        Err(fs::read_to_string(self.path.join("log")).unwrap_or_default())
    }

    fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.path.join("pid")).ok()?.trim().parse().ok()
    }
}

impl Throwaway {
    /// Process id of the server itself.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// Ended and not yet waited for, or gone.
fn has_ended(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn nobody() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("nobody:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
