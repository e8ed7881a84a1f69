//! The crash harness: runs a program, kills it with SIGKILL when its log reaches a position or at a random moment, and
//! looks at what it left from outside.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use allclear_core::{Recorded, Seq};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::runtime::{Builder, Runtime};

/// When the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillAt {
    /// As soon as the log holds this event.
    Event(Seq),
    /// This long after its start.
    Moment(Duration),
}

/// How a program that was to be killed ended.
#[derive(Debug)]
pub enum Ended {
    /// By our hand.
    Killed,
    /// By itself, before its time.
    ByItself(ExitStatus),
}

/// Runs `command` and kills it at that point. Its log is looked at through a connection of our own.
///
/// # Panics
/// When the program cannot be started, or does neither within `limit`.
pub fn run_and_kill(command: &mut Command, log: &Path, at: KillAt, limit: Duration) -> Ended {
    let began = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut watch = LogWatch::of(log);
    loop {
        let reached = match at {
            KillAt::Event(seq) => watch.seq() >= seq,
            KillAt::Moment(after) => began.elapsed() >= after,
        };
        if reached {
            return kill(&mut child);
        }
        if let Some(status) = child.try_wait().expect("it can be looked at") {
            return Ended::ByItself(status);
        }
        assert!(began.elapsed() < limit, "the program neither reached {at:?} nor ended");
        std::thread::yield_now();
    }
}

fn kill(child: &mut Child) -> Ended {
    child.kill().expect("it can be killed");
    let status = child.wait().expect("it can be waited for");
    // It may have ended between our look and our hand.
    if status.code().is_some() { Ended::ByItself(status) } else { Ended::Killed }
}

/// Looks into a log that a process has open, or left behind, through a connection of its own.
#[derive(Debug)]
pub struct LogWatch {
    path: PathBuf,
    runtime: Runtime,
    connection: Option<SqliteConnection>,
}

impl LogWatch {
    /// Of the log in that file, which may not be there yet.
    ///
    /// # Panics
    /// When there is no runtime to be had.
    pub fn of(path: &Path) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { path: path.to_owned(), runtime, connection: None }
    }

    /// Position of the last event on disk; 0 while there is no log.
    pub fn seq(&mut self) -> Seq {
        let seq: Option<Option<i64>> =
            self.ask(async |connection| sqlx::query_scalar("SELECT max(seq) FROM event").fetch_one(connection).await);
        seq.flatten().and_then(|seq| Seq::try_from(seq).ok()).unwrap_or(0)
    }

    /// Every event on disk.
    ///
    /// # Panics
    /// When one of them cannot be read.
    pub fn events(&mut self) -> Vec<Recorded> {
        const ALL: &str = "SELECT body FROM event ORDER BY seq";
        let bodies: Option<Vec<String>> =
            self.ask(async |connection| sqlx::query_scalar(ALL).fetch_all(connection).await);
        let read = |body: &String| serde_json::from_str(body).expect("an event on disk can be read");
        bodies.unwrap_or_default().iter().map(read).collect()
    }

    fn ask<T>(&mut self, question: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>) -> Option<T> {
        let Self { path, runtime, connection } = self;
        runtime.block_on(async {
            if connection.is_none() {
                *connection = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.ok();
            }
            // Before the tables are made there is nothing to be asked.
            question(connection.as_mut()?).await.ok()
        })
    }
}
