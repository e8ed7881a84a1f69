//! The lease: of all replicas, the holder performs the effects.
//!
//! Correctness does not rest on it: effects are idempotent, and an append may name the token, which fences off a holder
//! that slept too long.

use std::time::Duration;

use jiff::Timestamp;

use crate::database::{reading, within};
use crate::outage::Unavailable;
use crate::store::Store;

/// A lease that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Grows with each change of holder.
    pub token: u64,
    /// When it ends, unless it is taken again before.
    pub until: Timestamp,
}

impl Store {
    /// Takes the lease, or keeps it; `None` while somebody else holds it. `holder` must name one start of one process,
    /// for a namesake would count as the same.
    pub async fn take_lease(&self, holder: &str, now: Timestamp, ttl: Duration) -> Result<Option<Lease>, Unavailable> {
        let until = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        let token = self.upsert_lease(holder, now, until).await.map_err(Unavailable::because)?;
        Ok(token.map(|token| Lease { token: token.unsigned_abs(), until }))
    }

    /// Gives the lease back, so that another may take it at once; nothing happens if `holder` does not have it.
    pub async fn release_lease(&self, holder: &str) -> Result<(), Unavailable> {
        self.expire_lease(holder).await.map_err(Unavailable::because)
    }

    /// The token of whoever took the lease last; 0 if nobody ever did.
    pub(crate) async fn lease_token(&self) -> Result<u64, Unavailable> {
        const TOKEN: &str = "SELECT token FROM lease WHERE name = 'engine'";
        let token: Result<Option<i64>, _> =
            reading!(self.log(), pool => sqlx::query_scalar(TOKEN).fetch_optional(pool).await);
        Ok(token.map_err(Unavailable::because)?.unwrap_or(0).unsigned_abs())
    }

    async fn upsert_lease(&self, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<i64>, sqlx::Error> {
        const TAKE: &str = "INSERT INTO lease (name, holder, token, until) VALUES ('engine', $1, 1, $3) \
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, \
            token = CASE WHEN lease.holder = excluded.holder THEN lease.token ELSE lease.token + 1 END \
            WHERE lease.holder = excluded.holder OR lease.until <= $2 RETURNING token";
        let (now, until) = (now.as_microsecond(), until.as_microsecond());
        let mut transaction = self.log().begin().await?;
        let token = within!(&mut transaction, connection => {
            sqlx::query_scalar(TAKE).bind(holder).bind(now).bind(until).fetch_optional(connection).await?
        });
        transaction.commit().await?;
        Ok(token)
    }

    async fn expire_lease(&self, holder: &str) -> Result<(), sqlx::Error> {
        const RELEASE: &str = "UPDATE lease SET until = $2 WHERE name = 'engine' AND holder = $1";
        let mut transaction = self.log().begin().await?;
        within!(&mut transaction, connection => {
            sqlx::query(RELEASE).bind(holder).bind(i64::MIN).execute(connection).await.map(drop)
        })?;
        transaction.commit().await
    }
}
