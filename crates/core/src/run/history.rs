//! What happened in a run, for whoever reads it afterwards: who agreed to what, every attempt, and what came of it.
//!
//! A fold of the run's own events that decides nothing. Of what was captured it knows the names, never the values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::digest::Digest;
use crate::event::{Event, StepOutcome};
use crate::id::RunId;
use crate::plan::StepKind;
use crate::record::{Actor, Recorded};

/// What happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RunHistory {
    /// Who paused it and went on with it.
    pub pauses: Vec<Said>,
    /// How it ended.
    pub end: Option<Said>,
    /// What happened to each step, by number; of a step whose turn never came there is nothing.
    pub steps: BTreeMap<u32, StepHistory>,
}

/// What somebody did, when, and in which words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// What: `paused`, `resumed`, `finished`, `aborted`, `skipped` or `performed without an undo`.
    pub what: &'static str,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Their words, where they gave any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StepHistory {
    /// Everybody who agreed to it, each to one digest.
    pub approvals: Vec<Approval>,
    /// Names of what was recorded before it, as `<index of the command>/<variable>`.
    pub captured: Vec<String>,
    /// Why what was before it could not be recorded, each time that it was tried in vain.
    pub capture_failures: Vec<String>,
    /// Who had it performed without recording what was before it, and why.
    pub without_undo: Option<Said>,
    /// Every attempt.
    pub attempts: Vec<Attempt>,
    /// Who left it out, and why.
    pub skipped: Option<Said>,
    /// What came of putting it back.
    pub put_back: Vec<PuttingBack>,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// What was agreed to.
    pub digest: Digest,
    /// Who agreed.
    pub by: Actor,
    /// When it counted.
    pub at: Timestamp,
    /// Whether it was given with the request for the run.
    pub beforehand: bool,
    /// Whether it lapsed before the step was started.
    pub expired: bool,
}

/// One attempt at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Which, from 1.
    pub number: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// When its outcome was recorded.
    pub ended_at: Option<Timestamp>,
    /// `started`, `succeeded`, `failed` or `in-doubt`.
    pub state: &'static str,
    /// Who says how it ended, where that is a person.
    pub told_by: Option<Actor>,
    /// What came of it.
    pub outcome: Option<StepOutcome>,
}

/// An attempt to put a step back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PuttingBack {
    /// The run that did it.
    pub by: RunId,
    /// When.
    pub at: Timestamp,
    /// Whether it worked.
    pub succeeded: bool,
}

impl RunHistory {
    /// The fold of one run's own events.
    pub fn of(events: &[Recorded]) -> Self {
        let mut history = Self::default();
        let mut requested_by = None;
        let mut manual = Vec::new();
        let mut before: Option<&Recorded> = None;
        for recorded in events {
            if let Event::RunPlanned { plan, .. } | Event::UndoStarted { plan, .. } = recorded.event.as_ref() {
                requested_by = Some(&recorded.cause.actor);
                manual = plan.steps.iter().filter(|step| step.kind == StepKind::Manual).map(|it| it.number).collect();
            }
            let requested_by = requested_by.unwrap_or(&recorded.cause.actor);
            if let Event::ApprovalGiven { step, digest, .. } = recorded.event.as_ref() {
                let now = is_said_now(recorded, *step, before, &manual);
                let by = if now { &recorded.cause.actor } else { requested_by };
                let (digest, by, at) = (digest.clone(), by.clone(), recorded.at);
                let approval = Approval { digest, by, at, beforehand: !now, expired: false };
                history.step(*step).approvals.push(approval);
            }
            history.note(recorded);
            before = Some(recorded);
        }
        history
    }

    fn note(&mut self, recorded: &Recorded) {
        let said = |what, words: Option<&String>| Said {
            what,
            at: recorded.at,
            by: recorded.cause.actor.clone(),
            words: words.cloned(),
        };
        match recorded.event.as_ref() {
            Event::RunPaused { .. } => self.pauses.push(said("paused", None)),
            Event::RunResumed { .. } => self.pauses.push(said("resumed", None)),
            Event::RunFinished { .. } => self.end = Some(said("finished", None)),
            Event::RunAborted { reason, .. } => self.end = Some(said("aborted", Some(reason))),
            Event::StepSkipped { step, reason, .. } => {
                self.step(*step).skipped = Some(said("skipped", Some(reason)));
            }
            Event::UndoForgone { step, reason, .. } => {
                self.step(*step).without_undo = Some(said("performed without an undo", Some(reason)));
            }
            event => self.note_step(recorded, event),
        }
    }

