//! Commands at random, aimed at what is there: most make sense, some do not.

use std::collections::BTreeMap;
use std::ops::Range;

use allclear_core::{
    Actor, Approvals, CaptureResult, Channel, CheckPolicy, Command, DeliveryId, DeliveryResult, Digest, EffectClass,
    EscalationLevel, HttpProbe, IncidentId, JobOutcome, JobPolicy, Plan, PlannedCommand, PlannedStep, Policy, Probe,
    ReviewId, Run, RunId, Severity, StepKind, StepOutcome, StepState, Verdict, World, undo_plan,
};
use proptest::prelude::*;

const TARGET: &str = "production";
const CHECKS: [&str; 4] = ["api", "search", "checkout", "images"];

/// One request, before it is aimed.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Seconds that pass before it.
    pub(crate) wait_s: i64,
    kind: u8,
    which: usize,
    choice: usize,
}

pub(crate) fn asks(count: Range<usize>) -> impl Strategy<Value = Vec<Ask>> {
    let wait_s = prop_oneof![4 => Just(0), 4 => 0..20_i64, 2 => 0..900_i64, 1 => 0..200_000_i64];
    let ask = (wait_s, 0..44_u8, 0..8_usize, 0..12_usize).prop_map(|(wait_s, kind, which, choice)| Ask {
        wait_s,
        kind,
        which,
        choice,
    });
    prop::collection::vec(ask, count)
}

/// Aims a request at something that is there, or at nothing.
pub(crate) fn command(ask: &Ask, world: &World) -> (Command, Actor) {
    let Ask { kind, which, choice, .. } = *ask;
    let text = || ["", "bookings fail", "all well"][choice % 3].to_owned();
    let severity = Severity::ALL[which % 4];
    let incident = pick(world.incidents.keys().copied(), which).unwrap_or(IncidentId(9_999));
    let run = pick(world.runs.keys().copied(), which).unwrap_or(RunId(9_999));
    let review = pick(world.reviews.keys().copied(), which).unwrap_or(ReviewId(9_999));
    let actor = if choice % 4 == 3 { Actor::Source("grafana".into()) } else { Actor::Person("ana".into()) };
    let command = match kind {
        0..=9 => return (check(which, choice), Actor::Engine),
        10 => job(which, choice),
        11 => Command::OpenIncident { severity, title: text(), component: None, procedure: None },
        12..=14 => Command::AcknowledgeIncident { incident },
        15 => Command::AssessIncident { incident, severity: Severity::ALL[choice % 4], impact: text() },
        16 => Command::AssignIncident { incident, commander: text() },
        17 => Command::UpdateIncident { incident, text: text(), public: choice.is_multiple_of(2) },
        18 => Command::MitigateIncident { incident, text: text() },
        19..=20 => Command::ResolveIncident { incident, text: text(), root_cause: (which == 1).then(text) },
        21 => plan_run(world, which, choice),
        22..=28 => return step(world, which, choice),
        29..=35 => return delivery(world, which, choice),
        36 => Command::AddActionItem { review, text: text(), owner: "ben".to_owned(), due: "2026-02-01".to_owned() },
        37 => Command::PublishReview { review, text: (which.is_multiple_of(2)).then(text) },
        39 => Command::PauseRun { run },
        40..=41 => Command::ResumeRun { run },
        42 => return (undo(world, which, choice), Actor::Person("ben".into())),
        38 => Command::AdoptPolicy { policy: Box::new(policies().swap_remove(choice % policies().len())) },
        _ => return (Command::StartEngine { version: "0.1.0".to_owned() }, Actor::Engine),
    };
    (command, actor)
}

/// Every command that names something, naming what is not there.
pub(crate) fn unknown_ids() -> Vec<Command> {
    let (incident, run, review) = (IncidentId(7), RunId(7), ReviewId(7));
    let text = || "text".to_owned();
    vec![
        Command::ReportCheck { check: text(), verdict: Verdict::Pass },
        Command::ReportJob { job: text(), outcome: JobOutcome::Failed, note: text() },
        Command::AcknowledgeIncident { incident },
        Command::ResolveIncident { incident, text: text(), root_cause: None },
        Command::PlanRun { plan: Box::new(plan(0)), incident: Some(incident), preapproved: Vec::new() },
        Command::ApproveStep { run, step: 1, digest: Digest::default() },
        Command::ReportStep { run, step: 1, attempt: 1, succeeded: true, outcome: StepOutcome::default() },
        Command::AbortRun { run, reason: text() },
        Command::PauseRun { run },
        Command::ResumeRun { run },
        Command::ForgoUndo { run, step: 1, digest: Digest::default(), reason: text() },
        Command::ReportCapture { run, step: 1, attempt: 0, result: CaptureResult::Failed { summary: text() } },
        Command::StartUndo { undoes: run, plan: Box::new(plan(0)), incident: None, preapproved: Vec::new() },
        Command::ReportDelivery { delivery: DeliveryId(7), attempt: 1, result: accepted() },
        Command::PublishReview { review, text: None },
    ]
}

