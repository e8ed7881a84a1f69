//! What the plan of an undo says beside what the specifications show: where it is performed, and what it does without.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use allclear_core::{
    Actor, CaptureResult, Cause, Command, Digest, Effect, EffectClass, Event, Plan, PlannedCommand, PlannedStep,
    Recorded, Run, RunEnd, RunId, StepKind, StepOutcome, StepState, Wait, World, decide, due, undo_plan,
};

const TARGET: &str = "production";

fn command(effect: EffectClass, undo: Option<&str>) -> PlannedCommand {
    let command = PlannedCommand::new(7, "bash", "mend it".to_owned(), effect, TARGET);
    PlannedCommand { undo: undo.map(str::to_owned), ..command }.bound(TARGET)
}

fn step(number: u32, command: PlannedCommand) -> PlannedStep {
    PlannedStep {
        kind: StepKind::Command,
        commands: vec![command],
        ..PlannedStep::manual(number, number, format!("step {number}"), String::new())
    }
}

fn plan(steps: Vec<PlannedStep>) -> Plan {
    Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: "mend".to_owned(),
        title: "Mend".to_owned(),
        target: TARGET.to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps,
    }
    .sealed()
}

/// Asks, one after the other; the world that comes of it.
fn after(commands: Vec<Command>) -> World {
    let now = "2026-01-05T03:00:00Z".parse().unwrap();
    commands.into_iter().fold(World::default(), |world, command| {
        decide(&world, &command, &Actor::Person("ana".into()), now).unwrap().into_parts().1
    })
}

fn planned(plan: &Plan) -> Command {
    Command::PlanRun { plan: Box::new(plan.clone()), incident: None, preapproved: vec![plan.digest.clone()] }
}

/// As after a restart.
fn doubted(run: &mut Run, step: u32) {
    let step = run.steps.get_mut(&step).unwrap();
    (step.state, step.commands_begun) = (StepState::InDoubt, None);
}

fn succeeded(step: u32, directory: &str) -> Command {
    let directory = Some(directory.to_owned());
    let outcome = StepOutcome { directory, summary: "exited with 0".to_owned(), ..StepOutcome::default() };
    Command::ReportStep { run: RunId(1), step, attempt: 1, succeeded: true, outcome }
}

#[test]
fn a_step_is_put_back_where_the_shell_stood_when_it_began() {
    let change = || command(EffectClass::Change, Some("mend it back"));
    let plan = plan(vec![step(1, change()), step(2, change()), step(3, change())]);
    let world = after(vec![planned(&plan), succeeded(1, "/srv/it's here"), succeeded(2, "/tmp")]);
    let mut run = world.runs[&RunId(1)].clone();
    assert_eq!(undo_plan(&run, None).unwrap_err().code(), "step-state", "its third step is being performed");
    run.end = Some(RunEnd::Aborted);
    assert_eq!(undo_plan(&run, None).unwrap_err().code(), "still-ending", "nobody knows what comes of it");
    doubted(&mut run, 3);
    let undo = undo_plan(&run, None).unwrap();
    let texts = |step: &PlannedStep| step.commands.iter().map(|it| it.rendered.clone()).collect::<Vec<_>>().join("; ");
    let texts: Vec<String> = undo.steps.iter().map(texts).collect();
    let expected = ["cd -- '/tmp'; mend it back", r"cd -- '/srv/it'\''s here'; mend it back", "mend it back"];
    assert_eq!(texts, expected);
}

/// Whether the step that is being performed follows an attempt that was cut short.
fn follows_cut_short(commands: &[Command]) -> bool {
    let effects = due(&after(commands.to_vec()), "2026-01-05T03:00:00Z".parse().unwrap());
    let [Effect::Perform(effect)] = effects.as_slice() else { panic!("{effects:?}") };
    effect.follows_cut_short
}