    fn note_step(&mut self, recorded: &Recorded, event: &Event) {
        match event {
            Event::ApprovalExpired { step, .. } => {
                self.step(*step).approvals.iter_mut().for_each(|approval| approval.expired = true);
            }
            Event::StateCaptured { step, captured, .. } => {
                let known = &mut self.step(*step).captured;
                known.extend(captured.keys().filter(|key| !known.contains(key)).cloned().collect::<Vec<_>>());
            }
            Event::CaptureFailed { step, summary, .. } => self.step(*step).capture_failures.push(summary.clone()),
            Event::StepStarted { step, attempt, .. } => self.step(*step).attempts.push(Attempt {
                number: *attempt,
                started_at: recorded.at,
                ended_at: None,
                state: "started",
                told_by: None,
                outcome: None,
            }),
            Event::StepInDoubt { step, attempt, .. } => self.end_attempt(recorded, *step, *attempt, "in-doubt", None),
            Event::StepSucceeded { step, attempt, outcome, .. } => {
                self.end_attempt(recorded, *step, *attempt, "succeeded", Some(outcome));
            }
            Event::StepFailed { step, attempt, outcome, .. } => {
                self.end_attempt(recorded, *step, *attempt, "failed", Some(outcome));
            }
            Event::StepUndone { step, by, .. } => {
                self.step(*step).put_back.push(PuttingBack { by: *by, at: recorded.at, succeeded: true });
            }
            Event::UndoFailed { step, by, .. } => {
                self.step(*step).put_back.push(PuttingBack { by: *by, at: recorded.at, succeeded: false });
            }
            _ => {}
        }
    }

    fn end_attempt(
        &mut self,
        recorded: &Recorded,
        step: u32,
        number: u32,
        state: &'static str,
        outcome: Option<&StepOutcome>,
    ) {
        let attempts = &mut self.step(step).attempts;
        let Some(attempt) = attempts.iter_mut().rfind(|attempt| attempt.number == number) else { return };
        attempt.state = state;
        if outcome.is_some() {
            attempt.ended_at = Some(recorded.at);
            attempt.outcome = outcome.cloned();
            attempt.told_by = Some(recorded.cause.actor.clone()).filter(|actor| matches!(actor, Actor::Person(_)));
        }
    }

    fn step(&mut self, number: u32) -> &mut StepHistory {
        self.steps.entry(number).or_default()
    }
}

/// Whoever approves by a command says so now; any other approval was given with the request. Whoever approves or confirms a
/// manual step approves that step; the step behind it is asked for in the same breath, and was approved beforehand.
fn is_said_now(recorded: &Recorded, step: u32, before: Option<&Recorded>, manual: &[u32]) -> bool {
    let asked_with_it = before.is_some_and(|before| {
        let asked = matches!(before.event.as_ref(), Event::ApprovalRequested { step: asked, .. } if *asked == step);
        asked
            && before.seq.checked_add(1) == Some(recorded.seq)
            && before.at == recorded.at
            && before.cause == recorded.cause
    });
    match &*recorded.cause.command {
        "approve-step" => !asked_with_it,
        "repeat-step" | "forgo-undo" => true,
        "confirm-step" => manual.contains(&step),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::Cause;

    fn recorded(second: i64, actor: &str, command: &str, event: Event) -> Recorded {
        let actor = if actor == "engine" { Actor::Engine } else { Actor::Person(actor.into()) };
        let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        let cause = Cause { actor, command: command.to_owned().into() };
        let seq = second.unsigned_abs();
        Recorded { seq, at, cause, incident: None, run: Some(RunId(1)), event: Arc::new(event) }
    }

    #[test]
    fn every_attempt_is_told_with_who_agreed_to_it_and_who_said_how_it_ended() {
        let (run, digest) = (RunId(1), Digest::of(b"step"));
        let outcome = |summary: &str| StepOutcome { summary: summary.to_owned(), ..StepOutcome::default() };
        let events = [
            recorded(1, "ana", "approve-step", Event::ApprovalGiven { run, step: 1, digest: digest.clone() }),
            recorded(2, "engine", "reach-time", Event::ApprovalExpired { run, step: 1 }),
            recorded(3, "ben", "approve-step", Event::ApprovalGiven { run, step: 1, digest: digest.clone() }),
            recorded(4, "engine", "report-capture", Event::StepStarted { run, step: 1, attempt: 1 }),
            recorded(
                5,
                "engine",
                "report-step",
                Event::StepFailed { run, step: 1, attempt: 1, outcome: outcome("no") },
            ),
            recorded(6, "ben", "repeat-step", Event::StepStarted { run, step: 1, attempt: 2 }),
            recorded(7, "engine", "start-engine", Event::StepInDoubt { run, step: 1, attempt: 2 }),
            recorded(
                8,
                "kim",
                "confirm-step",
                Event::StepSucceeded { run, step: 1, attempt: 2, outcome: outcome("yes") },
            ),
            recorded(9, "engine", "report-step", Event::ApprovalGiven { run, step: 2, digest }),
            recorded(10, "kim", "abort-run", Event::RunAborted { run, reason: "enough".to_owned() }),
        ];
        let history = RunHistory::of(&events);
        let step = &history.steps[&1];
        let approvals: Vec<_> = step.approvals.iter().map(|it| (it.by.name(), it.expired, it.beforehand)).collect();
        assert_eq!(approvals, [("ana", true, false), ("ben", false, false)]);
        let attempts: Vec<_> =
            step.attempts.iter().map(|it| (it.number, it.state, it.told_by.as_ref().map(Actor::name))).collect();
        assert_eq!(attempts, [(1, "failed", None), (2, "succeeded", Some("kim"))]);
        assert!(history.steps[&2].approvals[0].beforehand);
        let end = history.end.as_ref().map(|end| (end.what, end.by.name(), end.words.as_deref()));
        assert_eq!(end, Some(("aborted", "kim", Some("enough"))));
    }
}
