//! Records and samples for the promises.

use std::collections::BTreeMap;
use std::sync::Arc;

use allclear_core::{
    Actor, Cause, Digest, Event, IncidentId, Plan, Recorded, RequestSample, ReviewId, RunId, Sample, Seq, Verdict,
};
use jiff::{Timestamp, ToSpan};

pub(crate) const NOON: &str = "2026-03-01T12:00:00Z";

pub(crate) fn noon() -> Timestamp {
    NOON.parse().expect("a timestamp")
}

pub(crate) fn after_seconds(seconds: i64) -> Timestamp {
    noon() + seconds.seconds()
}

pub(crate) fn record(seq: Seq, event: Event) -> Recorded {
    let at = after_seconds(i64::try_from(seq).expect("a small number"));
    let cause = Cause { actor: Actor::Person("ana".into()), command: "report-check".into() };
    Recorded { seq, at, cause, incident: None, run: None, event: Arc::new(event) }
}

pub(crate) fn passed(seq: Seq) -> Recorded {
    record(seq, Event::CheckPassed { check: format!("api «{seq}» \"quoted\" \u{0} ✓") })
}

pub(crate) fn of_incident(seq: Seq, incident: IncidentId) -> Recorded {
    Recorded { incident: Some(incident), ..record(seq, Event::IncidentAcknowledged { incident }) }
}

pub(crate) fn of_run(seq: Seq, incident: IncidentId, run: RunId) -> Recorded {
    Recorded { incident: Some(incident), run: Some(run), ..record(seq, Event::RunFinished { run }) }
}

pub(crate) fn owed(seq: Seq, incident: IncidentId) -> Recorded {
    let due_at = after_seconds(0);
    Recorded { incident: Some(incident), ..record(seq, Event::ReviewOwed { review: ReviewId(seq), incident, due_at }) }
}

pub(crate) fn undo_of(seq: Seq, undoes: RunId) -> Recorded {
    let run = RunId(seq);
    let plan = Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::default(),
        procedure: "restart".to_owned(),
        title: "Undo".to_owned(),
        target: "sandbox".to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps: Vec::new(),
    };
    let event = Event::UndoStarted { run, undoes, plan: Box::new(plan), incident: None, preapproved: Vec::new() };
    Recorded { run: Some(run), ..record(seq, event) }
}

/// Records after a position.
pub(crate) fn some(after: Seq, count: u64) -> Vec<Recorded> {
    (after + 1..=after + count).map(passed).collect()
}

/// A sample whose requests took so many milliseconds each; one that took none was refused.
pub(crate) fn sample(seconds: i64, totals_ms: &[f64]) -> Sample {
    let request = |&total_ms: &f64| RequestSample {
        status: (total_ms > 0.0).then_some(200),
        total_ms,
        error: (total_ms == 0.0).then(|| "connection refused".to_owned()),
        ..RequestSample::default()
    };
    let failed = totals_ms.contains(&0.0);
    Sample {
        at: after_seconds(seconds),
        verdict: if failed { Verdict::Fail { reason: "refused".to_owned() } } else { Verdict::Pass },
        requests: totals_ms.iter().map(request).collect(),
        p95_ms: None,
        certificate_expires_at: None,
    }
}
