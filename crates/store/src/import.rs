//! An exported log becomes the log of an empty store.
//!
//! All or nothing: every line is verified as it is read, and one commit at the end makes it so.

use std::io;

use allclear_core::{Recorded, Seq};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::append::Row;
use crate::chain::{Head, Link};
use crate::export::{FORMAT, Footer, Header, Line, VERSION};
use crate::outage::Unavailable;
use crate::store::Store;

/// No event comes near this; a line that does is not from us.
const LINE_BYTES: u64 = 64 * 1024 * 1024;
const ROWS: usize = 512;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are line numbers of the export and positions in the log")]
pub enum ImportError {
    /// The store already holds events.
    #[error("the store already holds {} events: import into an empty data directory or database", head.seq)]
    NotEmpty { head: Head },
    /// The text is something else.
    #[error(
        "this is not an export of an Allclear log: its first line should be {{\"format\":\"allclear-log\",\"version\":1}}"
    )]
    NotAnExport,
    /// A newer Allclear has written it.
    #[error("this export has version {found} and this release knows {VERSION}: install a newer one")]
    NewerVersion { found: u32 },
    /// A line is not what it should be.
    #[error("line {line} of the export cannot be read: {reason}; nothing was imported")]
    BadLine { line: u64, reason: String },
    /// The hashes do not tie out.
    #[error(
        "event {seq} (line {line}) is not the one that was exported: its hash does not match; nothing was imported"
    )]
    Changed { line: u64, seq: Seq },
    /// The last line is missing, or says that there was more.
    #[error("the export ends after {events} events without its last line: it is incomplete; nothing was imported")]
    Truncated { events: Seq },
    /// The export could not be read.
    #[error("the export could not be read; nothing was imported")]
    Read(#[source] io::Error),
    /// The store could not answer.
    #[error(transparent)]
    Unavailable(Unavailable),
}

impl Store {
    /// Fills an empty store with an exported log; returns its head, which is the one that was exported.
    pub async fn import<R: AsyncBufRead + Unpin>(&self, reader: R) -> Result<Head, ImportError> {
        let unavailable = |error| ImportError::Unavailable(Unavailable::because(error));
        let mut lines = Lines { reader, number: 0 };
        read_header(&mut lines).await?;
        let mut transaction = self.log().begin().await.map_err(unavailable)?;
        let before = transaction.end().await.map_err(unavailable)?;
        if before != Link::GENESIS {
            return Err(ImportError::NotEmpty { head: before.head() });
        }
        let mut link = Link::GENESIS;
        loop {
            let (rows, footer) = read_rows(&mut lines, &mut link).await?;
            transaction.insert(rows).await.map_err(unavailable)?;
            if let Some(footer) = footer {
                check_end(&mut lines, &footer, &link).await?;
                break;
            }
        }
        transaction.commit().await.map_err(unavailable)?;
        let head = link.head();
        self.tail().raise(link);
        Ok(head)
    }
}

async fn read_header<R: AsyncBufRead + Unpin>(lines: &mut Lines<R>) -> Result<(), ImportError> {
    let text = lines.next().await?.ok_or(ImportError::NotAnExport)?;
    match serde_json::from_slice(&text) {
        Ok(Header { format, version: VERSION }) if format == FORMAT => Ok(()),
        Ok(Header { format, version }) if format == FORMAT => Err(ImportError::NewerVersion { found: version }),
        _ => Err(ImportError::NotAnExport),
    }
}

/// Reads at most `ROWS` events; the footer is there once the last line was read.
async fn read_rows<R: AsyncBufRead + Unpin>(
    lines: &mut Lines<R>,
    link: &mut Link,
) -> Result<(Vec<Row>, Option<Footer>), ImportError> {
    let mut rows = Vec::new();
    while rows.len() < ROWS {
        let text = lines.next().await?.ok_or(ImportError::Truncated { events: link.seq })?;
        if let Ok(footer) = serde_json::from_slice(&text) {
            return Ok((rows, Some(footer)));
        }
        let row = read_row(&text, lines.number, link)?;
        *link = row.link.clone();
        rows.push(row);
    }
    Ok((rows, None))
}

fn read_row(text: &[u8], line: u64, previous: &Link) -> Result<Row, ImportError> {
    let bad = |error: serde_json::Error| ImportError::BadLine { line, reason: error.to_string() };
    let Line { body, hash } = serde_json::from_slice(text).map_err(bad)?;
    let link = previous.next(&body);
    if link.head().hash != hash {
        return Err(ImportError::Changed { line, seq: link.seq });
    }
    let record: Recorded = serde_json::from_str(&body).map_err(bad)?;
    if record.seq != link.seq {
        return Err(ImportError::Changed { line, seq: link.seq });
    }
    Ok(Row::new(previous, &record, body))
}

async fn check_end<R: AsyncBufRead + Unpin>(
    lines: &mut Lines<R>,
    footer: &Footer,
    link: &Link,
) -> Result<(), ImportError> {
    let stated = Head { seq: footer.head.seq, hash: footer.head.hash.clone() };
    if stated != link.head() {
        return Err(ImportError::Truncated { events: link.seq });
    }
    match lines.next().await? {
        Some(_) => Err(ImportError::BadLine { line: lines.number, reason: "text after the last line".to_owned() }),
        None => Ok(()),
    }
}

struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(LINE_BYTES);
        limited.read_until(b'\n', &mut line).await.map_err(ImportError::Read)?;
        self.number += 1;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            // A line of ours is always ended: without that it was cut off, or has no end.
            Some(_) => Err(ImportError::BadLine { line: self.number, reason: "it has no end".to_owned() }),
        }
    }
}
