//! The signal that a run was cancelled.

use tokio::sync::watch;

/// Set once, for good.
#[derive(Clone)]
pub(crate) struct Cancellation(watch::Receiver<bool>);

impl Cancellation {
    /// The signal that this sender gives.
    pub(super) fn of(sender: &watch::Sender<bool>) -> Self {
        Self(sender.subscribe())
    }

    /// Whether it was given.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is given. Dropping the future loses nothing.
    pub(crate) async fn wait(&mut self) {
        // A sender that is gone has given up its run, and so should whoever waits.
        let _ = self.0.wait_for(|cancelled| *cancelled).await;
    }
}
