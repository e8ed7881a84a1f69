//! The vocabulary, the folds and the decisions of Allclear: everything that can be said without touching the world.
//!
//! Deliberately absent: clock, environment, files, network, randomness, tokio. Time is an argument, ids come from the
//! position in the log, policy enters as an event.

mod command;
mod digest;
mod effect;
mod event;
mod event_name;
mod id;
mod plan;
mod policy;
mod record;
mod refusal;
mod sample;

pub use command::{Command, DeliveryResult, Verdict};
pub use digest::Digest;
pub use effect::{DeliverEffect, Effect, PerformEffect, ProbeEffect};
pub use event::{
    AlertEnd, AlertSource, DeliverySubject, EscalationReason, Event, JobOutcome, Message, MessageAction, NoticeKind,
    PageEnd, PageReason, StepOutcome,
};
pub use id::{AlertId, BadId, DeliveryId, IncidentId, NoticeId, PageId, ReviewId, RunId, Seq};
pub use plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};
pub use policy::{
    Channel, CheckPolicy, EscalationLevel, HttpCondition, HttpProbe, JobPolicy, Policy, Probe, ProcedureLink,
    RunbookPolicy, SecretRef, Severity, SeverityPolicy, Target,
};
pub use record::{Actor, Cause, Recorded};
pub use refusal::Refusal;
pub use sample::{RequestSample, Sample, nearest_rank};
