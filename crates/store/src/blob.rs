//! Content-addressed bytes: the output of steps, named in the log by digest.
//!
//! Invariant: what `put_blob` has answered for is on disk, and `get_blob` returns exactly that or says that it is damaged.

use allclear_core::Digest;

use crate::database::{Database, reading, within};
use crate::outage::{Outage, Unavailable};
use crate::store::Store;

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
        let digest = Digest::of(bytes);
        if matches!(self.measurements(), Database::Sqlite(file) if !file.has_room_for(bytes.len())) {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(Unavailable { reason: Outage::DiskFull, source: source.into() });
        }
        self.insert_blob(&digest, bytes).await.map_err(Unavailable::because)?;
        Ok(digest)
    }

    /// The bytes with this digest, if they were kept.
    pub async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, BlobError> {
        const SELECT: &str = "SELECT body FROM blob WHERE digest = $1";
        let name = digest.as_str();
        let body: Result<Option<Vec<u8>>, _> = reading!(self.measurements(), pool => {
            sqlx::query_scalar(SELECT).bind(name).fetch_optional(pool).await
        });
        let body = body.map_err(|error| BlobError::Unavailable(Unavailable::because(error)))?;
        match body {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(BlobError::Damaged { digest: digest.clone() }),
            body => Ok(body),
        }
    }

    async fn insert_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO blob (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        let mut transaction = self.measurements().begin().await?;
        within!(&mut transaction, connection => {
            sqlx::query(INSERT).bind(digest.as_str()).bind(bytes).execute(connection).await.map(drop)
        })?;
        transaction.commit().await
    }
}
