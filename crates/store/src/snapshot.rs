//! Snapshots of the folded world, so that a start does not read the whole log.
//!
//! A snapshot is only ever a saving: one that does not fit the log is not found, and the log is read from the start.

use allclear_core::{Digest, Seq};

use crate::chain::{Link, column};
use crate::database::{reading, within};
use crate::outage::Unavailable;
use crate::store::Store;

/// The folded world at some position of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Position of the last event that is folded in.
    pub seq: Seq,
    /// Hash of the chain there: it ties the snapshot to this log.
    pub hash: Digest,
    /// Version of the shape of `body`; only snapshots of the wanted format are found.
    pub format: u32,
    /// The world, encoded.
    pub body: Vec<u8>,
}

/// Position, hash, body.
type Row = (i64, Vec<u8>, Vec<u8>);

impl Store {
    /// Keeps a snapshot and the one before it, and forgets older ones of its format. Refused silently where it does not
    /// fit the log.
    pub async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), Unavailable> {
        let Some(link) = Link::given(snapshot.seq, &snapshot.hash) else { return Ok(()) };
        self.replace_snapshot(&link, &snapshot).await.map_err(Unavailable::because)
    }

    /// The newest snapshot of this format that fits the log.
    pub async fn latest_snapshot(&self, format: u32) -> Result<Option<Snapshot>, Unavailable> {
        const LATEST: &str = "SELECT snapshot.seq, snapshot.hash, snapshot.body FROM snapshot \
            JOIN event ON event.seq = snapshot.seq AND event.hash = snapshot.hash \
            WHERE snapshot.format = $1 ORDER BY snapshot.seq DESC LIMIT 1";
        let version = i64::from(format);
        let row: Result<Option<Row>, _> =
            reading!(self.log(), pool => sqlx::query_as(LATEST).bind(version).fetch_optional(pool).await);
        let row = row.map_err(Unavailable::because)?;
        Ok(row.and_then(|(seq, hash, body)| {
            let head = Link::stored(seq, &hash)?.head();
            Some(Snapshot { seq: head.seq, hash: head.hash, format, body })
        }))
    }

    async fn replace_snapshot(&self, link: &Link, snapshot: &Snapshot) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO snapshot (format, seq, hash, body) \
            SELECT $1, seq, hash, $4 FROM event WHERE seq = $2 AND hash = $3 \
            ON CONFLICT (format, seq) DO UPDATE SET hash = excluded.hash, body = excluded.body";
        const FORGET: &str = "DELETE FROM snapshot WHERE format = $1 AND seq NOT IN \
            (SELECT seq FROM snapshot WHERE format = $1 ORDER BY seq DESC LIMIT 2)";
        let (format, seq) = (i64::from(snapshot.format), column(link.seq));
        let mut transaction = self.log().begin().await?;
        within!(&mut transaction, connection => {
            let insert = sqlx::query(INSERT).bind(format).bind(seq).bind(link.hash()).bind(&snapshot.body);
            insert.execute(&mut *connection).await?;
            sqlx::query(FORGET).bind(format).execute(connection).await?;
        });
        transaction.commit().await
    }
}
