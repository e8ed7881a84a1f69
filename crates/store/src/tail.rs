//! Word that the log has grown, for whoever follows it.
//!
//! A hint to read on, never the events themselves: what decides is always the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use allclear_core::Seq;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::block::OpenBlock;
use crate::chain::Link;
use crate::database::Database;
use crate::postgres;
use crate::store::Store;

const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// The end of the log as far as it is known here.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The last event that was appended or seen here: what the next one is chained to, if nobody was faster.
    link: Mutex<Link>,
    /// What the last append knew about the block that it ended in.
    block: Mutex<OpenBlock>,
    appended: Arc<watch::Sender<Seq>>,
    /// Hears of other replicas; ends with the store.
    listener: Option<AbortHandle>,
}

impl Store {
    /// The position of the last event that this handle or its clones appended or, on PostgreSQL, heard of from another
    /// replica. A hint to read on, for whoever follows the log; never proof that there is nothing more.
    pub fn appended(&self) -> watch::Receiver<Seq> {
        self.tail().appended.subscribe()
    }
}

impl Tail {
    pub(crate) async fn of(log: &Database) -> Result<Self, sqlx::Error> {
        let appended = Arc::new(watch::Sender::new(0));
        let listener = match log {
            Database::Sqlite(_) => None,
            Database::Postgres(pool) => {
                let mut listener = PgListener::connect_with(pool).await?;
                listener.listen(postgres::CHANNEL).await?;
                Some(tokio::spawn(hear(listener, pool.clone(), Arc::clone(&appended))).abort_handle())
            }
        };
        Ok(Self { link: Mutex::new(Link::GENESIS), block: Mutex::default(), appended, listener })
    }

    pub(crate) fn link(&self) -> Link {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves nothing behind for another append that is under way, which then knows of nothing.
    pub(crate) fn take_block(&self) -> OpenBlock {
        std::mem::take(&mut self.block.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn put_block(&self, block: OpenBlock) {
        *self.block.lock().unwrap_or_else(PoisonError::into_inner) = block;
    }

    /// The log has grown to here.
    pub(crate) fn raise(&self, end: Link) {
        raise(&self.appended, end.seq);
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if end.seq > link.seq {
            *link = end;
        }
    }

    /// The log ends here, whatever was known.
    pub(crate) fn reset(&self, end: Link) {
        raise(&self.appended, end.seq);
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

fn raise(appended: &watch::Sender<Seq>, seq: Seq) {
    appended.send_if_modified(|known| {
        let news = seq > *known;
        *known = seq.max(*known);
        news
    });
}

/// Passes on what other replicas announce, over however many connections that takes.
async fn hear(mut listener: PgListener, pool: PgPool, appended: Arc<watch::Sender<Seq>>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => raise(&appended, notification.payload().parse().unwrap_or(0)),
            // The connection was lost and what was announced meanwhile with it: look for ourselves.
            Ok(None) => raise(&appended, postgres::last_seq(&pool).await.unwrap_or(0)),
            Err(sqlx::Error::PoolClosed) => return,
            Err(_) => tokio::time::sleep(RECONNECT_AFTER).await,
        }
    }
}
