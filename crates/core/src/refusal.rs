//! A decision that says no: a reason for a person, not an error.

use serde::{Deserialize, Serialize};

/// Why a command was refused. Display is a whole sentence that says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is explained by its sentence")]
pub enum Refusal {
    #[error("there is no open {noun} `{id}`: `allclear incident list` and `allclear runs` show what is open")]
    NotOpen { noun: String, id: String },
    #[error("the policy has no {noun} `{name}`: it was removed or renamed; see `allclear config check`")]
    NotInPolicy { noun: String, name: String },
    #[error("incident-{incident} is already {stage}; nothing was changed")]
    AlreadyThere { incident: u64, stage: String },
    #[error("{field} is empty: say it in a few words")]
    Empty { field: String },
    #[error(
        "step {step} of run-{run} is {state}, not {wanted}; `allclear runs show run-{run}` shows where the run stands"
    )]
    StepState { run: u64, step: u32, state: String, wanted: String },
    #[error("run-{run} has no step {step}")]
    NoSuchStep { run: u64, step: u32 },
    #[error("what was approved ({given}) is not what would be performed ({expected}): look at the plan again")]
    DigestDiffers { given: String, expected: String },
    #[error("the plan does not match its digest; plan it again")]
    PlanTampered,
    #[error(
        "step {step} of run-{run} needs a second pair of eyes: a person other than whoever asked for the run approves it"
    )]
    FourEyes { run: u64, step: u32 },
    #[error("step {step} of run-{run} would be performed without an undo: only a person can say so")]
    NeedsPerson { run: u64, step: u32 },
    #[error("step {step} would be performed again and again while it waits, and it does more than look; plan it again")]
    WaitChanges { step: u32 },
    #[error("run-{run} is paused: go on with `allclear resume run-{run}` first")]
    Paused { run: u64 },
    #[error("nothing of run-{run} is left to undo: no step of it changed anything, or all were put back")]
    NothingToUndo { run: u64 },
    #[error("run-{run} is being undone already by run-{by}: `allclear runs show run-{by}` shows how far it is")]
    UndoUnderWay { run: u64, by: u64 },
    #[error("run-{run} is still ending, for a step of it is being stopped: ask again when it has")]
    StillEnding { run: u64 },
    #[error("attempt {attempt} is not the one under way; its outcome was ignored")]
    StaleOutcome { attempt: u32 },
}

impl Refusal {
    /// The stable code, as in `allclear explain CODE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen { .. } => "not-open",
            Self::NotInPolicy { .. } => "not-in-policy",
            Self::AlreadyThere { .. } => "already-there",
            Self::Empty { .. } => "empty",
            Self::StepState { .. } => "step-state",
            Self::NoSuchStep { .. } => "no-such-step",
            Self::DigestDiffers { .. } => "digest-differs",
            Self::PlanTampered => "plan-tampered",
            Self::FourEyes { .. } => "four-eyes",
            Self::NeedsPerson { .. } => "needs-person",
            Self::WaitChanges { .. } => "wait-changes",
            Self::Paused { .. } => "paused",
            Self::NothingToUndo { .. } => "nothing-to-undo",
            Self::UndoUnderWay { .. } => "undo-under-way",
            Self::StillEnding { .. } => "still-ending",
            Self::StaleOutcome { .. } => "stale-outcome",
        }
    }
}
