//! The way of the output: from the pipe, through redaction, to whoever receives it.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;

use crate::redact::RedactedStream;

/// How much of the end of the output is remembered.
const TAIL_BYTES: usize = 1024;

/// A bounded channel behind a redacting stream.
pub(crate) struct OutputSink<'a> {
    /// `None` where nobody is to see it.
    sender: Option<&'a mpsc::Sender<Bytes>>,
    stream: RedactedStream,
    tail: Vec<u8>,
}

impl<'a> OutputSink<'a> {
    pub(super) fn new(sender: &'a mpsc::Sender<Bytes>, stream: RedactedStream) -> Self {
        Self { sender: Some(sender), stream, tail: Vec::new() }
    }

    /// One of which only the tail is kept.
    pub(super) fn silent(stream: RedactedStream) -> Self {
        Self { sender: None, stream, tail: Vec::new() }
    }

    /// Sends what may leave of these bytes; waits where the channel is full.
    pub(crate) async fn send(&mut self, chunk: &[u8]) {
        let clean = self.stream.push(chunk);
        self.forward(clean).await;
    }

    /// Reads what comes next into its place, and says how much that was; without a read that ends, nothing has happened.
    pub(crate) async fn read(&mut self, pipe: &mut (impl AsyncRead + Unpin), room: usize) -> io::Result<usize> {
        pipe.read_buf(self.stream.incoming(room)).await
    }

    /// Sends what may leave of what was read.
    pub(crate) async fn send_read(&mut self) {
        let clean = self.stream.appended();
        self.forward(clean).await;
    }

    /// The last of what has left, to look for the reason of a failure in.
    pub(crate) fn tail(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }

    /// Sends what was held back.
    pub(super) async fn finish(mut self) {
        let clean = self.stream.finish();
        self.forward(clean).await;
    }

    async fn forward(&mut self, clean: Bytes) {
        if !clean.is_empty() {
            let superseded = (self.tail.len() + clean.len()).saturating_sub(TAIL_BYTES).min(self.tail.len());
            self.tail.drain(..superseded);
            self.tail.extend_from_slice(&clean[clean.len().saturating_sub(TAIL_BYTES)..]);
            if let Some(sender) = self.sender {
                // A receiver that has gone away wants no output; the command goes on.
                let _ = sender.send(clean).await;
            }
        }
    }
}
