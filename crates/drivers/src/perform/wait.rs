//! Waiting: a step that only observes is tried again and again until it succeeds or its time is over.

use std::time::{Duration, Instant};

use allclear_core::{EffectClass, PlannedStep, Wait};

use super::Failure;

/// The tries of a step that waits.
pub(super) struct Tries {
    wait: Wait,
    began: Instant,
    /// How many were begun.
    count: u64,
}

impl Tries {
    /// The tries of the step, where it waits. A step that does more than to observe is never repeated.
    pub(super) fn of(step: &PlannedStep) -> Result<Option<Self>, String> {
        let Some(wait) = step.wait else { return Ok(None) };
        if step.commands.iter().any(|command| command.effect != EffectClass::Observe) {
            return Err("the step waits, and does more than to observe; nothing of it was run".to_owned());
        }
        Ok(Some(Self { wait, began: Instant::now(), count: 0 }))
    }

    /// Begins the next try; the line of the output that it begins with.
    pub(super) fn begin(&mut self) -> String {
        self.count += 1;
        match self.count {
            1 => "[try 1]\n".to_owned(),
            count => format!("[try {count}, {} s after the first]\n", self.began.elapsed().as_secs()),
        }
    }

    /// How long tries may still take.
    pub(super) fn left(&self) -> Duration {
        Duration::from_secs(self.wait.at_most_s.into()).saturating_sub(self.began.elapsed())
    }

    /// How long to wait until the next one.
    pub(super) fn pause(&self) -> Duration {
        self.left().min(Duration::from_secs(self.wait.every_s.into()))
    }

    /// What is said of the one that succeeded.
    pub(super) fn succeeded(&self, summary: &str) -> String {
        format!("{summary} at try {}, after {} s", self.count, self.began.elapsed().as_secs())
    }

    /// What is said when the time is over.
    pub(super) fn over(&self, last: &str) -> Failure {
        let tries = if self.count == 1 { "1 try".to_owned() } else { format!("{} tries", self.count) };
        format!("it did not come true within {} s ({tries}); {last}", self.wait.at_most_s).into()
    }
}
