//! The way of the output: from the pipe, through redaction, to whoever receives it.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::redact::RedactedStream;

/// A bounded channel behind a redacting stream.
pub(crate) struct OutputSink<'a> {
    sender: &'a mpsc::Sender<Bytes>,
    stream: RedactedStream,
}

impl<'a> OutputSink<'a> {
    pub(super) fn new(sender: &'a mpsc::Sender<Bytes>, stream: RedactedStream) -> Self {
        Self { sender, stream }
    }

    /// Sends what may leave of these bytes; waits where the channel is full.
    pub(crate) async fn send(&mut self, chunk: &[u8]) {
        let clean = self.stream.push(chunk);
        self.forward(clean).await;
    }

    /// Sends what was held back.
    pub(super) async fn finish(mut self) {
        let clean = self.stream.finish();
        self.forward(clean).await;
    }

    async fn forward(&self, clean: Bytes) {
        if !clean.is_empty() {
            // A receiver that has gone away wants no output; the command goes on.
            let _ = self.sender.send(clean).await;
        }
    }
}
