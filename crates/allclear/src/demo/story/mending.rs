//! The runbook's procedure, planned and performed, until PrepChef is well again.

use std::collections::BTreeSet;

use allclear_core::{Event, Plan, RunId, Seq};
use allclear_runbook::PlanRequest;
use anyhow::{anyhow, bail, ensure};
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::{Playing, Scene, Seen};
use crate::demo::diary::{is_from_check, pause};
use crate::demo::props::{PROCEDURE, RUNBOOK, TARGET};
use crate::demo::visitor::FAULT;
use crate::print::text;

pub(super) fn planned<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let plan = plan()?;
        let (_, incident) = scene.diary.incident().await?;
        if scene.diary.run().await?.is_none() {
            scene.console.post("runs", json!({ "plan": plan, "incident": incident, "preapproved": [] })).await?;
        }
        let (seq, run) = loop {
            match scene.diary.run().await? {
                Some(found) => break found,
                None => pause().await,
            }
        };
        let (count, digest) = (plan.steps.len(), plan.digest.short());
        Ok(Seen::in_log(seq, format!("{run} is \u{201c}{}\u{201d}: {count} steps, digest {digest}.", plan.title)))
    }
    .boxed()
}

pub(super) fn performed<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let run = scene.diary.run().await?.map(|(_, run)| run).ok_or_else(|| anyhow!("there is no run"))?;
        let mut told = BTreeSet::new();
        loop {
            if let Some(seq) = finished(scene, run).await? {
                tell_steps(scene, run, &mut told).await?;
                return Ok(Seen::in_log(seq, format!("{run} finished; every step succeeded.")));
            }
            tell_steps(scene, run, &mut told).await?;
            take_further(scene, run).await?;
            pause().await;
        }
    }
    .boxed()
}

pub(super) fn recovered<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let ended = |event: &Event| match event {
            Event::AlertOpened { alert, source, .. } if is_from_check(source) => Some(*alert),
            _ => None,
        };
        let (_, alert) = scene.diary.wait(ended).await?;
        let over =
            |event: &Event| matches!(event, Event::AlertResolved { alert: it, .. } if *it == alert).then_some(());
        scene.diary.wait(over).await?;
        let (_, incident) = scene.diary.incident().await?;
        let well =
            |event: &Event| matches!(event, Event::IncidentRecovered { incident: it } if *it == incident).then_some(());
        let (seq, ()) = scene.diary.wait(well).await?;
        let status = scene.visitor.requirements().await?;
        ensure!(status.is_success(), "the log says that PrepChef recovered, but it answers {status}");
        Ok(Seen::in_log(seq, format!("GET /city/san_francisco/requirements answers {status}; {alert} is over.")))
    }
    .boxed()
}

/// The procedure with no choice left open.
fn plan() -> anyhow::Result<Plan> {
    let (runbook, _) = allclear_runbook::parse("runbook.md", RUNBOOK);
    let request = PlanRequest {
        target: TARGET.to_owned(),
        environment: ["PREPCHEF_URL".to_owned()].into(),
        ..PlanRequest::default()
    };
    allclear_runbook::plan(&runbook, PROCEDURE, &request).map_err(|refusals| {
        let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        anyhow!("the procedure cannot be planned: {}", reasons.join("; "))
    })
}

async fn finished(scene: &mut Scene<'_>, run: RunId) -> anyhow::Result<Option<Seq>> {
    let ended = |event: &Event| matches!(event, Event::RunFinished { run: it } if *it == run).then_some(());
    Ok(scene.diary.find(ended).await?.map(|(seq, ())| seq))
}

/// Gives the word that the run waits for, as the person at the console would.
async fn take_further(scene: &mut Scene<'_>, run: RunId) -> anyhow::Result<()> {
    let now = scene.console.get(&format!("runs/{run}")).await?;
    let Some(step) = crate::attach::current(&now) else { return Ok(()) };
    let number = text(&step, "number");
    let manual = step["kind"] == "manual";
    let (act, body) = match step["state"].as_str() {
        Some("waiting") if manual => ("confirm", json!({ "note": "Posted: requirements are served again." })),
        Some("waiting") => ("approve", json!({ "digest": step["digest"] })),
        Some("in-doubt") => settled(scene, &now, &step).await?,
        Some("failed") => {
            let output = scene.console.text(&format!("runs/{run}/output?step={number}")).await.unwrap_or_default();
            bail!("step {number} failed: {}\n{output}", text(&step["outcome"], "summary"))
        }
        _ => return Ok(()),
    };
    let verb = if act == "confirm" { "confirms" } else { "approves" };
    scene.narrator.detail(&format!("Ana {verb} step {number}: {}", text(&step, "title")));
    scene.console.post(&format!("runs/{run}/steps/{number}/{act}"), body).await
}

/// A step that was interrupted: nobody guesses. Ana looks at PrepChef and says what she sees.
async fn settled(scene: &Scene<'_>, run: &Value, step: &Value) -> anyhow::Result<(&'static str, Value)> {
    let rolls_back = commands(run, step).iter().any(|command| rendered(command).contains(FAULT));
    if rolls_back && !scene.visitor.is_broken().await? {
        return Ok(("confirm", json!({ "note": "The bad release is gone, so the step had happened." })));
    }
    Ok(("repeat", json!({ "digest": step["digest"] })))
}

/// Shows each step that has ended since the last look, with what it printed.
async fn tell_steps(scene: &Scene<'_>, run: RunId, told: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let now = scene.console.get(&format!("runs/{run}")).await?;
    for step in now["steps"].as_array().into_iter().flatten() {
        let number = text(step, "number");
        if step["state"] != "succeeded" || !told.insert(number.clone()) {
            continue;
        }
        for command in commands(&now, step) {
            scene.narrator.quote(&format!("$ {}   [{}]", rendered(command), text(command, "effect")));
        }
        if step["kind"] == "command" {
            let output = scene.console.text(&format!("runs/{run}/output?step={number}")).await?;
            scene.narrator.quote(&shortened(&output));
        }
        scene.narrator.detail(&format!("Step {number} succeeded: {}", text(&step["outcome"], "summary")));
    }
    Ok(())
}

/// The commands of a step, from the plan that was approved.
fn commands<'r>(run: &'r Value, step: &Value) -> &'r [Value] {
    let steps = run["plan"]["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let planned = steps.iter().find(|planned| planned["number"] == step["number"]);
    planned.and_then(|planned| planned["commands"].as_array()).map_or(&[], Vec::as_slice)
}

fn rendered(command: &Value) -> String {
    text(command, "rendered").trim().to_owned()
}

/// Enough of an output to recognise it.
fn shortened(output: &str) -> String {
    const CHARS_MAX: usize = 240;
    let mut kept: String = output.trim_end().chars().take(CHARS_MAX).collect();
    if kept.len() < output.trim_end().len() {
        kept.push_str(" …");
    }
    kept
}

#[cfg(test)]
mod tests {
    use allclear_core::{EffectClass, StepKind};

    use super::*;

    #[test]
    fn the_procedure_of_the_example_is_planned_without_a_choice_left() {
        let plan = plan().unwrap();
        let effects: Vec<_> = plan.steps.iter().map(|step| (step.kind, step.effect())).collect();
        assert_eq!(
            effects,
            [
                (StepKind::Command, Some(EffectClass::Observe)),
                (StepKind::Command, Some(EffectClass::Observe)),
                (StepKind::Command, Some(EffectClass::Change)),
                (StepKind::Command, Some(EffectClass::Observe)),
                (StepKind::Manual, None),
            ]
        );
    }
}
