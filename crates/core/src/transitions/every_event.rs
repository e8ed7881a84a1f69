//! One sample of every event, as a ring: each variant names the one after it, so a variant without a place in the ring
//! does not compile.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::event::{
    AlertEnd, AlertSource, DeliverySubject, EscalationReason, Event, JobOutcome, Message, MessageAction, NoticeKind,
    PageReason, StepOutcome,
};
use crate::id::{AlertId, DeliveryId, IncidentId, NoticeId, PageId, ReviewId, RunId};
use crate::plan::{EffectClass, Plan, PlannedCommand, PlannedStep, StepKind, Wait};
use crate::policy::{
    Approvals, Channel, CheckPolicy, EscalationLevel, HttpCondition, HttpProbe, JobPolicy, Policy, Probe,
    ProcedureLink, RunbookPolicy, SecretRef, Severity, Target,
};

const INCIDENT: IncidentId = IncidentId(13);
const ALERT: AlertId = AlertId(12);
const RUN: RunId = RunId(40);
const UNDO: RunId = RunId(48);
const PAGE: PageId = PageId(14);
const NOTICE: NoticeId = NoticeId(16);
const DELIVERY: DeliveryId = DeliveryId(15);
const REVIEW: ReviewId = ReviewId(50);

/// One sample of every event.
pub(super) fn every_event() -> Vec<Event> {
    let first = Event::PolicyAdopted { policy: Box::new(policy()) };
    let ring = std::iter::successors(Some(first.clone()), |event| Some(after(event)).filter(|next| *next != first));
    // A ring that does not close at the first would go on for ever.
    ring.take(1_000).collect()
}

