//! The drivers, one of the three seams: everything that acts on the world.

use std::collections::BTreeMap;
use std::future::Future;

use allclear_core::{
    CaptureEffect, DeliverEffect, DeliveryResult, PerformEffect, ProbeEffect, RunId, Sample, StepOutcome,
};
use bytes::Bytes;
use jiff::Timestamp;

use crate::output::OutputSink;
use crate::state_recorder::StateRecorder;

/// Acts on the world. Every call may be repeated after a crash with the same effect.
pub trait Drivers: Send + Sync + 'static {
    /// Asks a check's question.
    fn probe(&self, effect: ProbeEffect, at: Timestamp) -> impl Future<Output = Sample> + Send;

    /// Sends a message.
    fn deliver(&self, effect: DeliverEffect, at: Timestamp) -> impl Future<Output = DeliveryResult> + Send;

    /// Records what is before a step: the sealed bytes, by `<index of the command>/<variable>`; or one sentence that says
    /// why that failed. It only observes.
    fn capture(&self, effect: CaptureEffect) -> impl Future<Output = Result<BTreeMap<String, Bytes>, String>> + Send;

    /// Performs a step; its output goes to `output` as it comes, with secrets already removed. What is before a command of
    /// it that the effect names is recorded by `states` before that command is begun.
    fn perform(
        &self,
        effect: PerformEffect,
        output: OutputSink,
        states: StateRecorder,
    ) -> impl Future<Output = Performed> + Send;

    /// Stops what is being performed for this run, with everything that it started, and lets go of its session.
    fn release(&self, run: RunId) -> impl Future<Output = ()> + Send;

    /// Lets go of the session of a run that finished by itself: it may leave in its own way.
    fn close(&self, run: RunId) -> impl Future<Output = ()> + Send;
}

/// What came of performing a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// Whether every command ended well.
    pub succeeded: bool,
    /// What is recorded; the engine adds the digest of the output.
    pub outcome: StepOutcome,
}
