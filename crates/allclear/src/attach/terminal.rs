//! The terminal that somebody sits at, and the wish to leave it.
//!
//! Invariant: a line is read only while it is asked for, so that a shell that is opened in between gets its own.

use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::print;

/// More than a terminal passes on as one line.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// How often it is looked whether a line is there: faster than anybody notices.
const LOOK_EVERY: Duration = Duration::from_millis(30);
const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Standard input, where somebody sits at it.
pub(super) struct Terminal {
    input: OwnedFd,
}

impl Terminal {
    /// `None` where nobody can be asked.
    pub(super) fn open() -> Option<Self> {
        let input = io::stdin();
        if !input.is_terminal() {
            return None;
        }
        Some(Self { input: input.as_fd().try_clone_to_owned().ok()? })
    }

    /// Asks, and waits for one line; `None` where the terminal has gone. Nothing is lost where the wait is given up.
    pub(super) async fn ask(&self, question: &str) -> Option<String> {
        print::begin(question);
        let mut line = vec![0; LINE_BYTES_MAX];
        while !self.is_ready() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let read = rustix::io::read(&self.input, &mut line).ok().filter(|read| *read > 0)?;
        Some(String::from_utf8_lossy(&line[..read]).trim().to_owned())
    }

    /// Whether a line is there, or the terminal has gone.
    fn is_ready(&self) -> bool {
        let mut input = [PollFd::new(&self.input, PollFlags::IN)];
        poll(&mut input, Some(&AT_ONCE)) != Ok(0)
    }

    /// Throws away what was typed for another question.
    pub(super) fn forget(&self) {
        let _ = tcflush(&self.input, QueueSelector::IFlush);
    }
}

/// Ctrl-C, a terminal that was closed, and the word of a service manager.
pub(super) struct Interrupts([Signal; 3]);

impl Interrupts {
    pub(super) fn listen() -> io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::terminate()];
        let [interrupt, hangup, terminate] = kinds.map(signal);
        Ok(Self([interrupt?, hangup?, terminate?]))
    }

    pub(super) async fn next(&mut self) {
        let [interrupt, hangup, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}
