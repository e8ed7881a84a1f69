//! The crash harness: runs a program, kills it with SIGKILL when its log reaches a position or at a random moment, and
//! looks at what it left from outside.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use allclear_core::Seq;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};

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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let began = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut watch = LogWatch { path: log.to_owned(), connection: None };
    loop {
        let reached = match at {
            KillAt::Event(seq) => runtime.block_on(watch.seq()) >= seq,
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

struct LogWatch {
    path: PathBuf,
    connection: Option<SqliteConnection>,
}

impl LogWatch {
    /// Position of the last event on disk; 0 while there is no log.
    async fn seq(&mut self) -> Seq {
        if self.connection.is_none() {
            let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
            self.connection = options.connect().await.ok();
        }
        let Some(connection) = self.connection.as_mut() else { return 0 };
        let seq: Result<Option<i64>, _> = sqlx::query_scalar("SELECT max(seq) FROM event").fetch_one(connection).await;
        seq.ok().flatten().and_then(|seq| Seq::try_from(seq).ok()).unwrap_or(0)
    }
}
