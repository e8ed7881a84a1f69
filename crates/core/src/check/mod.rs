//! Check: something watched. The log holds only the edges: a probe that changes nothing appends nothing.
//!
//! The transition table stands in `docs/reference/transitions.md`.

mod react;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::record::Recorded;
use crate::world::{Folded, World, retain};

pub(crate) use react::accept;

/// What is known of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// How it stands.
    pub state: CheckState,
    /// Since when.
    pub since: Timestamp,
    /// Why it falters or fails.
    pub reason: Option<String>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum CheckState {
    /// Never probed under this policy.
    Unknown,
    /// It passes.
    Passing,
    /// It failed, but not often enough to say so.
    Faltering {
        /// How many times in a row.
        failures: u32,
    },
    /// It has failed.
    Failing,
    /// It passes again, but not long enough to say so.
    Recovering {
        /// How many times in a row.
        passes: u32,
    },
}

impl CheckState {
    /// The word shown to people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Passing => "passing",
            Self::Faltering { .. } => "faltering",
            Self::Failing => "failing",
            Self::Recovering { .. } => "recovering",
        }
    }

    /// Whether users should be told that it works.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Unknown | Self::Passing | Self::Faltering { .. })
    }
}

/// The state after an event, or `None` where the event makes no sense.
pub(crate) fn next(state: CheckState, event: &Event) -> Option<CheckState> {
    use CheckState::{Failing, Faltering, Passing, Recovering, Unknown};
    match (state, event) {
        (Unknown | Faltering { .. } | Failing | Recovering { .. }, Event::CheckPassed { .. }) => Some(Passing),
        (Unknown | Passing | Faltering { .. }, Event::CheckFaltered { failures, .. }) => {
            Some(Faltering { failures: *failures })
        }
        (Unknown | Passing | Faltering { .. } | Recovering { .. }, Event::CheckFailed { .. }) => Some(Failing),
        (Failing | Recovering { .. }, Event::CheckRecovering { passes, .. }) => Some(Recovering { passes: *passes }),
        _ => None,
    }
}

pub(crate) fn fold(world: &mut World, recorded: &Recorded) -> Folded {
    let (name, reason) = match recorded.event.as_ref() {
        Event::PolicyAdopted { policy } => {
            retain(&mut world.checks, |name, _| policy.checks.contains_key(name));
            for name in
                policy.checks.keys().filter(|name| !world.checks.contains_key(*name)).cloned().collect::<Vec<_>>()
            {
                world.checks.insert(name, Check { state: CheckState::Unknown, since: recorded.at, reason: None });
            }
            return Ok(());
        }
        Event::CheckPassed { check } | Event::CheckRecovering { check, .. } => (check, None),
        Event::CheckFaltered { check, reason, .. } | Event::CheckFailed { check, reason } => (check, Some(reason)),
        _ => return Ok(()),
    };
    let check = world.checks.get_mut(name).ok_or_else(|| format!("met no check `{name}`"))?;
    let state = next(check.state, &recorded.event).ok_or_else(|| format!("met a {} check", check.state.word()))?;
    if state.word() != check.state.word() {
        check.since = recorded.at;
    }
    check.state = state;
    check.reason = reason.cloned().or_else(|| check.reason.take().filter(|_| !state.is_well()));
    Ok(())
}
