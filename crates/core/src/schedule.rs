//! When each check is probed next: a function of the policy and the time, not of the log, for samples are not facts.
//!
//! Every check has a stable place within its interval, told from its name, so that many checks spread over the time and
//! a restart does not shift them. The first probe comes within seconds, whatever the interval.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::{SignedDuration, Timestamp};

use crate::effect::ProbeEffect;
use crate::policy::{CheckPolicy, Policy};

/// The first probes of all checks are spread over this much time.
const FIRST_PROBES_MS: u64 = 5_000;

/// The times of the next probes, soonest first.
#[derive(Debug, Default)]
pub struct ProbeSchedule {
    next: BinaryHeap<Reverse<(Timestamp, String)>>,
}

impl ProbeSchedule {
    /// A schedule for every check of the policy, beginning at `now`.
    pub fn begin(policy: &Policy, now: Timestamp) -> Self {
        let first = |(name, check): (&String, &CheckPolicy)| {
            let window_ms = check.interval_ms.min(FIRST_PROBES_MS);
            Reverse((after_ms(now, place(name, window_ms)), name.clone()))
        };
        Self { next: policy.checks.iter().map(first).collect() }
    }

    /// When the next probe is due; `None` where nothing is watched.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.next.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes every probe that is due, and schedules the one after it. Intervals that were missed are not made up for.
    pub fn take_due(&mut self, policy: &Policy, now: Timestamp) -> Vec<ProbeEffect> {
        let mut due = Vec::new();
        while self.next_at().is_some_and(|at| at <= now) {
            let Some(Reverse((due_at, name))) = self.next.pop() else { break };
            let Some(check) = policy.checks.get(&name) else { continue };
            self.next.push(Reverse((next_after(now, &name, check.interval_ms), name.clone())));
            due.push(ProbeEffect { check: name, due_at, probe: check.probe.clone() });
        }
        due
    }
}

/// The first time after `now` that is the check's place in an interval.
fn next_after(now: Timestamp, name: &str, interval_ms: u64) -> Timestamp {
    let interval_ms = interval_ms.clamp(1, u64::MAX / 4);
    let now_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let since_place_ms = (now_ms + interval_ms - place(name, interval_ms)) % interval_ms;
    after_ms(now, interval_ms - since_place_ms)
}

fn after_ms(at: Timestamp, wait_ms: u64) -> Timestamp {
    let wait = SignedDuration::from_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// A stable place within the interval, from the name alone (FNV-1a).
fn place(name: &str, interval_ms: u64) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash % interval_ms.max(1)
}
