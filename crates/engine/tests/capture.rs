//! What was before a step is kept before the step is performed, and handed to the step that puts it back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;

use allclear_core::{Command, Digest, Event, PerformEffect, Recorded, Run, RunId, StepState, undo_plan};
use allclear_engine::Engine;
use allclear_testkit::{Asked, CaptureScript, StepScript};
use jiff::SignedDuration;

use story::{Bench, ana, approve, plan_run, plan_scaling, plan_scaling_twice, within};

const SEALED: &str = "sealed: 2";

async fn log(bench: &Bench) -> Vec<Recorded> {
    bench.store.read(0, 100_000).await.unwrap()
}

fn named(log: &[Recorded], name: &str) -> usize {
    log.iter().filter(|recorded| recorded.event.name() == name).count()
}

fn performed(bench: &Bench) -> Vec<PerformEffect> {
    let asked = bench.drivers.asked().into_iter();
    asked.filter_map(|(_, asked)| if let Asked::Perform(effect) = asked { Some(effect) } else { None }).collect()
}

/// A bench on which every step succeeds, and every capture finds the same.
async fn bench() -> Bench {
    let bench = Bench::begin().await;
    bench.drivers.script(|outside| {
        outside.set_every_step(StepScript::Succeeds("exited with 0".to_owned()));
        outside.set_capture(1, CaptureScript::Succeeds(SEALED.to_owned()));
    });
    bench
}

/// A run of one step that captured and is over.
async fn scaled(bench: &Bench, engine: &Engine) -> RunId {
    let (run, digest) = plan_scaling(engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.world(engine, move |world| !world.runs.contains_key(&run))).await;
    run
}

async fn undo(engine: &Engine, run: RunId, change: impl FnOnce(&mut allclear_core::Plan)) -> RunId {
    let events = engine.handle().store().read_run(run).await.unwrap();
    let mut plan = undo_plan(&Run::replay(&events).unwrap(), None).unwrap();
    change(&mut plan);
    let plan = plan.sealed();
    let preapproved = vec![plan.digest.clone()];
    let command = Command::StartUndo { undoes: run, plan: Box::new(plan), incident: None, preapproved };
    let accepted = engine.handle().submit(command, ana()).await.unwrap();
    accepted.events[0].run.unwrap()
}

#[tokio::test]
async fn what_was_before_is_kept_before_the_step_is_performed_and_given_to_its_undo() {
    let bench = bench().await;
    let engine = bench.start("one").await;
    let run = scaled(&bench, &engine).await;
    let log_of_run = log(&bench).await;
    let position = |name: &str| log_of_run.iter().position(|recorded| recorded.event.name() == name).unwrap();
    assert!(position("StateCaptured") < position("StepStarted"));
    let Event::StateCaptured { captured, .. } = log_of_run[position("StateCaptured")].event.as_ref() else { panic!() };
    let kept = bench.store.get_blob(&captured["0/REPLICAS"]).await.unwrap();
    assert_eq!(kept.as_deref(), Some(SEALED.as_bytes()));
    let text = serde_json::to_string(&log_of_run.iter().collect::<Vec<_>>()).unwrap();
    assert!(!text.contains(SEALED), "the log holds no more than a digest");

    let by = undo(&engine, run, |_| {}).await;
    within(bench.world(&engine, move |world| !world.runs.contains_key(&by))).await;
    let effect = performed(&bench).into_iter().find(|effect| effect.run == by).unwrap();
    assert_eq!(effect.sealed[&captured["0/REPLICAS"]], SEALED);
    let original = Run::replay(&bench.store.read_run(run).await.unwrap()).unwrap();
    assert_eq!((original.state(), original.steps[&1].state), ("undone", StepState::Undone));
    engine.stop().await;
}

#[tokio::test]
async fn what_is_before_a_later_command_is_on_record_before_it_is_performed() {
    let bench = bench().await;
    let engine = bench.start("one").await;
    let (run, digest) = plan_scaling_twice(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    let log_of_run = log(&bench).await;
    let names: Vec<&str> = log_of_run.iter().map(|recorded| recorded.event.name()).collect();
    let expected = ["StateCaptured", "StepStarted", "StateCaptured", "StepSucceeded", "RunFinished"];
    assert!(names.ends_with(&expected), "{names:?}");
    let effects = performed(&bench);
    let keys: Vec<&str> = effects[0].to_capture.iter().map(String::as_str).collect();
    assert_eq!(keys, ["1/REPLICAS"], "the first was captured before the step");
    let by = undo(&engine, run, |_| {}).await;
    within(bench.world(&engine, move |world| !world.runs.contains_key(&by))).await;
    let undone = performed(&bench).into_iter().find(|effect| effect.run == by).unwrap();
    let captured = undone.plan.steps[0].commands.iter().map(|command| command.captured.len());
    assert_eq!(captured.collect::<Vec<_>>(), [1, 1]);
    engine.stop().await;
}

#[tokio::test]
async fn a_later_command_of_which_nothing_can_be_recorded_is_not_performed_until_somebody_gives_up_its_undo() {
    let bench = bench().await;
    bench.drivers.script(|outside| outside.set_step(1, StepScript::Hangs));
    let engine = bench.start("one").await;
    let (run, digest) = plan_scaling_twice(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Perform(_))))).await;
    bench.drivers.script(|outside| outside.set_capture(1, CaptureScript::Fails("kubectl: forbidden".to_owned())));
    bench.drivers.let_hanging_steps_go_on();
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::Failed)).await;
    assert!(engine.handle().world().runs[&run].steps[&1].capture_failed);

    bench.drivers.script(|outside| outside.set_step(1, StepScript::Succeeds("exited with 0".to_owned())));
    let reason = "nobody may read it".to_owned();
    engine.handle().submit(Command::ForgoUndo { run, step: 1, digest, reason }, ana()).await.unwrap();
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    let plan = undo_plan(&Run::replay(&bench.store.read_run(run).await.unwrap()).unwrap(), None).unwrap();
    assert!(plan.steps[0].prose.contains("it was performed without an undo: nobody may read it"), "{plan:?}");
    assert_eq!(plan.steps[1].commands.len(), 1, "what was recorded puts back the first");
    engine.stop().await;
}