/// The samples, and more of those events whose shape decides what becomes of them.
pub(super) fn every_shape() -> Vec<Event> {
    let also = |event: &Event| match event {
        Event::JobReported { job, .. } => {
            Some(Event::JobReported { job: job.clone(), outcome: JobOutcome::Failed, note: "disk full".to_owned() })
        }
        Event::IncidentUpdated { incident, .. } => {
            Some(Event::IncidentUpdated { incident: *incident, text: "looking at the pool".to_owned(), public: false })
        }
        _ => None,
    };
    every_event().into_iter().flat_map(|event| [also(&event), Some(event)].into_iter().flatten().rev()).collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// The sample that follows; after the last comes the first.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each event")]
fn after(event: &Event) -> Event {
    match event {
        Event::PolicyAdopted { .. } => Event::EngineStarted { version: text("0.1.0") },
        Event::EngineStarted { .. } => Event::CheckPassed { check: text("city-api") },
        Event::CheckPassed { .. } => {
            Event::CheckFaltered { check: text("city-api"), failures: 1, reason: text("answered 503") }
        }
        Event::CheckFaltered { .. } => Event::CheckFailed { check: text("city-api"), reason: text("answered 503") },
        Event::CheckFailed { .. } => Event::CheckRecovering { check: text("city-api"), passes: 1 },
        Event::CheckRecovering { .. } => {
            Event::JobReported { job: text("backup"), outcome: JobOutcome::Succeeded, note: String::new() }
        }
        Event::JobReported { .. } => {
            Event::JobMissed { job: text("backup"), due_at: "2026-01-05T02:00:00Z".parse().unwrap() }
        }
        Event::JobMissed { .. } => Event::AlertOpened {
            alert: ALERT,
            source: AlertSource::Check(text("city-api")),
            summary: text("city-api fails: answered 503"),
            severity: Severity::P1,
            component: text("city-api"),
            procedure: Some(text("city-api-answers-slowly")),
        },
        Event::AlertOpened { .. } => Event::AlertResolved { alert: ALERT, reason: AlertEnd::Recovered },
        Event::AlertResolved { .. } => Event::IncidentOpened {
            incident: INCIDENT,
            severity: Severity::P1,
            title: text("city-api fails: answered 503"),
            component: text("city-api"),
            procedure: Some(text("city-api-answers-slowly")),
            alert: Some(ALERT),
            public: true,
        },
        Event::IncidentOpened { .. } => Event::IncidentJoined {
            incident: INCIDENT,
            alert: AlertId(20),
            summary: text("payments fails: answered 500"),
            severity: Severity::P0,
            public: true,
        },
        Event::IncidentJoined { .. } => Event::IncidentRecovered { incident: INCIDENT },
        Event::IncidentRecovered { .. } => Event::IncidentAcknowledged { incident: INCIDENT },
        Event::IncidentAcknowledged { .. } => Event::IncidentAssessed {
            incident: INCIDENT,
            severity: Severity::P0,
            impact: text("nobody can book"),
            public: true,
        },
        Event::IncidentAssessed { .. } => Event::IncidentAssigned { incident: INCIDENT, commander: text("ben") },
        Event::IncidentAssigned { .. } => {
            Event::IncidentUpdated { incident: INCIDENT, text: text("bookings fail"), public: true }
        }
        Event::IncidentUpdated { .. } => {
            Event::IncidentMitigated { incident: INCIDENT, text: text("the pool was enlarged") }
        }
        Event::IncidentMitigated { .. } => Event::IncidentResolved {
            incident: INCIDENT,
            text: text("all well"),
            root_cause: Some(text("the pool was too small")),
        },
        Event::IncidentResolved { .. } => Event::IncidentClosed { incident: INCIDENT },
        Event::IncidentClosed { .. } => Event::UpdateFellDue { incident: INCIDENT },
        Event::UpdateFellDue { .. } => Event::RunPlanned {
            run: RUN,
            plan: Box::new(plan()),
            incident: Some(INCIDENT),
            preapproved: vec![Digest::of(b"step")],
        },
        Event::RunPlanned { .. } => Event::ApprovalRequested { run: RUN, step: 1, digest: Digest::of(b"step") },
        Event::ApprovalRequested { .. } => Event::ApprovalGiven { run: RUN, step: 1, digest: Digest::of(b"step") },
        Event::ApprovalGiven { .. } => Event::ApprovalExpired { run: RUN, step: 1 },
        Event::ApprovalExpired { .. } => {
            let captured = BTreeMap::from([(text("0/REPLICAS"), Digest::of(b"sealed"))]);
            Event::StateCaptured { run: RUN, step: 1, captured }
        }
        Event::StateCaptured { .. } => Event::CaptureFailed { run: RUN, step: 1, summary: text("forbidden") },
        Event::CaptureFailed { .. } => Event::UndoForgone { run: RUN, step: 1, reason: text("the cluster is lost") },
        Event::UndoForgone { .. } => Event::StepStarted { run: RUN, step: 1, attempt: 1 },
        Event::StepStarted { .. } => Event::StepSucceeded { run: RUN, step: 1, attempt: 1, outcome: outcome(0) },
        Event::StepSucceeded { .. } => Event::StepFailed { run: RUN, step: 1, attempt: 1, outcome: outcome(1) },
        Event::StepFailed { .. } => Event::StepInDoubt { run: RUN, step: 1, attempt: 1 },
        Event::StepInDoubt { .. } => Event::StepSkipped { run: RUN, step: 1, reason: text("not needed") },
        Event::StepSkipped { .. } => Event::RunPaused { run: RUN },
        Event::RunPaused { .. } => Event::RunResumed { run: RUN },
        Event::RunResumed { .. } => Event::RunAborted { run: RUN, reason: text("wrong target") },
        Event::RunAborted { .. } => Event::RunFinished { run: RUN },
        Event::RunFinished { .. } => Event::UndoStarted {
            run: UNDO,
            undoes: RUN,
            plan: Box::new(plan()),
            incident: Some(INCIDENT),
            preapproved: Vec::new(),
        },
        Event::UndoStarted { .. } => Event::StepUndone { run: RUN, step: 1, by: UNDO },
        Event::StepUndone { .. } => Event::UndoFailed { run: RUN, step: 1, by: UNDO },
        Event::UndoFailed { .. } => {
            Event::PageRequested { page: PAGE, incident: INCIDENT, reason: PageReason::IncidentOpened }
        }
        Event::PageRequested { .. } => {
            Event::PageEscalated { page: PAGE, level: 0, round: 0, reason: EscalationReason::Requested }
        }
        Event::PageEscalated { .. } => Event::PageExhausted { page: PAGE },
        Event::PageExhausted { .. } => Event::PageAcknowledged { page: PAGE },
        Event::PageAcknowledged { .. } => Event::PageEnded { page: PAGE },
        Event::PageEnded { .. } => Event::NoticeIssued {
            notice: NOTICE,
            incident: INCIDENT,
            kind: NoticeKind::Opened,
            text: text("We are looking into it"),
        },
        Event::NoticeIssued { .. } => Event::DeliveryQueued {
            delivery: DELIVERY,
            subject: DeliverySubject::Page(PAGE),
            channel: text("pager"),
            message: Box::new(message()),
        },
        Event::DeliveryQueued { .. } => {
            Event::DeliverySucceeded { delivery: DELIVERY, attempt: 1, answer: text("202") }
        }
        Event::DeliverySucceeded { .. } => Event::DeliveryFailed {
            delivery: DELIVERY,
            attempt: 1,
            error: text("answered 500"),
            retry_at: "2026-01-05T03:00:01Z".parse().unwrap(),
        },
        Event::DeliveryFailed { .. } => {
            Event::DeliveryAbandoned { delivery: DELIVERY, attempt: 1, error: text("answered 404") }
        }
        Event::DeliveryAbandoned { .. } => {
            Event::ReviewOwed { review: REVIEW, incident: INCIDENT, due_at: "2026-01-07T03:00:00Z".parse().unwrap() }
        }
        Event::ReviewOwed { .. } => Event::ReviewDrafted { review: REVIEW, text: text("# Review\n") },
        Event::ReviewDrafted { .. } => Event::ReviewFellOverdue { review: REVIEW },
        Event::ReviewFellOverdue { .. } => Event::ActionItemAdded {
            review: REVIEW,
            text: text("enlarge the pool"),
            owner: text("ben"),
            due: text("2026-02-01"),
        },
        Event::ActionItemAdded { .. } => Event::ReviewPublished { review: REVIEW, text: text("# Review\n") },
        Event::ReviewPublished { .. } => Event::PolicyAdopted { policy: Box::new(policy()) },
    }
}

fn message() -> Message {
    Message {
        action: MessageAction::Trigger,
        incident: INCIDENT,
        severity: Severity::P1,
        title: text("city-api fails: answered 503"),
        body: text("city-api since 2026-01-05T03:00:00Z."),
        url: text("https://status.example/incidents/incident-13"),
        procedure_url: Some(text("https://example.com/runbook.md#city-api-answers-slowly")),
    }
}

fn outcome(exit_code: i32) -> StepOutcome {
    StepOutcome {
        exit_code: Some(exit_code),
        summary: format!("exited with {exit_code}"),
        output: Some(Digest::of(b"output")),
        directory: Some(text("/srv/city")),
        commands_begun: (exit_code > 0).then_some(1),
        duration_ms: 1_200,
    }
}

fn plan() -> Plan {
    let rendered = text("kubectl rollout restart deployment/city-api");
    let mut command = PlannedCommand::new(12, "bash", rendered, EffectClass::Outage, "production");
    command.undo = Some(text("kubectl rollout undo deployment/city-api"));
    command.capture = BTreeMap::from([(text("REPLICAS"), text("kubectl get deployment/city-api"))]);
    command.captured = BTreeMap::from([(text("REPLICAS"), Digest::of(b"sealed"))]);
    let step = PlannedStep {
        number: 1,
        line: 10,
        title: text("Restart it"),
        prose: text("It takes a minute."),
        kind: StepKind::Command,
        commands: vec![command],
        wait: Some(Wait { every_s: 5, at_most_s: 300 }),
        undoes: Some(1),
        undoes_cut_short: false,
    };
    Plan {
        digest: Digest::default(),
        runbook: text("runbook.md"),
        runbook_digest: Digest::of(b"runbook"),
        procedure: text("city-api-answers-slowly"),
        title: text("City API answers slowly"),
        target: text("production"),
        variables: BTreeMap::from([(text("NAMESPACE"), text("prod"))]),
        secrets: vec![text("STRIPE_KEY")],
        steps: vec![step],
    }
    .sealed()
}

fn policy() -> Policy {
    let probe = Probe::Http(HttpProbe {
        method: text("GET"),
        url: text("https://example.com/api/cities"),
        headers: vec![(text("accept"), text("application/json"))],
        body: None,
        samples: 3,
        p95_limit_ms: Some(200),
        connect_timeout_ms: 2_000,
        timeout_ms: 5_000,
        conditions: vec![
            HttpCondition::Status(200, 299),
            HttpCondition::BodyContains(text("cities")),
            HttpCondition::JsonEquals(text("/ok"), serde_json::json!(true)),
        ],
    });
    let check = CheckPolicy {
        probe,
        interval_ms: 10_000,
        failures_to_fail: 2,
        passes_to_recover: 2,
        severity: Severity::P1,
        component: text("city-api"),
        procedure: Some(text("city-api-answers-slowly")),
    };
    let link =
        ProcedureLink { title: text("City API answers slowly"), url: text("https://example.com/runbook.md#city") };
    let job = JobPolicy { every_s: 86_400, grace_s: 3_600, severity: Severity::P2, procedure: None };
    let webhook =
        Channel::Webhook { url: SecretRef::Env(text("PAGER_URL")), signing_secret: Some(SecretRef::File(text("key"))) };
    Policy {
        service: text("PrepChef"),
        public_url: text("https://status.example"),
        runbook: Some(RunbookPolicy {
            path: text("runbook.md"),
            procedures: BTreeMap::from([(text("city-api-answers-slowly"), link)]),
        }),
        escalation: vec![EscalationLevel { channels: vec![text("pager")], acknowledge_within_s: 300 }],
        last_resort: vec![text("console")],
        channels: BTreeMap::from([(text("pager"), webhook), (text("console"), Channel::Console)]),
        audience: vec![text("console")],
        checks: BTreeMap::from([(text("city-api"), check)]),
        jobs: BTreeMap::from([(text("backup"), job)]),
        targets: BTreeMap::from([(
            text("production"),
            Target {
                env: BTreeMap::from([(text("KUBECONFIG"), SecretRef::Plain(text("kubeconfig")))]),
                ..Target::default()
            },
        )]),
        approvals: Approvals { four_eyes: [EffectClass::Outage, EffectClass::Destroy].into(), expires_s: 900 },
        ..Policy::default()
    }
}