#[test]
fn only_an_attempt_that_told_no_outcome_was_cut_short() {
    let plan = plan(vec![step(1, command(EffectClass::Change, Some("mend it back")))]);
    let again = || Command::RepeatStep { run: RunId(1), step: 1, digest: plan.steps[0].digest(TARGET) };
    let failed = |attempt, commands_begun| {
        let outcome = StepOutcome { commands_begun, summary: "no".to_owned(), ..StepOutcome::default() };
        Command::ReportStep { run: RunId(1), step: 1, attempt, succeeded: false, outcome }
    };
    let undone = |commands: &[Command]| {
        let mut run = after(commands.to_vec()).runs[&RunId(1)].clone();
        run.end = Some(RunEnd::Aborted);
        undo_plan(&run, None).unwrap().steps[0].undoes_cut_short
    };
    let mut commands = vec![planned(&plan)];
    assert!(!follows_cut_short(&commands));
    commands.extend([failed(1, Some(1)), again()]);
    assert!(!follows_cut_short(&commands), "what it left running was left on purpose");
    commands.push(Command::StartEngine { version: "0.1.0".to_owned() });
    assert!(undone(&commands), "nobody knows how it ended");
    commands.push(again());
    assert!(follows_cut_short(&commands));
    commands.extend([failed(3, Some(0)), again()]);
    assert!(follows_cut_short(&commands), "what the second left is there as long as nothing was begun since");
    commands.push(failed(4, Some(1)));
    assert!(!undone(&commands));
    commands.push(again());
    assert!(!follows_cut_short(&commands));
}

#[test]
fn what_nobody_knows_the_end_of_is_put_back_as_far_as_it_may_have_come() {
    let with_capture = |capture: &[&str]| {
        let mut change = command(EffectClass::Change, Some("mend it back"));
        change.capture = capture.iter().map(|name| ((*name).to_owned(), "look".to_owned())).collect();
        change.bound(TARGET)
    };
    let mut both = step(1, with_capture(&[]));
    both.commands.extend([with_capture(&[]), with_capture(&["BEFORE"])]);
    let mut run = after(vec![planned(&plan(vec![both]))]).runs[&RunId(1)].clone();
    run.end = Some(RunEnd::Aborted);
    doubted(&mut run, 1);
    let undo = undo_plan(&run, None).unwrap();
    let [by_command] = undo.steps.as_slice() else { panic!("the third was never begun: {undo:?}") };
    assert_eq!(by_command.commands.len(), 2, "the first two may have been, and record nothing");
    // A person who says that it succeeded says so of all of it.
    run.steps.get_mut(&1).unwrap().state = StepState::Succeeded;
    let undo = undo_plan(&run, None).unwrap();
    assert_eq!(undo.steps[0].kind, StepKind::Manual, "what was before the third was not recorded: {undo:?}");
}

/// The run of a log in which what is before both commands of its step was recorded at once, as earlier versions did, and
/// whose first attempt came no further than to the first of them.
fn recorded_at_once(later: impl IntoIterator<Item = Event>) -> Run {
    let mut change = command(EffectClass::Change, Some("mend it back"));
    change.capture = [("BEFORE".to_owned(), "look".to_owned())].into();
    let mut both = step(1, change.clone().bound(TARGET));
    both.commands.push(change.bound(TARGET));
    let (plan, digest, run, step) = (plan(vec![both.clone()]), both.digest(TARGET), RunId(1), 1);
    let captured = ["0/BEFORE", "1/BEFORE"].map(|key| (key.to_owned(), Digest::of(key.as_bytes()))).into();
    let outcome = StepOutcome { commands_begun: Some(1), ..StepOutcome::default() };
    let begun = [
        Event::RunPlanned { run, plan: Box::new(plan), incident: None, preapproved: Vec::new() },
        Event::ApprovalRequested { run, step, digest: digest.clone() },
        Event::ApprovalGiven { run, step, digest: digest.clone() },
        Event::StateCaptured { run, step, captured },
        Event::StepStarted { run, step, attempt: 1 },
        Event::StepFailed { run, step, attempt: 1, outcome },
        Event::ApprovalGiven { run, step, digest },
        Event::StepStarted { run, step, attempt: 2 },
    ];
    let recorded = |(seq, event)| Recorded {
        seq,
        at: "2026-01-05T03:00:00Z".parse().unwrap(),
        cause: Cause { actor: Actor::Engine, command: "sample".into() },
        incident: None,
        run: Some(run),
        event: std::sync::Arc::new(event),
    };
    let events: Vec<Recorded> = (1..).zip(begun.into_iter().chain(later)).map(recorded).collect();
    Run::replay(&events).unwrap()
}

