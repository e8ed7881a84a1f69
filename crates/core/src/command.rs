//! Every request that may be made; each may be refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::event::{JobOutcome, StepOutcome};
use crate::id::{DeliveryId, IncidentId, ReviewId, RunId};
use crate::plan::Plan;
use crate::policy::{Policy, Severity};

/// A request to change something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the variants and their fields are the vocabulary itself; the nouns' modules explain them"
)]
pub enum Command {
    AdoptPolicy {
        policy: Box<Policy>,
    },
    StartEngine {
        version: String,
    },
    /// Time has reached a deadline: nothing is asked but that it be noticed.
    ReachTime,

    ReportCheck {
        check: String,
        verdict: Verdict,
    },
    ReportJob {
        job: String,
        outcome: JobOutcome,
        note: String,
    },

    OpenIncident {
        severity: Severity,
        title: String,
        component: Option<String>,
        procedure: Option<String>,
    },
    AcknowledgeIncident {
        incident: IncidentId,
    },
    AssessIncident {
        incident: IncidentId,
        severity: Severity,
        impact: String,
    },
    AssignIncident {
        incident: IncidentId,
        commander: String,
    },
    UpdateIncident {
        incident: IncidentId,
        text: String,
        public: bool,
    },
    MitigateIncident {
        incident: IncidentId,
        text: String,
    },
    ResolveIncident {
        incident: IncidentId,
        text: String,
        root_cause: Option<String>,
    },

    PlanRun {
        plan: Box<Plan>,
        incident: Option<IncidentId>,
        preapproved: Vec<Digest>,
    },
    ApproveStep {
        run: RunId,
        step: u32,
        digest: Digest,
    },
    /// A person says that a manual step, a step in doubt, or one that failed, has happened.
    ConfirmStep {
        run: RunId,
        step: u32,
        note: String,
    },
    SkipStep {
        run: RunId,
        step: u32,
        reason: String,
    },
    /// Perform a failed step, or a step in doubt, once more.
    RepeatStep {
        run: RunId,
        step: u32,
        digest: Digest,
    },
    /// Perform a step although what is before it could not be recorded: a person gives up its undo.
    ForgoUndo {
        run: RunId,
        step: u32,
        digest: Digest,
        reason: String,
    },
    ReportStep {
        run: RunId,
        step: u32,
        attempt: u32,
        succeeded: bool,
        outcome: StepOutcome,
    },
    /// What the captures of an approved step came to; or, within an attempt, those of one of its commands.
    ReportCapture {
        run: RunId,
        step: u32,
        /// The attempt under way; 0 before the step is started.
        attempt: u32,
        result: CaptureResult,
    },
    /// Start no further step; the one under way ends.
    PauseRun {
        run: RunId,
    },
    ResumeRun {
        run: RunId,
    },
    AbortRun {
        run: RunId,
        reason: String,
    },
    /// Put back what a run did, by a plan that [`undo_plan`](crate::undo_plan) made. A run that is open and at rest is
    /// aborted with it.
    StartUndo {
        undoes: RunId,
        plan: Box<Plan>,
        incident: Option<IncidentId>,
        preapproved: Vec<Digest>,
    },

    ReportDelivery {
        delivery: DeliveryId,
        attempt: u32,
        result: DeliveryResult,
    },

    AddActionItem {
        review: ReviewId,
        text: String,
        owner: String,
        due: String,
    },
    PublishReview {
        review: ReviewId,
        text: Option<String>,
    },
}

/// What one probe says of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Every condition was met.
    Pass,
    /// A condition was not met, or no answer came.
    Fail {
        /// One sentence for a person.
        reason: String,
    },
}

/// What came of one attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum DeliveryResult {
    /// The receiver has it.
    Accepted {
        /// What it answered, shortened.
        answer: String,
    },
    /// It may work later: no connection, 429, 5xx.
    Failed {
        /// One sentence for a person.
        error: String,
    },
    /// It will never work: 4xx, or a channel that is configured wrongly.
    Rejected {
        /// One sentence for a person.
        error: String,
    },
}

/// What came of recording what was before a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum CaptureResult {
    /// It is kept, sealed.
    Captured {
        /// By `<index of the command>/<variable>`: the digest of the sealed bytes.
        captured: BTreeMap<String, Digest>,
    },
    /// It could not be recorded or kept, so nothing was performed.
    Failed {
        /// One sentence for a person.
        summary: String,
    },
}

impl Command {
    /// The name in causes, logs and metrics, such as `acknowledge-incident`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AdoptPolicy { .. } => "adopt-policy",
            Self::StartEngine { .. } => "start-engine",
            Self::ReachTime => "reach-time",
            Self::ReportCheck { .. } => "report-check",
            Self::ReportJob { .. } => "report-job",
            Self::OpenIncident { .. } => "open-incident",
            Self::AcknowledgeIncident { .. } => "acknowledge-incident",
            Self::AssessIncident { .. } => "assess-incident",
            Self::AssignIncident { .. } => "assign-incident",
            Self::UpdateIncident { .. } => "update-incident",
            Self::MitigateIncident { .. } => "mitigate-incident",
            Self::ResolveIncident { .. } => "resolve-incident",
            Self::PlanRun { .. } => "plan-run",
            Self::ApproveStep { .. } => "approve-step",
            Self::ConfirmStep { .. } => "confirm-step",
            Self::SkipStep { .. } => "skip-step",
            Self::RepeatStep { .. } => "repeat-step",
            Self::ForgoUndo { .. } => "forgo-undo",
            Self::ReportStep { .. } => "report-step",
            Self::ReportCapture { .. } => "report-capture",
            Self::PauseRun { .. } => "pause-run",
            Self::ResumeRun { .. } => "resume-run",
            Self::AbortRun { .. } => "abort-run",
            Self::StartUndo { .. } => "start-undo",
            Self::ReportDelivery { .. } => "report-delivery",
            Self::AddActionItem { .. } => "add-action-item",
            Self::PublishReview { .. } => "publish-review",
        }
    }
}
