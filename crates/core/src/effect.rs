//! Every way in which Allclear acts on the world; the list is complete.
//!
//! An effect is derived from the folded world, performed at least once, and its outcome comes back as a command. Its
//! id derives from the log position of the demand and is the idempotency key sent outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::command::Command;
use crate::digest::Digest;
use crate::event::{Message, StepOutcome};
use crate::id::{DeliveryId, IncidentId, RunId};
use crate::plan::Plan;
use crate::policy::{Channel, Probe, Target};

/// Something to do to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask one check's question; answered by `ReportCheck`.
    Probe(ProbeEffect),
    /// Send one message to one channel; answered by `ReportDelivery`.
    Deliver(DeliverEffect),
    /// Record what is before a step of a run; answered by `ReportCapture`.
    Capture(CaptureEffect),
    /// Perform one step of a run; answered by `ReportStep`.
    Perform(PerformEffect),
    /// See to the end of a step whose run was aborted; answered by `ReportStep`.
    Abandon(AbandonEffect),
}

/// A probe that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeEffect {
    /// Name of the check.
    pub check: String,
    /// When it should be made; how much later it is made is the lag of the schedule.
    pub due_at: Timestamp,
    /// What to ask.
    pub probe: Probe,
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliverEffect {
    /// The delivery; the idempotency key.
    pub delivery: DeliveryId,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Name of the channel.
    pub channel_name: String,
    /// The channel; `None` where the policy no longer has it.
    pub channel: Option<Channel>,
    /// What to send.
    pub message: Message,
}

/// An approved step whose commands are to be preceded by captures. They only observe, so a crash repeats them.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureEffect {
    /// The run.
    pub run: RunId,
    /// Number of the step.
    pub step: u32,
    /// The plan that holds the step.
    pub plan: Arc<Plan>,
    /// The incident that the run belongs to.
    pub incident: Option<IncidentId>,
    /// The estate; its environment is set for the captures.
    pub target: Target,
    /// Where the shell stood after the latest step that succeeded: a new shell begins there.
    pub directory: Option<String>,
}

/// A step that has been started and has no outcome yet.
#[derive(Debug, Clone, PartialEq)]
pub struct PerformEffect {
    /// The run.
    pub run: RunId,
    /// Number of the step.
    pub step: u32,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whether the attempt before was cut short and may go on in part; what one that ended left running is left alone.
    pub follows_cut_short: bool,
    /// The plan that holds the step.
    pub plan: Arc<Plan>,
    /// The incident that the run belongs to.
    pub incident: Option<IncidentId>,
    /// The estate; its environment is set for the step.
    pub target: Target,
    /// Where the shell stood after the latest step that succeeded: a new shell begins there.
    pub directory: Option<String>,
    /// The sealed bytes that the step's commands name in `captured`; whoever performs effects fetches them before.
    pub sealed: BTreeMap<Digest, Bytes>,
    /// What is to be recorded before its command is performed, as `<index of the command>/<variable>`.
    pub to_capture: BTreeSet<String>,
    /// The run that this one undoes: what is left of it must not act beside the undo.
    pub undoes: Option<RunId>,
}

/// A step that was started and whose run was aborted. It has the id of the step that is performed: where that is under
/// way its outcome is the answer, and where it was never begun, that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbandonEffect {
    /// The run.
    pub run: RunId,
    /// Number of the step.
    pub step: u32,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl AbandonEffect {
    /// What came of it where it was never begun.
    pub fn never_begun(&self) -> Command {
        let Self { run, step, attempt } = *self;
        let summary = "it was not begun: the run was aborted".to_owned();
        let outcome = StepOutcome { summary, commands_begun: Some(0), ..StepOutcome::default() };
        Command::ReportStep { run, step, attempt, succeeded: false, outcome }
    }
}

impl CaptureEffect {
    /// The identity of what is recorded before that step.
    pub fn id(run: RunId, step: u32) -> String {
        format!("{run}:{step}:capture")
    }
}

impl Effect {
    /// The identity of the effect: performed once per process, repeated after a crash under the same name.
    pub fn id(&self) -> String {
        match self {
            Self::Probe(probe) => format!("probe:{}", probe.check),
            Self::Deliver(deliver) => format!("{}:{}", deliver.delivery, deliver.attempt),
            Self::Capture(capture) => CaptureEffect::id(capture.run, capture.step),
            Self::Perform(PerformEffect { run, step, attempt, .. })
            | Self::Abandon(AbandonEffect { run, step, attempt }) => format!("{run}:{step}:{attempt}"),
        }
    }
}
