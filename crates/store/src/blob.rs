//! Content-addressed bytes: the output of steps, named in the log by digest.
//!
//! A long one is written and read in pieces: a database holds several copies of a value that is on its way.
//!
//! Invariant: what `put_blob` has answered for is on disk, and `get_blob` returns exactly that or says that it is damaged.

use std::io;

use allclear_core::Digest;

use crate::database::{Database, reading, within};
use crate::outage::{Outage, Unavailable};
use crate::spool::Spool;
use crate::store::Store;

/// What the first row holds, and each row of the rest.
const PIECE_BYTES: usize = 128 * 1024;

/// Why a blob was not read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The bytes are not those that were kept.
    #[error("the output {} is damaged: its bytes no longer have that digest; restore it from a backup", digest.short())]
    Damaged {
        /// What was asked for.
        digest: Digest,
    },
    /// The store could not answer.
    #[error(transparent)]
    Unavailable(Unavailable),
}

impl Store {
    /// Keeps these bytes; the same bytes are kept once. On a disk that is almost full they are refused before they are
    /// written: SQLite would not give back what it took on its way to failing, and the log needs the last space more.
    pub async fn put_blob(&self, bytes: &[u8]) -> Result<Digest, Unavailable> {
        let piece = |from: usize| Ok(bytes[from..bytes.len().min(from + PIECE_BYTES)].to_vec());
        self.put(Digest::of(bytes), bytes.len(), piece).await
    }

    /// Keeps what has come, as above.
    pub async fn put_spool(&self, spool: &Spool) -> Result<Digest, Unavailable> {
        let piece = |from: usize| spool.read(from, spool.length().min(from + PIECE_BYTES));
        self.put(spool.digest(), spool.length(), piece).await
    }

    async fn put(
        &self,
        digest: Digest,
        length: usize,
        piece: impl Fn(usize) -> io::Result<Vec<u8>>,
    ) -> Result<Digest, Unavailable> {
        if matches!(self.measurements(), Database::Sqlite(file) if !file.has_room_for(length)) {
            let source = io::Error::from(io::ErrorKind::StorageFull);
            return Err(Unavailable { reason: Outage::DiskFull, source: source.into() });
        }
        self.insert_blob(&digest, length, piece).await.map_err(Unavailable::because)?;
        Ok(digest)
    }

    /// The bytes with this digest, if they were kept.
    pub async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, BlobError> {
        let body = self.select_blob(digest.as_str()).await;
        match body.map_err(|error| BlobError::Unavailable(Unavailable::because(error)))? {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(BlobError::Damaged { digest: digest.clone() }),
            body => Ok(body),
        }
    }

    async fn select_blob(&self, digest: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        const FIRST: &str = "SELECT body FROM blob WHERE digest = $1";
        const REST: &str = "SELECT body FROM blob_rest WHERE digest = $1 AND number = $2";
        let first: Option<Vec<u8>> = reading!(self.measurements(), pool => {
            sqlx::query_scalar(FIRST).bind(digest).fetch_optional(pool).await
        })?;
        let Some(mut body) = first else { return Ok(None) };
        for number in 1_i64.. {
            let rest: Option<Vec<u8>> = reading!(self.measurements(), pool => {
                sqlx::query_scalar(REST).bind(digest).bind(number).fetch_optional(pool).await
            })?;
            match rest {
                Some(rest) => body.extend_from_slice(&rest),
                None => break,
            }
        }
        Ok(Some(body))
    }

    async fn insert_blob(
        &self,
        digest: &Digest,
        length: usize,
        piece: impl Fn(usize) -> io::Result<Vec<u8>>,
    ) -> Result<(), sqlx::Error> {
        const FIRST: &str = "INSERT INTO blob (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        const REST: &str = "INSERT INTO blob_rest (digest, number, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let mut transaction = self.measurements().begin().await?;
        let body = piece(0)?;
        let inserted = within!(&mut transaction, connection => {
            let first = sqlx::query(FIRST).bind(digest.as_str()).bind(body).execute(connection).await;
            first.map(|done| done.rows_affected())
        })?;
        // What has its first piece was kept whole, before.
        let rest = if inserted == 0 { 0..0 } else { PIECE_BYTES..length };
        for (number, from) in (1_i64..).zip(rest.step_by(PIECE_BYTES)) {
            let body = piece(from)?;
            within!(&mut transaction, connection => {
                sqlx::query(REST).bind(digest.as_str()).bind(number).bind(body).execute(connection).await.map(drop)
            })?;
        }
        transaction.commit().await
    }
}
