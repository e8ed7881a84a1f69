//! Appending: the only way the log changes.
//!
//! Invariants: all records of a call or none; positions without gaps; on disk before the answer; an append that was
//! decided on an older log than the one that is there is refused.

use allclear_core::{Recorded, Seq};

use crate::block::OpenBlock;
use crate::chain::{Head, Link, column};
use crate::database::{Database, Transaction, reading, within};
use crate::outage::Unavailable;
use crate::store::Store;
use crate::{postgres, sqlite};

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first: read on from where you stood, and decide again.
    #[error("the log has moved on to {}: read what is new and decide again", head.seq)]
    Conflict {
        /// Where the log ends now.
        head: Head,
    },
    /// Somebody else holds the lease now.
    #[error(
        "lease {given} is no longer valid, the log is now written under lease {current}: stop, and take the lease again"
    )]
    Fenced {
        /// The token that was given.
        given: u64,
        /// The token of the holder.
        current: u64,
    },
    /// The records do not follow each other.
    #[error(
        "a record has position {found} where {expected} follows: this is a defect of the caller; nothing was appended"
    )]
    OutOfOrder {
        /// Position that was due.
        expected: Seq,
        /// Position of the record.
        found: Seq,
    },
    /// A record cannot be written as JSON.
    #[error("the event at {seq} cannot be written as JSON: this is a defect of the caller; nothing was appended")]
    Unwritable {
        /// Position of the record.
        seq: Seq,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The store could not answer. Ask for [`Store::head`] before deciding again: a commit that was under way when the
    /// connection broke may have taken place.
    #[error(transparent)]
    Unavailable(Unavailable),
}

const LAST_EVENT: &str = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1";
/// Room for most events.
const USUAL_LENGTH: usize = 512;
type LastEvent = (i64, Vec<u8>);

/// One event as it is stored.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) incident: Option<i64>,
    pub(crate) run: Option<i64>,
    /// Whether the index of incidents names it, on SQLite.
    pub(crate) leads: bool,
    pub(crate) body: String,
    pub(crate) link: Link,
}

impl Row {
    /// `body` must be the JSON of `record`.
    pub(crate) fn new(previous: &Link, record: &Recorded, body: String) -> Self {
        Self {
            seq: column(record.seq),
            at: record.at.as_microsecond(),
            kind: record.event.name(),
            incident: record.incident.map(|incident| column(incident.0)),
            run: record.run.map(|run| column(run.0)),
            leads: true,
            link: previous.next(&body),
            body,
        }
    }
}

/// What an insert rests on: where that does not hold, nothing is inserted.
#[derive(Debug)]
pub(crate) struct Guard {
    /// The end of the log, hash and all; on SQLite, which one process has to itself, only its position.
    pub(crate) before: Link,
    /// The lease under which it is written.
    pub(crate) token: Option<i64>,
}

impl Store {
    /// Where the log ends.
    pub async fn head(&self) -> Result<Head, Unavailable> {
        Ok(self.end().await?.head())
    }

    /// Appends all these records or none, in one commit that is on disk when this returns. They were decided on the log
    /// as it was at `expected`, and have the positions after it.
    pub async fn append(&self, expected: Seq, records: &[Recorded]) -> Result<Head, AppendError> {
        self.append_under(None, expected, records).await
    }

    /// As [`Store::append`], and refused once somebody else has taken the lease that `token` stands for.
    pub async fn append_fenced(&self, token: u64, expected: Seq, records: &[Recorded]) -> Result<Head, AppendError> {
        self.append_under(Some(token), expected, records).await
    }

    async fn append_under(&self, token: Option<u64>, expected: Seq, records: &[Recorded]) -> Result<Head, AppendError> {
        let bodies = encode(expected, records)?;
        let mut before = self.tail().link();
        if before.seq != expected {
            before = self.end().await.map_err(AppendError::Unavailable)?;
        }
        if before.seq != expected {
            return self.refuse(token).await;
        }
        if records.is_empty() {
            return Ok(before.head());
        }
        let mut block = self.tail().take_block().after(before.seq);
        let rows = chained(&before, records, bodies, &mut block);
        let last = rows.last().map_or_else(|| before.clone(), |row| row.link.clone());
        let guard = Guard { before, token: token.map(column) };
        let inserted = match self.log() {
            Database::Sqlite(file) => file.append(&guard, rows).await,
            Database::Postgres(pool) => postgres::append(pool, &guard, &rows).await,
        };
        match inserted {
            Ok(true) => {
                let head = last.head();
                self.tail().raise(last);
                self.tail().put_block(block);
                Ok(head)
            }
            Ok(false) => self.refuse(token).await,
            // Another replica was between the guard's look at the end and our insert: the primary key decided.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => self.refuse(token).await,
            Err(error) => Err(AppendError::Unavailable(Unavailable::because(error))),
        }
    }

    /// Why an append did not go through.
    async fn refuse(&self, token: Option<u64>) -> Result<Head, AppendError> {
        if let Some(given) = token {
            let current = self.lease_token().await.map_err(AppendError::Unavailable)?;
            if current != given {
                return Err(AppendError::Fenced { given, current });
            }
        }
        let end = self.end().await.map_err(AppendError::Unavailable)?;
        let head = end.head();
        // Also where the log is shorter than it was: a database may have lost its end in a failover.
        self.tail().reset(end);
        Err(AppendError::Conflict { head })
    }

    pub(crate) async fn end(&self) -> Result<Link, Unavailable> {
        let last: Result<Option<LastEvent>, _> =
            reading!(self.log(), pool => sqlx::query_as(LAST_EVENT).fetch_optional(pool).await);
        last.and_then(link).map_err(Unavailable::because)
    }
}

fn link(last: Option<LastEvent>) -> Result<Link, sqlx::Error> {
    let Some((seq, hash)) = last else { return Ok(Link::GENESIS) };
    Link::stored(seq, &hash).ok_or_else(|| sqlx::Error::Decode("the last event's hash is not a hash".into()))
}

fn encode(expected: Seq, records: &[Recorded]) -> Result<Vec<String>, AppendError> {
    let bodies = records.iter().zip(1..).map(|(record, place)| match record.seq {
        seq if seq.checked_sub(place) != Some(expected) => {
            Err(AppendError::OutOfOrder { expected: expected.saturating_add(place), found: seq })
        }
        seq => json(record).map_err(|source| AppendError::Unwritable { seq, source }),
    });
    bodies.collect()
}

fn json(record: &Recorded) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut bytes, record)?;
    Ok(String::from_utf8(bytes).expect("JSON is UTF-8"))
}

fn chained(before: &Link, records: &[Recorded], bodies: Vec<String>, block: &mut OpenBlock) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(records.len());
    for (record, body) in records.iter().zip(bodies) {
        let previous = rows.last().map_or(before, |row| &row.link);
        let mut row = Row::new(previous, record, body);
        row.leads = block.lead(row.incident);
        rows.push(row);
    }
    rows
}

impl Transaction {
    pub(crate) async fn end(&mut self) -> Result<Link, sqlx::Error> {
        link(within!(self, connection => sqlx::query_as(LAST_EVENT).fetch_optional(connection).await?))
    }

    /// Inserts rows that were proven to follow the end as this transaction sees it.
    pub(crate) async fn insert(&mut self, rows: Vec<Row>) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => sqlite::insert(transaction, rows).await,
            Self::Postgres(transaction) => postgres::insert(transaction, &rows).await,
        }
    }
}
