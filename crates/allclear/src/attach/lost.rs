//! A server that went away: a terminal waits for it to come back, anything else says how the run goes on.

use std::time::Duration;

use tokio::time::Instant;

use super::Attached;
use crate::Format;
use crate::client::EventStream;
use crate::exit::{Exit, Failure};
use crate::print;

/// How long a terminal waits: more than a restart takes.
const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Attached<'_> {
    /// The stream from its beginning, once the server is back. An answer that says no is passed on.
    pub(super) async fn reconnect(&mut self, error: anyhow::Error) -> anyhow::Result<EventStream> {
        if error.downcast_ref::<Failure>().is_some() || self.client.is_here() {
            return Err(error);
        }
        if self.terminal.is_none() || self.leaving {
            return Err(self.lost(&error));
        }
        print::words(format!("\nThe server went away ({error:#}). Waiting for it to come back; Ctrl-C leaves."));
        let until = Instant::now() + WAIT_MAX;
        while Instant::now() < until {
            tokio::select! {
                () = self.interrupts.next() => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Ok(lines) = self.client.events(&format!("runs/{}/follow", self.id)).await {
                print::words("The server is back.");
                return Ok(lines);
            }
        }
        Err(self.lost(&error))
    }

    /// What is known of the run is worth more than the error of the connection.
    fn lost(&self, error: &anyhow::Error) -> anyhow::Error {
        let id = self.id;
        let Some(step) = self.story.under_way() else {
            let message = format!("the server went away: {error:#}; once it is back, `allclear resume {id}` goes on");
            return Failure::problems(message);
        };
        if self.common.format == Format::Json {
            let _ = print::json(&self.seen);
        }
        Failure { exit: Exit::InDoubt, message: format!(
            "the server went away: {error:#}\n{id} step {step} may be in doubt: once the server is back, `allclear resume {id}` says."
        ) }
        .into()
    }
}
