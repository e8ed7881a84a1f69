//! The vocabulary, the folds and the decisions of Allclear: everything that can be said without touching the world.
//!
//! Deliberately absent: clock, environment, files, network, randomness, tokio. Time is an argument, ids come from the
//! position in the log, policy enters as an event.

mod about;
mod alert;
mod check;
mod command;
mod decide;
mod delivery;
mod digest;
mod due;
mod effect;
mod environment;
mod event;
mod event_name;
mod id;
mod incident;
mod job;
mod notice;
mod page;
mod plan;
mod policy;
mod record;
mod refusal;
mod request;
mod review;
mod run;
mod sample;
mod schedule;
mod sql;
mod status;
mod timeline;
mod world;

#[cfg(test)]
mod transitions;

pub use alert::Alert;
pub use check::{Check, CheckState};
pub use command::{CaptureResult, Command, DeliveryResult, Verdict};
pub use decide::{Batch, decide, decide_in_place};
pub use delivery::Delivery;
pub use digest::{Digest, Digester};
pub use due::{due, is_decision_due, next_deadline};
pub use effect::{AbandonEffect, CaptureEffect, DeliverEffect, Effect, PerformEffect, ProbeEffect};
pub use environment::{is_reserved_for, is_reserved_variable};
pub use event::{
    AlertEnd, AlertSource, DeliverySubject, EscalationReason, Event, JobOutcome, Message, MessageAction, NoticeKind,
    PageReason, StepOutcome,
};
pub use id::{AlertId, BadId, DeliveryId, IncidentId, NoticeId, PageId, ReviewId, RunId, Seq};
pub use incident::{Incident, Stage};
pub use job::{Job, JobState};
pub use notice::Notice;
pub use page::{Page, PageState};
pub use plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind, Wait};
pub use policy::{
    Approvals, Channel, CheckPolicy, EscalationLevel, HttpCondition, HttpProbe, JobPolicy, KubernetesTarget, Policy,
    Probe, ProcedureLink, RunbookPolicy, SecretRef, Severity, SeverityPolicy, SqlLimits, Target,
};
pub use record::{Actor, Cause, Recorded};
pub use refusal::Refusal;
pub use request::{HttpRequest, RequestProblem, http_requests};
pub use review::{ActionItem, Review, ReviewState};
pub use run::{
    Approval, Attempt, PutBack, PuttingBack, Run, RunEnd, RunHistory, Said, Step, StepHistory, StepState, undo_plan,
};
pub use sample::{RequestSample, Sample, nearest_rank};
pub use schedule::ProbeSchedule;
pub use sql::{
    SqlBlanks, SqlKind, SqlMeta, SqlPiece, SqlQuoting, SqlTransaction, SqlVariable, sql_meta, sql_pieces, sql_quoted,
    sql_statements, sql_transaction, sql_variables, sql_with_values,
};
pub use status::{Outage, PublicIncident, PublicUpdate, StatusBoard};
pub use timeline::TimelineEntry;
pub use world::{Anomaly, WORLD_FORMAT, World};
