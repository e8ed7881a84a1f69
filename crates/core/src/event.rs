//! Every fact that the log can hold, in the past tense.
//!
//! Stored events are never rewritten: a variant may gain optional fields, a reshaped one is lifted on read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{AlertId, DeliveryId, IncidentId, NoticeId, PageId, ReviewId, RunId};
use crate::plan::Plan;
use crate::policy::{Policy, Severity};

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[expect(
    missing_docs,
    reason = "the variants and their fields are the vocabulary itself; the nouns' modules explain them"
)]
pub enum Event {
    PolicyAdopted {
        policy: Box<Policy>,
    },
    EngineStarted {
        version: String,
    },

    CheckPassed {
        check: String,
    },
    CheckFaltered {
        check: String,
        failures: u32,
        reason: String,
    },
    CheckFailed {
        check: String,
        reason: String,
    },
    CheckRecovering {
        check: String,
        passes: u32,
    },

    JobReported {
        job: String,
        outcome: JobOutcome,
        note: String,
    },
    JobMissed {
        job: String,
        due_at: Timestamp,
    },

    AlertOpened {
        alert: AlertId,
        source: AlertSource,
        summary: String,
        severity: Severity,
        component: String,
        procedure: Option<String>,
    },
    AlertResolved {
        alert: AlertId,
        reason: AlertEnd,
    },

    IncidentOpened {
        incident: IncidentId,
        severity: Severity,
        title: String,
        component: String,
        procedure: Option<String>,
        alert: Option<AlertId>,
        public: bool,
    },
    IncidentJoined {
        incident: IncidentId,
        alert: AlertId,
        summary: String,
        severity: Severity,
        public: bool,
    },
    IncidentRecovered {
        incident: IncidentId,
    },
    IncidentAcknowledged {
        incident: IncidentId,
    },
    IncidentAssessed {
        incident: IncidentId,
        severity: Severity,
        impact: String,
        public: bool,
    },
    IncidentAssigned {
        incident: IncidentId,
        commander: String,
    },
    IncidentUpdated {
        incident: IncidentId,
        text: String,
        public: bool,
    },
    IncidentMitigated {
        incident: IncidentId,
        text: String,
    },
    IncidentResolved {
        incident: IncidentId,
        text: String,
        root_cause: Option<String>,
    },
    IncidentClosed {
        incident: IncidentId,
    },
    UpdateFellDue {
        incident: IncidentId,
    },

    RunPlanned {
        run: RunId,
        plan: Box<Plan>,
        incident: Option<IncidentId>,
        preapproved: Vec<Digest>,
    },
    ApprovalRequested {
        run: RunId,
        step: u32,
        digest: Digest,
    },
    ApprovalGiven {
        run: RunId,
        step: u32,
        digest: Digest,
    },
    ApprovalExpired {
        run: RunId,
        step: u32,
    },
    /// What was before, by `<index of the command>/<variable>`: the digest of the sealed bytes.
    StateCaptured {
        run: RunId,
        step: u32,
        captured: BTreeMap<String, Digest>,
    },
    CaptureFailed {
        run: RunId,
        step: u32,
        summary: String,
    },
    /// A person has the step performed without a record of what was before, so that no command can put it back.
    UndoForgone {
        run: RunId,
        step: u32,
        reason: String,
    },
    StepStarted {
        run: RunId,
        step: u32,
        attempt: u32,
    },
    StepSucceeded {
        run: RunId,
        step: u32,
        attempt: u32,
        outcome: StepOutcome,
    },
    StepFailed {
        run: RunId,
        step: u32,
        attempt: u32,
        outcome: StepOutcome,
    },
    StepInDoubt {
        run: RunId,
        step: u32,
        attempt: u32,
    },
    StepSkipped {
        run: RunId,
        step: u32,
        reason: String,
    },
    RunPaused {
        run: RunId,
    },
    RunResumed {
        run: RunId,
    },
    RunAborted {
        run: RunId,
        reason: String,
    },
    RunFinished {
        run: RunId,
    },
    UndoStarted {
        run: RunId,
        undoes: RunId,
        plan: Box<Plan>,
        incident: Option<IncidentId>,
        preapproved: Vec<Digest>,
    },
    /// A step of the run that is undone was put back by another run.
    StepUndone {
        run: RunId,
        step: u32,
        by: RunId,
    },
    UndoFailed {
        run: RunId,
        step: u32,
        by: RunId,
    },

