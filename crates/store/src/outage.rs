//! Why the store could not answer, in words that say what to do next.

use std::error::Error;

use crate::{postgres, sqlite};

/// The store could not answer. Nothing was half-written; whether a commit that was under way took place is told by
/// [`Store::head`](crate::Store::head).
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unavailable {
    /// What kind of trouble it is.
    pub reason: Outage,
    pub(crate) source: Box<dyn Error + Send + Sync>,
}

/// What keeps the store from answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// No space left.
    #[error(
        "the disk that holds the store is full: free some space; nothing that was acknowledged is lost, and work goes on by itself"
    )]
    DiskFull,
    /// The files or the database may not be written.
    #[error("the store is read-only: give this user the right to write it, or point `--data-dir` elsewhere")]
    ReadOnly,
    /// Another writer has held it for too long, or there are too many connections.
    #[error("the store is busy and did not answer in time: see what else holds it, then try again")]
    Busy,
    /// The files are not what was written.
    #[error(
        "the store's files are damaged: stop, keep a copy of them, and restore the latest backup or export that verifies"
    )]
    Damaged,
    /// No connection.
    #[error("the database cannot be reached: check its address, that it is up, and the network between")]
    Unreachable,
    /// Wrong user, password or database.
    #[error("the database refuses the connection: check user, password and the database's name")]
    Refused,
    /// Anything else; the source says what.
    #[error("the store failed: see the cause, and try again")]
    Failed,
}

impl Unavailable {
    pub(crate) fn because(error: sqlx::Error) -> Self {
        Self { reason: classify(&error), source: Box::new(error) }
    }
}

fn classify(error: &sqlx::Error) -> Outage {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            match error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                Some(_) => postgres::outage(&code),
                None => sqlite::outage(&code),
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Outage::Unreachable
        }
        sqlx::Error::PoolTimedOut => Outage::Busy,
        _ => Outage::Failed,
    }
}
