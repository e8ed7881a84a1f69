//! Proof that the log is what was written.
//!
//! The chain alone shows change, loss in the middle and a changed order; only a head that was kept elsewhere shows that
//! the end was cut off, or that the whole chain was computed anew.

use allclear_core::{Recorded, Seq};

use crate::chain::{Head, Link};
use crate::database::Database;
use crate::outage::Unavailable;
use crate::read::StoredEvent;
use crate::sqlite;
use crate::store::Store;

/// What is wrong with the log, at its first place.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are positions in the log, and the messages explain them")]
pub enum VerifyError {
    /// The text of an event is not the one that was written.
    #[error(
        "event {seq} was changed after it was written: keep a copy of the log as it is, and compare with an export or a backup"
    )]
    Changed { seq: Seq },
    /// An event stands where another stood.
    #[error(
        "where event {seq} should be stands event {holds}: the order was changed; keep a copy of the log as it is, and compare with an export or a backup"
    )]
    Reordered { seq: Seq, holds: Seq },
    /// An event in the middle is gone.
    #[error(
        "event {seq} is missing: it was taken out after it was written; keep a copy of the log as it is, and compare with an export or a backup"
    )]
    Missing { seq: Seq },
    /// The text is what was written, but a column by which events are found is not.
    #[error(
        "event {seq} is filed wrongly (its `{column}` does not say what its text says): it would not be found; compare with an export or a backup"
    )]
    Mislabelled { seq: Seq, column: &'static str },
    /// The log ends before the head that was kept.
    #[error("the log ends at {} but had {seq} events: the end was removed", head.seq)]
    Removed { seq: Seq, head: Head },
    /// The log has another history than the head that was kept.
    #[error(
        "the log is whole in itself, but at event {seq} it is not the one that the given head was taken from: it was written anew"
    )]
    Rewritten { seq: Seq },
    /// The store could not answer.
    #[error(transparent)]
    Unavailable(Unavailable),
}

impl Store {
    /// Goes through the whole log and computes its chain again; with a head that was kept elsewhere, also proves that
    /// the log still holds everything that it held then.
    pub async fn verify(&self, against: Option<Head>) -> Result<Head, VerifyError> {
        let mut link = Link::GENESIS;
        let mut matches = against.as_ref().is_none_or(|kept| link.head() == *kept);
        loop {
            let page = self.page(crate::chain::column(link.seq)).await.map_err(VerifyError::Unavailable)?;
            if page.is_empty() {
                break;
            }
            for event in &page {
                link = follow(&link, event)?;
                matches |= against.as_ref().is_some_and(|kept| kept.seq == link.seq && link.head() == *kept);
            }
        }
        if let Database::Sqlite(file) = self.log()
            && let Some(seq) = sqlite::unled(file.reader()).await.map_err(unavailable)?
        {
            return Err(VerifyError::Mislabelled { seq: seq.unsigned_abs(), column: "leads" });
        }
        match against {
            Some(kept) if kept.seq > link.seq => Err(VerifyError::Removed { seq: kept.seq, head: link.head() }),
            Some(kept) if !matches => Err(VerifyError::Rewritten { seq: kept.seq }),
            _ => Ok(link.head()),
        }
    }
}

fn unavailable(error: sqlx::Error) -> VerifyError {
    VerifyError::Unavailable(Unavailable::because(error))
}

fn follow(previous: &Link, event: &StoredEvent) -> Result<Link, VerifyError> {
    let seq = previous.seq + 1;
    if event.seq != crate::chain::column(seq) {
        return Err(VerifyError::Missing { seq });
    }
    let link = previous.next(&event.body);
    let record: Option<Recorded> = serde_json::from_str(&event.body).ok();
    if link.hash() != event.hash {
        return Err(match record {
            Some(record) if record.seq != seq => VerifyError::Reordered { seq, holds: record.seq },
            _ => VerifyError::Changed { seq },
        });
    }
    // An event of a newer version is no sign of tampering: its text was proven, only its columns cannot be.
    match record.and_then(|record| misfiled(event, &record)) {
        Some(column) => Err(VerifyError::Mislabelled { seq, column }),
        None => Ok(link),
    }
}

fn misfiled(event: &StoredEvent, record: &Recorded) -> Option<&'static str> {
    let column = |id: Seq| crate::chain::column(id);
    let columns = [
        ("seq", event.seq == column(record.seq)),
        ("at", event.at == record.at.as_microsecond()),
        ("kind", event.kind == record.event.name()),
        ("incident", event.incident == record.incident.map(|incident| column(incident.0))),
        ("run", event.run == record.run.map(|run| column(run.0))),
    ];
    columns.into_iter().find_map(|(name, agrees)| (!agrees).then_some(name))
}