fn pick<T>(mut things: impl ExactSizeIterator<Item = T>, which: usize) -> Option<T> {
    // One in eight misses.
    let count = things.len();
    if count == 0 || which == 7 { None } else { things.nth(which % count) }
}

fn check(which: usize, choice: usize) -> Command {
    let check = CHECKS.get(which % 5).copied().unwrap_or("unheard-of").to_owned();
    let fail = Verdict::Fail { reason: "answered 503".to_owned() };
    Command::ReportCheck { check, verdict: if choice.is_multiple_of(2) { Verdict::Pass } else { fail } }
}

fn job(which: usize, choice: usize) -> Command {
    let job = ["backup", "payout", "unheard-of"][which % 3].to_owned();
    let outcome = if choice.is_multiple_of(3) { JobOutcome::Failed } else { JobOutcome::Succeeded };
    Command::ReportJob { job, outcome, note: String::new() }
}

fn plan_run(world: &World, which: usize, choice: usize) -> Command {
    let mut plan = plan(choice % 3);
    let preapproved = match choice {
        0..=3 => vec![plan.digest.clone()],
        4..=6 => plan.steps.first().map(|step| step.digest(TARGET)).into_iter().collect(),
        _ => Vec::new(),
    };
    if choice == 11 {
        plan.title.push('!');
    }
    let incident = if which.is_multiple_of(2) { None } else { pick(world.incidents.keys().copied(), which) };
    Command::PlanRun { plan: Box::new(plan), incident, preapproved }
}

/// Undoes a run that is open; of one that is closed the world knows nothing.
fn undo(world: &World, which: usize, choice: usize) -> Command {
    let known = pick(world.runs.values(), which);
    let undoes = known.map_or(RunId(9_999), |run| run.id);
    let to = (choice > 8).then_some(2);
    let plan = known.and_then(|run| undo_plan(run, to).ok()).unwrap_or_else(|| plan(0));
    let preapproved = if choice.is_multiple_of(2) { vec![plan.digest.clone()] } else { Vec::new() };
    Command::StartUndo { undoes, plan: Box::new(plan), incident: None, preapproved }
}

fn capture(run: &Run, step: u32, choice: usize) -> Command {
    let result = match choice {
        0..=7 => CaptureResult::Captured { captured: [("0/BEFORE".to_owned(), Digest::of(b"sealed"))].into() },
        8..=9 => CaptureResult::Captured { captured: BTreeMap::new() },
        _ => CaptureResult::Failed { summary: "forbidden".to_owned() },
    };
    Command::ReportCapture { run: run.id, step, attempt: 0, result }
}

fn step(world: &World, which: usize, choice: usize) -> (Command, Actor) {
    let known = pick(world.runs.values(), which);
    let run = known.map_or(RunId(9_999), |run| run.id);
    let current = known.and_then(|run| run.current());
    let step = current.map_or(1, |(number, _)| number) + u32::from(choice == 11);
    let digest = known.and_then(|run| run.plan.step(step)).map(|step| step.digest(TARGET)).unwrap_or_default();
    let attempt = current.map_or(1, |(_, step)| step.attempt).saturating_sub(u32::from(choice == 10));
    let person = Actor::Person(["ana", "ben"][which % 2].into());
    let text = || "because".to_owned();
    let outcome = StepOutcome { summary: "exited".to_owned(), ..StepOutcome::default() };
    let report = |succeeded| Command::ReportStep { run, step, attempt, succeeded, outcome: outcome.clone() };
    if let (Some(run), Some((number, StepState::Approved))) =
        (known, current.map(|(number, step)| (number, step.state)))
    {
        return (capture(run, number, choice), Actor::Engine);
    }
    if current.is_some_and(|(_, step)| step.state == StepState::Started) && choice < 9 {
        return (report(choice < 6), Actor::Engine);
    }
    let command = match choice {
        0..=2 => Command::ApproveStep { run, step, digest },
        3..=4 => Command::RepeatStep { run, step, digest },
        5 => Command::ConfirmStep { run, step, note: text() },
        6 => Command::ForgoUndo { run, step, digest, reason: text() },
        7 => Command::SkipStep { run, step, reason: text() },
        8 if which == 0 => Command::AbortRun { run, reason: text() },
        8 => Command::ApproveStep { run, step, digest: Digest::of(b"something else") },
        _ => return (report(choice == 9), Actor::Engine),
    };
    (command, person)
}

