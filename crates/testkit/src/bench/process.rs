//! A program under measurement: how soon it answers, how much memory and time of the processors it takes.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const READY_WITHIN: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_micros(500);
/// The kernel counts in hundredths of a second towards programs, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// A server on a port of the loopback interface, ended when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    port: u16,
    begun: Instant,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says goes to the file `log`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command, port: u16, log: &Path) -> Self {
        let file = File::create(log).expect("the log can be written");
        let both = (file.try_clone().expect("a file can be opened twice"), file);
        command.stdin(Stdio::null()).stdout(both.0).stderr(both.1);
        let begun = Instant::now();
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self { child, port, begun, log: log.to_owned() }
    }

    /// Asks `path` until the answer is 200; the time since the start, in milliseconds.
    ///
    /// # Panics
    /// If the program ends or is not ready within two minutes; with what it said.
    pub fn ready_ms(&mut self, path: &str) -> f64 {
        loop {
            if answers(self.port, path) {
                return self.begun.elapsed().as_secs_f64() * 1_000.0;
            }
            let ended = self.child.try_wait().expect("our own child can be waited for");
            if ended.is_some() || self.begun.elapsed() > READY_WITHIN {
                panic!("it is not ready: {}", fs::read_to_string(&self.log).unwrap_or_default());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a word, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Politely: nginx takes its workers along only then.
        if let (Ok(None), Some(pid)) =
            (self.child.try_wait(), i32::try_from(self.child.id()).ok().and_then(Pid::from_raw))
        {
            let _ = kill_process(pid, Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

fn answers(port: u16, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = [0; 12];
    let read = stream.write_all(request.as_bytes()).and_then(|()| stream.read_exact(&mut answer));
    read.is_ok() && answer.ends_with(b" 200")
}

/// Memory of a process that is in RAM, in MiB.
///
/// # Panics
/// If there is no such process, or no `/proc`.
pub fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has memory");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("the kernel writes a number");
    kib / 1_024.0
}

/// Runs a command to its end: seconds that it took, and the most memory that it held, in MiB, as far as looking at it
/// every few milliseconds tells.
///
/// # Panics
/// If it cannot be started.
pub fn peak_resident_mib(command: &mut Command) -> (f64, f64) {
    let begun = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let mut most: f64 = 0.0;
    while child.try_wait().expect("our own child can be waited for").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(kib.unwrap_or_default() / 1_024.0);
        std::thread::sleep(LOOK_AGAIN);
    }
    (begun.elapsed().as_secs_f64(), most)
}

/// Time of the processors that a process has taken so far, in seconds.
///
/// # Panics
/// If there is no such process, or no `/proc`.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let (_, fields) = stat.rsplit_once(") ").expect("the name is in brackets");
    let ticks =
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<f64>().expect("the kernel writes a number"));
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

/// The program that cargo has put beside this one.
///
/// # Panics
/// If it has not been built.
pub fn allclear_program() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its path");
    // target/release/examples/bench_x
    let path = own.ancestors().nth(2).expect("cargo puts examples three levels deep").join("allclear");
    assert!(path.is_file(), "{} is missing: run `cargo build --release` first", path.display());
    path
}

/// What the figures were measured on, and whether others were at work on it.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{cores} cores, load before the start {}", load.split(' ').next().unwrap_or_default())
}
