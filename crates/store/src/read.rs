//! Reading events back.
//!
//! Invariant: what cannot be read is said, with its position; nothing is skipped and nothing panics.

use allclear_core::{IncidentId, Recorded, RunId, Seq};

use crate::chain::column;
use crate::database::{Database, reading};
use crate::outage::Unavailable;
use crate::store::Store;
use crate::{postgres, sqlite};

/// Why events were not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A stored event is not one that this version knows.
    #[error(
        "event {seq} cannot be read: if a newer Allclear wrote it, install that release; otherwise run `allclear log verify`"
    )]
    Unreadable {
        /// Its position.
        seq: Seq,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The store could not answer.
    #[error(transparent)]
    Unavailable(Unavailable),
}

type Bodies = Result<Vec<(i64, String)>, sqlx::Error>;

/// The nouns that are found again after they have left the world: by the event that opened them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// `IncidentOpened`.
    Incident,
    /// `RunPlanned`, and `UndoStarted` for a run that undoes another.
    Run,
    /// `ReviewOwed`.
    Review,
}

impl Opening {
    const fn kind(self) -> &'static str {
        match self {
            Self::Incident => "IncidentOpened",
            Self::Run => "RunPlanned",
            Self::Review => "ReviewOwed",
        }
    }
}

impl Store {
    /// The events after a position, oldest first, at most `limit`.
    pub async fn read(&self, after: Seq, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        const AFTER: &str = "SELECT seq, body FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
        let (after, limit) = (column(after), i64::from(limit));
        parsed(reading!(self.log(), pool => sqlx::query_as(AFTER).bind(after).bind(limit).fetch_all(pool).await))
    }

    /// All events of an incident, oldest first, those of its runs and pages among them where they name it.
    pub async fn read_incident(&self, incident: IncidentId) -> Result<Vec<Recorded>, ReadError> {
        let id = column(incident.0);
        parsed(match self.log() {
            Database::Sqlite(file) => sqlite::read_incident(file.reader(), id).await,
            Database::Postgres(pool) => postgres::read_incident(pool, id).await,
        })
    }

    /// All events of a run, oldest first.
    pub async fn read_run(&self, run: RunId) -> Result<Vec<Recorded>, ReadError> {
        const RUN: &str = "SELECT seq, body FROM event WHERE run = $1 ORDER BY seq";
        let id = column(run.0);
        parsed(reading!(self.log(), pool => sqlx::query_as(RUN).bind(id).fetch_all(pool).await))
    }

    /// The last events that opened such a noun, newest first, at most `limit`.
    pub async fn latest(&self, opening: Opening, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        // The second condition is that of the index, so that every other event is spared an entry.
        const LATEST: &str = "SELECT seq, body FROM event WHERE kind = $1 \
            AND (kind = 'IncidentOpened' OR kind = 'RunPlanned' OR kind = 'ReviewOwed') ORDER BY seq DESC LIMIT $2";
        const UNDO: &str = "SELECT seq, body FROM event WHERE kind = 'UndoStarted' ORDER BY seq DESC LIMIT $1";
        let (kind, most) = (opening.kind(), i64::from(limit));
        let mut latest =
            parsed(reading!(self.log(), pool => sqlx::query_as(LATEST).bind(kind).bind(most).fetch_all(pool).await))?;
        if opening == Opening::Run {
            latest.extend(parsed(reading!(self.log(), pool => sqlx::query_as(UNDO).bind(most).fetch_all(pool).await))?);
            latest.sort_by_key(|recorded| std::cmp::Reverse(recorded.seq));
            latest.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(latest)
    }
}

fn parsed(bodies: Bodies) -> Result<Vec<Recorded>, ReadError> {
    let bodies = bodies.map_err(|error| ReadError::Unavailable(Unavailable::because(error)))?;
    let records = bodies.into_iter().map(|(seq, body)| {
        serde_json::from_str(&body)
            .map_err(|source| ReadError::Unreadable { seq: Seq::try_from(seq).unwrap_or(0), source })
    });
    records.collect()
}

/// An event as it is stored, unread.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct StoredEvent {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: String,
    pub(crate) incident: Option<i64>,
    pub(crate) run: Option<i64>,
    pub(crate) body: String,
    pub(crate) hash: Vec<u8>,
}

impl Store {
    /// The next page of the log, for whoever goes through all of it.
    pub(crate) async fn page(&self, after: i64) -> Result<Vec<StoredEvent>, Unavailable> {
        const PAGE: &str = "SELECT seq, at, kind, incident, run, body, hash FROM event \
            WHERE seq > $1 ORDER BY seq LIMIT 1000";
        reading!(self.log(), pool => sqlx::query_as(PAGE).bind(after).fetch_all(pool).await)
            .map_err(Unavailable::because)
    }
}