#[tokio::test]
async fn a_capture_that_was_interrupted_is_made_again_and_its_step_performed_once() {
    let bench = bench().await;
    bench.drivers.script(|outside| outside.set_capture(1, CaptureScript::Hangs));
    let engine = bench.start_hasty("one").await;
    let (run, digest) = plan_scaling(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    let captures = |asked: &Vec<(_, Asked)>| asked.iter().filter(|(_, it)| matches!(it, Asked::Capture(_))).count();
    within(bench.drivers.asked_for(|asked| captures(asked) == 1)).await;
    within(engine.stop()).await;
    assert!(performed(&bench).is_empty());

    bench.drivers.script(|outside| outside.set_capture(1, CaptureScript::Succeeds(SEALED.to_owned())));
    let engine = bench.start("two").await;
    within(bench.world(&engine, move |world| !world.runs.contains_key(&run))).await;
    assert_eq!((captures(&bench.drivers.asked()), performed(&bench).len()), (2, 1));
    let log = log(&bench).await;
    assert_eq!((named(&log, "StateCaptured"), named(&log, "StepInDoubt")), (1, 0));
    engine.stop().await;
}

#[tokio::test]
async fn a_capture_that_never_ends_is_stopped_when_its_approval_has_lapsed() {
    let bench = bench().await;
    bench.drivers.script(|outside| outside.set_capture(1, CaptureScript::Hangs));
    let engine = bench.start_hasty("one").await;
    let (run, digest) = plan_scaling(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| matches!(it, Asked::Capture(_))))).await;
    bench.clock.advance(SignedDuration::from_hours(1));
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::Waiting)).await;
    within(bench.drivers.asked_for(|asked| asked.iter().any(|(_, it)| *it == Asked::Release(run)))).await;
    assert!(performed(&bench).is_empty());
    engine.stop().await;
}

#[tokio::test]
async fn a_step_is_not_performed_when_what_was_before_cannot_be_recorded() {
    let bench = bench().await;
    bench.drivers.script(|outside| outside.set_capture(1, CaptureScript::Fails("kubectl: forbidden".to_owned())));
    let engine = bench.start("one").await;
    let (run, digest) = plan_scaling(&engine).await;
    engine.handle().submit(approve(run, &digest), ana()).await.unwrap();
    within(bench.world(&engine, move |world| world.runs[&run].steps[&1].state == StepState::Failed)).await;
    let summary = engine.handle().world().runs[&run].steps[&1].outcome.clone().unwrap().summary;
    assert_eq!((summary.as_str(), performed(&bench).len()), ("kubectl: forbidden", 0));
    engine.stop().await;
}

#[tokio::test]
async fn a_step_whose_record_is_gone_fails_and_says_so() {
    let bench = bench().await;
    let engine = bench.start("one").await;
    let run = scaled(&bench, &engine).await;
    let gone = |plan: &mut allclear_core::Plan| {
        let command = &mut plan.steps[0].commands[0];
        command.captured.insert("REPLICAS".to_owned(), Digest::of(b"never kept"));
        *command = command.clone().bound(&plan.target);
    };
    let by = undo(&engine, run, gone).await;
    within(bench.world(&engine, move |world| world.runs[&by].steps[&1].state == StepState::Failed)).await;
    let summary = engine.handle().world().runs[&by].steps[&1].outcome.clone().unwrap().summary;
    assert!(summary.contains("`REPLICAS`, is not in the store any more"), "{summary}");
    assert!(performed(&bench).iter().all(|effect| effect.run != by), "nothing was performed");
    assert_eq!(named(&log(&bench).await, "UndoFailed"), 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_finished_is_closed_and_one_that_was_aborted_is_stopped() {
    let bench = bench().await;
    let engine = bench.start("one").await;
    let finished = scaled(&bench, &engine).await;
    let (aborted, _) = plan_run(&engine).await;
    engine.handle().submit(Command::AbortRun { run: aborted, reason: "wrong".to_owned() }, ana()).await.unwrap();
    let ended = |asked: &Vec<(_, Asked)>| {
        asked.iter().any(|(_, it)| *it == Asked::Close(finished))
            && asked.iter().any(|(_, it)| *it == Asked::Release(aborted))
    };
    within(bench.drivers.asked_for(ended)).await;
    let wrong = |(_, it): &(_, Asked)| *it == Asked::Release(finished) || *it == Asked::Close(aborted);
    assert!(!bench.drivers.asked().iter().any(wrong));
    engine.stop().await;
}
