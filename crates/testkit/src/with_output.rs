//! Performing something with a place for its output.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

/// A limit for what should take no time, so that a broken test ends.
const LIMIT: Duration = Duration::from_secs(60);

/// What came of performing, and the output that was sent meanwhile.
pub async fn with_output<T>(perform: impl AsyncFnOnce(&mpsc::Sender<Bytes>) -> T) -> (T, Vec<u8>) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let performing = async {
        let performed = perform(&sender).await;
        drop(sender);
        performed
    };
    let collecting = async {
        let mut output = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            output.extend_from_slice(&chunk);
        }
        output
    };
    tokio::time::timeout(LIMIT, async { tokio::join!(performing, collecting) }).await.expect("it ends")
}