#[test]
fn what_an_earlier_version_may_have_begun_is_left_out_of_no_undo() {
    let (run, step, attempt) = (RunId(1), 1, 2);
    let failed = |commands_begun| {
        let outcome = StepOutcome { commands_begun, ..StepOutcome::default() };
        Event::StepFailed { run, step, attempt, outcome }
    };
    for last in [Event::StepInDoubt { run, step, attempt }, failed(Some(2)), failed(None)] {
        let undo = undo_plan(&recorded_at_once([last.clone()]), None).unwrap();
        let [by_hand, by_command] = undo.steps.as_slice() else { panic!("{last:?}: {undo:?}") };
        assert!(by_hand.prose.contains("what was before it was not recorded"), "{last:?}: {}", by_hand.prose);
        assert_eq!(by_command.commands.len(), 1, "{last:?}");
    }
    let undo = undo_plan(&recorded_at_once([failed(Some(1))]), None).unwrap();
    assert_eq!(undo.steps.len(), 1, "the second was begun in no attempt");
}

#[test]
fn it_is_said_when_what_is_before_a_command_is_recorded() {
    let mut step = step(1, command(EffectClass::Observe, None));
    for language in ["bash", "sql", "yaml"] {
        step.commands.push(PlannedCommand { language: language.to_owned(), ..command(EffectClass::Change, None) });
    }
    let said: Vec<&str> = (0..4).map(|index| step.recorded_when(index)).collect();
    let expected = [
        "before the step is started",
        "right before it, in the folder where the step began",
        "right before the transaction in which it is performed",
        "right before it",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_was_never_captured_is_not_guessed() {
    let mut change = command(EffectClass::Change, Some("scale --replicas=$BEFORE"));
    change.capture = [("BEFORE".to_owned(), "look".to_owned())].into();
    let plan = plan(vec![step(1, change.bound(TARGET))]);
    let captured = CaptureResult::Captured { captured: [("0/BEFORE".to_owned(), Digest::of(b"2"))].into() };
    let report = Command::ReportCapture { run: RunId(1), step: 1, attempt: 0, result: captured };
    let world = after(vec![planned(&plan), report]);
    let mut run = world.runs[&RunId(1)].clone();
    run.end = Some(RunEnd::Aborted);
    doubted(&mut run, 1);
    let undo = undo_plan(&run, None).unwrap();
    assert_eq!(undo.steps[0].commands[0].captured["BEFORE"], Digest::of(b"2"));

    // A run from before captures were recorded: its step was performed, and nobody knows what was.
    run.steps.get_mut(&1).unwrap().captured = None;
    let undo = undo_plan(&run, None).unwrap();
    assert_eq!(undo.steps[0].kind, StepKind::Manual);
    assert!(undo.steps[0].prose.contains("what was before it was not recorded"), "{}", undo.steps[0].prose);
}

#[test]
fn what_is_captured_is_part_of_what_is_approved() {
    let bare = command(EffectClass::Change, None);
    let mut with = bare.clone();
    with.captured = [("BEFORE".to_owned(), Digest::of(b"2"))].into();
    let mut other = bare.clone();
    other.captured = [("BEFORE".to_owned(), Digest::of(b"3"))].into();
    let digests = [bare.bound(TARGET).digest, with.bound(TARGET).digest, other.bound(TARGET).digest];
    assert!(digests[0] != digests[1] && digests[1] != digests[2]);
}

#[test]
fn a_step_that_waits_may_only_look() {
    let waiting = |effect| {
        let wait = Some(Wait { every_s: 5, at_most_s: 60 });
        planned(&plan(vec![PlannedStep { wait, ..step(1, command(effect, None)) }]))
    };
    let decide = |command| decide(&World::default(), &command, &Actor::Engine, "2026-01-05T03:00:00Z".parse().unwrap());
    assert_eq!(decide(waiting(EffectClass::Change)).unwrap_err().code(), "wait-changes");
    assert!(decide(waiting(EffectClass::Observe)).is_ok());
}