fn accepted() -> DeliveryResult {
    DeliveryResult::Accepted { answer: "202".to_owned() }
}

fn delivery(world: &World, which: usize, choice: usize) -> (Command, Actor) {
    let known = pick(world.deliveries.values(), which);
    let delivery = known.map_or(DeliveryId(9_999), |delivery| delivery.id);
    // A repeated outcome names an attempt that has been settled.
    let attempt = known.map_or(1, |delivery| delivery.attempt).saturating_sub(u32::from(choice == 11));
    let result = match choice {
        0..=4 => accepted(),
        5..=8 => DeliveryResult::Failed { error: "answered 500".to_owned() },
        _ => DeliveryResult::Rejected { error: "answered 404".to_owned() },
    };
    (Command::ReportDelivery { delivery, attempt, result }, Actor::Engine)
}

fn plan(shape: usize) -> Plan {
    let effects = [EffectClass::Observe, EffectClass::Outage, EffectClass::Destroy];
    let step = |number: u32| {
        let manual = number == 3;
        let line = format!("command {number}");
        let effect = effects[(shape + number as usize) % effects.len()];
        let mut command = PlannedCommand::new(number, "bash", line.clone(), effect, TARGET);
        if number == 2 {
            command.capture = [("BEFORE".to_owned(), "look".to_owned())].into();
        }
        command.undo = (number < 4).then(|| "put it back".to_owned());
        command = command.bound(TARGET);
        PlannedStep {
            number,
            line: number,
            title: line,
            prose: String::new(),
            kind: if manual { StepKind::Manual } else { StepKind::Command },
            commands: if manual { Vec::new() } else { vec![command] },
            wait: None,
            undoes: None,
            undoes_cut_short: false,
        }
    };
    Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: "restart".to_owned(),
        title: "Restart".to_owned(),
        target: TARGET.to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps: (1..=4).map(step).collect(),
    }
    .sealed()
}

/// Policies to change between: checks come and go, levels and channels too.
pub(crate) fn policies() -> Vec<Policy> {
    let full = full();
    let mut fewer = full.clone();
    fewer.checks.remove("api");
    fewer.checks.remove("images");
    fewer.jobs.remove("backup");
    fewer.escalation.truncate(1);
    fewer.escalation_repeats = 0;
    fewer.approvals = Approvals { four_eyes: [EffectClass::Destroy].into(), expires_s: 60 };
    let mut broken = full.clone();
    broken.escalation = vec![level(&[], 300), level(&["pager", "pager"], 0), level(&[], 60)];
    broken.last_resort = vec!["pager".to_owned(), "gone".to_owned()];
    broken.severities.clear();
    let mut silent = full.clone();
    silent.escalation.clear();
    silent.audience.clear();
    let mut every_second = full.clone();
    for demands in every_second.severities.values_mut() {
        demands.update_every_s = Some(0);
        demands.resolves_itself = true;
        demands.review_within_s = Some(0);
    }
    vec![full, fewer, broken, silent, every_second, Policy::default()]
}

fn level(channels: &[&str], acknowledge_within_s: u32) -> EscalationLevel {
    EscalationLevel { channels: channels.iter().map(|name| (*name).to_owned()).collect(), acknowledge_within_s }
}

fn full() -> Policy {
    let owned = |name: &str| name.to_owned();
    let check = |(index, name): (usize, &&str)| {
        let probe = HttpProbe {
            method: owned("GET"),
            url: format!("https://{name}.example/"),
            headers: Vec::new(),
            body: None,
            samples: 1,
            p95_limit_ms: None,
            connect_timeout_ms: 1_000,
            timeout_ms: 1_000,
            conditions: Vec::new(),
        };
        let policy = CheckPolicy {
            probe: Probe::Http(probe),
            interval_ms: 10_000,
            failures_to_fail: 1 + u32::from(index == 1),
            passes_to_recover: 1 + u32::from(index == 2),
            severity: Severity::ALL[index],
            component: owned(if index < 2 { "booking" } else { name }),
            procedure: None,
        };
        (owned(name), policy)
    };
    let job = |severity| JobPolicy { every_s: 3_600, grace_s: 60, severity, procedure: None };
    Policy {
        escalation: vec![level(&["pager", "console"], 300), level(&["phone"], 600)],
        escalation_repeats: 1,
        last_resort: vec![owned("ceo")],
        channels: ["pager", "console", "phone", "ceo", "news"].map(|name| (owned(name), Channel::Console)).into(),
        audience: vec![owned("news")],
        checks: CHECKS.iter().enumerate().map(check).collect(),
        jobs: [(owned("backup"), job(Severity::P2)), (owned("payout"), job(Severity::P0))].into(),
        ..Policy::default()
    }
}
