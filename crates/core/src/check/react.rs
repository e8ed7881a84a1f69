//! Decides what a probe's verdict means: counted against the thresholds of the policy.

use crate::check::CheckState;
use crate::command::Verdict;
use crate::decide::Batch;
use crate::event::Event;
use crate::refusal::Refusal;

pub(crate) fn accept(batch: &mut Batch, name: &str, verdict: &Verdict) -> Result<(), Refusal> {
    let missing = || Refusal::NotInPolicy { noun: "check".to_owned(), name: name.to_owned() };
    let policy = batch.policy();
    let thresholds = policy.checks.get(name).ok_or_else(missing)?;
    let state = batch.world().checks.get(name).ok_or_else(missing)?.state;
    let check = name.to_owned();
    let event = match verdict {
        Verdict::Pass => passed(state, check, thresholds.passes_to_recover),
        Verdict::Fail { reason } => failed(state, check, reason.clone(), thresholds.failures_to_fail),
    };
    if let Some(event) = event {
        batch.push(event);
    }
    Ok(())
}

fn passed(state: CheckState, check: String, passes_to_recover: u32) -> Option<Event> {
    let passes = match state {
        CheckState::Passing => return None,
        CheckState::Unknown | CheckState::Faltering { .. } => return Some(Event::CheckPassed { check }),
        CheckState::Failing => 1,
        CheckState::Recovering { passes } => passes.saturating_add(1),
    };
    Some(if passes >= passes_to_recover {
        Event::CheckPassed { check }
    } else {
        Event::CheckRecovering { check, passes }
    })
}

fn failed(state: CheckState, check: String, reason: String, failures_to_fail: u32) -> Option<Event> {
    let failures = match state {
        CheckState::Failing => return None,
        // One failure while recovering is a relapse, not a new beginning.
        CheckState::Recovering { .. } => return Some(Event::CheckFailed { check, reason }),
        CheckState::Unknown | CheckState::Passing => 1,
        CheckState::Faltering { failures } => failures.saturating_add(1),
    };
    Some(if failures >= failures_to_fail {
        Event::CheckFailed { check, reason }
    } else {
        Event::CheckFaltered { check, failures, reason }
    })
}
