//! The log as a text that outlives us: JSON lines.
//!
//! `{"format":"allclear-log","version":1}`, then `{"body":"…","hash":"…"}` per event, then `{"head":{"seq":N,"hash":"…"}}`.
//! The body is the exact text that the hash covers. Memory stays constant. A damaged log is exported as it is.

use std::io;

use allclear_core::{Digest, Seq};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::chain::{Head, Link, column};
use crate::outage::Unavailable;
use crate::store::Store;

pub(crate) const FORMAT: &str = "allclear-log";
pub(crate) const VERSION: u32 = 1;

/// Why the log was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The export could not be written.
    #[error("the export could not be written: it is incomplete, delete it and try again")]
    Write(#[source] io::Error),
    /// The store could not answer.
    #[error(transparent)]
    Unavailable(Unavailable),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) format: String,
    pub(crate) version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) body: String,
    pub(crate) hash: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Footer {
    pub(crate) head: FooterHead,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FooterHead {
    pub(crate) seq: Seq,
    pub(crate) hash: Digest,
}

impl Store {
    /// Writes the log as it is now; what is appended meanwhile is left out. Returns its head.
    pub async fn export<W: AsyncWrite + Unpin>(&self, writer: W) -> Result<Head, ExportError> {
        let mut writer = tokio::io::BufWriter::new(writer);
        let head = self.head().await.map_err(ExportError::Unavailable)?;
        write_line(&mut writer, &Header { format: FORMAT.to_owned(), version: VERSION }).await?;
        let mut after = 0;
        while after < column(head.seq) {
            let page = self.page(after).await.map_err(ExportError::Unavailable)?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for event in page.into_iter().filter(|event| event.seq <= column(head.seq)) {
                let hash = Link::stored(event.seq, &event.hash).map(|link| link.head().hash).unwrap_or_default();
                write_line(&mut writer, &Line { body: event.body, hash }).await?;
            }
        }
        let footer = Footer { head: FooterHead { seq: head.seq, hash: head.hash.clone() } };
        write_line(&mut writer, &footer).await?;
        writer.flush().await.map_err(ExportError::Write)?;
        Ok(head)
    }
}

async fn write_line<W: AsyncWrite + Unpin>(writer: &mut W, line: &impl Serialize) -> Result<(), ExportError> {
    let mut text = serde_json::to_vec(line).map_err(|error| ExportError::Write(error.into()))?;
    text.push(b'\n');
    writer.write_all(&text).await.map_err(ExportError::Write)
}
