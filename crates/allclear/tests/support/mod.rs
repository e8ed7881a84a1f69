//! The program as a person runs it: in a directory of its own, with its own environment.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use allclear_testkit::{Component, component, eventually};
use serde_json::Value;

/// The least that `allclear up` needs.
pub(crate) const CONFIG: &str = r#"
[service]
name = "Shop"

[channel.console]
kind = "console"

[escalation]
levels = [{ channels = ["console"], acknowledge_within = "5m" }]
"#;

/// A directory in which the program is used.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the file can be written");
        path
    }

    /// The program with these arguments, in this place.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_allclear"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("ALLCLEAR_DATA_DIR")
            .env_remove("ALLCLEAR_CONFIG")
            .env_remove("ALLCLEAR_DATABASE_URL")
            .env_remove("ALLCLEAR_TOKEN")
            .env("ALLCLEAR_PERSON", "ana")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs it to its end and reads its one JSON document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said(&output)))
    }

    /// Starts it and leaves it running; it is killed with the guard.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { child: command.spawn().expect("the program starts") }
    }
}

/// A program that is running.
pub(crate) struct Running {
    pub(crate) child: Child,
}

impl Running {
    /// Waits for its end.
    pub(crate) fn end(mut self) -> Output {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        // The other stream is small enough to wait in its pipe.
        self.child.stderr.take().expect("it is piped").read_to_end(&mut stderr).expect("it can be read");
        self.child.stdout.take().expect("it is piped").read_to_end(&mut stdout).expect("it can be read");
        Output { status: self.child.wait().expect("it can be waited for"), stdout, stderr }
    }

    /// SIGKILL, and wait for the end.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that was printed.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The exit code; -1 for a signal.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Whether a program of that name has that argument, by what the kernel says.
pub(crate) fn is_running(program: &str, argument: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("Linux");
    let mut lines = processes.filter_map(|process| std::fs::read(process.ok()?.path().join("cmdline")).ok());
    lines.any(|line| {
        let mut words = line.split(|byte| *byte == 0);
        words.next() == Some(program.as_bytes()) && words.any(|word| word == argument.as_bytes())
    })
}

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A person at a terminal.
pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<String>>,
    /// Up to where the screen was read.
    read: usize,
}

impl Terminal {
    /// The program with these arguments at a terminal of its own; `None`, visibly, where nothing can give it one.
    pub(crate) fn open(place: &Place, arguments: &[&str]) -> Option<Self> {
        Self::open_in(place, arguments, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn open_in(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Option<Self> {
        let script = component(Component::Script)?;
        let program = place.command(arguments);
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let words: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
        // In the place of the shell, which may be any: one that stayed would take Ctrl-C for its own end.
        let line = format!("exec {}", words.join(" "));
        let mut command = Command::new(script);
        command
            .args(["-qefc", &line, "/dev/null"])
            .envs(program.get_envs().filter_map(|(k, v)| Some((k, v?))))
            .envs(variables.iter().copied());
        command.current_dir(place.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a terminal opens");
        let keys = child.stdin.take().expect("its keys");
        let mut output = child.stdout.take().expect("its screen");
        let screen = Arc::<Mutex<String>>::default();
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                shown.lock().expect("nobody panics with it").push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Some(Self { child, keys, screen, read: 0 })
    }

    /// Waits until the screen shows this, after what was waited for before.
    pub(crate) fn until(&mut self, words: &str) {
        let from = self.read;
        let deadline = Instant::now() + Duration::from_secs(20);
        self.read = eventually(words, Duration::from_secs(30), || {
            let screen = self.screen();
            assert!(Instant::now() < deadline, "`{words}` is never shown: {screen}");
            screen.get(from..)?.find(words).map(|at| from + at + words.len())
        });
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal is there");
        self.keys.flush().expect("the terminal is there");
    }

    pub(crate) fn screen(&self) -> String {
        self.screen.lock().expect("nobody panics with it").clone()
    }

    /// Waits for the end; the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        let ended = eventually("the program ends", Duration::from_secs(30), || self.child.try_wait().ok().flatten());
        ended.code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
