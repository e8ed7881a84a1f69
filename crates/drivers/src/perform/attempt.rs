//! One attempt at a step: what is recorded on its way, and how far it comes.
//!
//! Invariant: a command before which something is to be recorded is begun only once that is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{Cancellation, Scope};
use crate::redact::Redactor;
use crate::seal::{CaptureKey, Origin};

/// What was found before a command, on its way to whoever keeps it.
#[derive(Debug)]
pub struct StateFound {
    /// The sealed bytes, by `INDEX/VARIABLE`; or one sentence that says why there are none.
    pub sealed: Result<BTreeMap<String, Bytes>, String>,
    /// To be answered once it is kept, or with the reason why the command must not be performed.
    pub kept: oneshot::Sender<Result<(), String>>,
}

/// What an attempt at a step needs beside its commands.
pub(super) struct Attempt<'a> {
    /// What is to be recorded, as `INDEX/VARIABLE`.
    pub(super) to_capture: &'a BTreeSet<String>,
    pub(super) key: Option<&'a CaptureKey>,
    /// `None` where nobody keeps anything.
    pub(super) records: Option<&'a mpsc::Sender<StateFound>>,
    pub(super) redactor: &'a Redactor,
    /// How many commands were begun so far, at most.
    pub(super) begun: &'a mut usize,
}

impl Attempt<'_> {
    /// Whether something is to be recorded before any of these commands.
    pub(super) fn records_before(&self, commands: &Range<usize>) -> bool {
        let index = |key: &String| key.split_once('/').and_then(|(index, _)| index.parse().ok());
        self.to_capture.iter().filter_map(index).any(|index| commands.contains(&index))
    }

    /// Waits until what was found is kept; or says why the command must not be performed.
    pub(super) async fn keep(
        &self,
        scope: &Scope<'_>,
        found: Result<Vec<(String, Vec<u8>)>, String>,
        cancelled: &mut Cancellation,
    ) -> Result<(), String> {
        const NOBODY: &str = "there is nobody here to keep what is before it";
        let records = self.records.ok_or(NOBODY)?;
        let found = found.map_err(|summary| self.redactor.text(&summary));
        let sealed = found.and_then(|values| sealed(self.key, scope, values));
        let (kept, answer) = oneshot::channel();
        let keeping = async {
            records.send(StateFound { sealed, kept }).await.map_err(|_| NOBODY)?;
            answer.await.map_err(|_| NOBODY)?
        };
        tokio::select! {
            biased;
            kept = keeping => kept,
            () = cancelled.wait() => Err("was cancelled while what is before it was being recorded".to_owned()),
        }
    }
}

/// Values as they may be kept.
pub(super) fn sealed(
    key: Option<&CaptureKey>,
    scope: &Scope<'_>,
    values: Vec<(String, Vec<u8>)>,
) -> Result<BTreeMap<String, Bytes>, String> {
    let key = key.ok_or("there is no data directory here to keep the key of what is captured in")?;
    let seal = |(name, value): (String, Vec<u8>)| {
        let origin = Origin { run: scope.run, step: scope.step, key: name.clone() };
        let sealed = key.seal(&origin, value).map_err(|error| format!("what was captured is not kept: {error}"))?;
        Ok((name, Bytes::from(sealed)))
    };
    values.into_iter().map(seal).collect()
}
