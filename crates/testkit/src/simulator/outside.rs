//! What drivers meet in a simulation, by script.

use std::collections::BTreeMap;

/// How what a check watches is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Probes pass.
    Up,
    /// Probes fail, for this reason.
    Down(String),
}

/// What a channel answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP status.
    Status(u16),
    /// It cannot work at all, for this reason.
    Refused(String),
}

/// What becomes of a step that is performed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StepScript {
    /// Nothing, until the script says so.
    #[default]
    Hangs,
    /// It succeeds at once, with this summary.
    Succeeds(String),
    /// It fails at once, with this summary.
    Fails(String),
    /// It fails at its command of this number, from 1, with this summary.
    FailsAt(u32, String),
}

/// What becomes of recording what is before a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureScript {
    /// Nothing, until the script says so.
    Hangs,
    /// Every variable holds this, sealed.
    Succeeds(String),
    /// It fails at once, with this summary.
    Fails(String),
}

/// The outside.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    checks: BTreeMap<String, Health>,
    channels: BTreeMap<String, Answer>,
    steps: BTreeMap<u32, StepScript>,
    every_step: StepScript,
    captures: BTreeMap<u32, CaptureScript>,
}

impl Outside {
    /// Sets how what a check watches is; from then on the check is probed by its schedule.
    pub fn set_health(&mut self, check: &str, health: Health) {
        self.checks.insert(check.to_owned(), health);
    }

    /// Sets what a channel answers; 200 before.
    pub fn set_answer(&mut self, channel: &str, answer: Answer) {
        self.channels.insert(channel.to_owned(), answer);
    }

    /// Sets what becomes of the step of that number, in every run.
    pub fn set_step(&mut self, step: u32, script: StepScript) {
        self.steps.insert(step, script);
    }

    /// Sets what becomes of every step that was not set by number.
    pub fn set_every_step(&mut self, script: StepScript) {
        self.every_step = script;
    }

    /// Sets what becomes of recording what is before the step of that number, in every run; before, it succeeds.
    pub fn set_capture(&mut self, step: u32, script: CaptureScript) {
        self.captures.insert(step, script);
    }

    pub(super) fn is_probed(&self) -> bool {
        !self.checks.is_empty()
    }

    pub(crate) fn health(&self, check: &str) -> Option<&Health> {
        self.checks.get(check)
    }

    pub(crate) fn answer(&self, channel: &str) -> Answer {
        self.channels.get(channel).cloned().unwrap_or(Answer::Status(200))
    }

    pub(crate) fn capture(&self, step: u32) -> CaptureScript {
        let usual = || CaptureScript::Succeeds(format!("what was before step {step}"));
        self.captures.get(&step).cloned().unwrap_or_else(usual)
    }

    pub(crate) fn step(&self, step: u32) -> StepScript {
        self.steps.get(&step).unwrap_or(&self.every_step).clone()
    }
}