    PageRequested {
        page: PageId,
        incident: IncidentId,
        reason: PageReason,
    },
    PageEscalated {
        page: PageId,
        level: u32,
        round: u32,
        reason: EscalationReason,
    },
    PageExhausted {
        page: PageId,
    },
    PageAcknowledged {
        page: PageId,
    },
    PageEnded {
        page: PageId,
    },

    NoticeIssued {
        notice: NoticeId,
        incident: IncidentId,
        kind: NoticeKind,
        text: String,
    },

    DeliveryQueued {
        delivery: DeliveryId,
        subject: DeliverySubject,
        channel: String,
        message: Box<Message>,
    },
    DeliverySucceeded {
        delivery: DeliveryId,
        attempt: u32,
        answer: String,
    },
    DeliveryFailed {
        delivery: DeliveryId,
        attempt: u32,
        error: String,
        retry_at: Timestamp,
    },
    DeliveryAbandoned {
        delivery: DeliveryId,
        attempt: u32,
        error: String,
    },

    ReviewOwed {
        review: ReviewId,
        incident: IncidentId,
        due_at: Timestamp,
    },
    ReviewDrafted {
        review: ReviewId,
        text: String,
    },
    ReviewFellOverdue {
        review: ReviewId,
    },
    ActionItemAdded {
        review: ReviewId,
        text: String,
        owner: String,
        due: String,
    },
    ReviewPublished {
        review: ReviewId,
        text: String,
    },
}

/// How a job's report ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// It did what it should.
    Succeeded,
    /// It ran and failed.
    Failed,
}

/// What fired; also the identity under which alerts are deduplicated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum AlertSource {
    /// A check of ours, by name.
    Check(String),
    /// A job, by name.
    Job(String),
}

/// Why an alert ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertEnd {
    /// What fired is well again.
    Recovered,
    /// What fired is no longer part of the policy.
    NoLongerWatched,
}

/// Why somebody is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageReason {
    /// A new incident of a severity that pages.
    IncidentOpened,
    /// An incident became worse than whoever has it knows.
    SeverityRaised,
    /// An incident that was mitigated fires again.
    Relapsed,
}

/// Why a page reached a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationReason {
    /// The first level, at once.
    Requested,
    /// The level before had its time.
    NotAcknowledged,
    /// No channel of the level before could be reached at all.
    Unreachable,
}

/// What a notice tells its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// A public incident was opened.
    Opened,
    /// A public update.
    Updated,
    /// It no longer hurts.
    Mitigated,
    /// It is over.
    Resolved,
    /// To the team: an update is owed.
    UpdateDue,
    /// To the team: a review is overdue.
    ReviewOverdue,
}

impl NoticeKind {
    /// Whether it is meant for the public rather than as a reminder to the team.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::UpdateDue | Self::ReviewOverdue)
    }
}

/// What a delivery belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum DeliverySubject {
    /// A page.
    Page(PageId),
    /// A notice.
    Notice(NoticeId),
}

/// What a message asks of its receiver; the three of the Events API and one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageAction {
    /// Somebody must look now.
    Trigger,
    /// Somebody does.
    Acknowledge,
    /// It is over.
    Resolve,
    /// For information.
    Inform,
}

/// What is sent to a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it asks.
    pub action: MessageAction,
    /// The incident; also the key under which a receiver deduplicates.
    pub incident: IncidentId,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// The rest, in plain text.
    pub body: String,
    /// Where to read more and act.
    pub url: String,
    /// Where the procedure is read, if one is attached.
    pub procedure_url: Option<String>,
}

/// What came of one attempt at a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StepOutcome {
    /// Exit code, where a process ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// One sentence for a person: what failed, or the note of the person who did it.
    pub summary: String,
    /// Digest of the output that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Digest>,
    /// Working directory after the last command that succeeded, where a shell performed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// How many of the step's commands were begun, where it failed and that is known: none after them has done anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_begun: Option<u32>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl Event {
    /// The name under which the event is stored, such as `IncidentOpened`.
    pub fn name(&self) -> &'static str {
        crate::event_name::name(self)
    }
}
