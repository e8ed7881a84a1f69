//! What happens in a specification, a line per happening.
//!
//! "incident", "run" and "review" mean the newest that is open; a refusal is part of what happens, not an error.

use allclear_core::{
    Actor, Command, Digest, Event, IncidentId, JobOutcome, Plan, ReviewId, RunId, StepKind, Verdict, undo_plan,
};
use jiff::Timestamp;

use super::policy::{Read, sentence};
use super::words::{number, time};
use crate::simulator::{Answer, CaptureScript, Health, Simulation, StepScript};

pub(super) fn act(
    simulation: &mut Simulation,
    read: &mut Read,
    begin: Timestamp,
    words: &[&str],
) -> Result<(), String> {
    match words {
        [] => Ok(()),
        ["advance", "to", at] => {
            simulation.advance_to(time(begin, at)?);
            Ok(())
        }
        ["at", at, "clock", "is", "set", "to", set] => {
            simulation.advance_to(time(begin, at)?);
            simulation.set_clock(time(begin, set)?);
            Ok(())
        }
        ["at", at, what @ ..] => {
            simulation.advance_to(time(begin, at)?);
            happen(simulation, read, what)
        }
        _ => Err("a line begins with `at TIME` or `advance to TIME`".to_owned()),
    }
}

fn happen(simulation: &mut Simulation, read: &mut Read, words: &[&str]) -> Result<(), String> {
    match words {
        ["engine", "restarts"] => simulation.restart(),
        ["policy", rest @ ..] => {
            sentence(read, rest)?;
            simulation.adopt(read.policy.clone());
        }
        ["probe", check, "passes"] => report_check(simulation, check, Verdict::Pass),
        ["probe", check, "fails", reason] => {
            report_check(simulation, check, Verdict::Fail { reason: (*reason).to_owned() });
        }
        [check, "goes", "down", reason] => {
            simulation.outside.set_health(check, Health::Down((*reason).to_owned()));
        }
        [check, "comes", "up"] => simulation.outside.set_health(check, Health::Up),
        ["channel", channel, "answers", status] => {
            let status = u16::try_from(number(status)?).map_err(|_| format!("`{status}` is not a status"))?;
            simulation.outside.set_answer(channel, Answer::Status(status));
        }
        ["job", job, "succeeds"] => report_job(simulation, job, JobOutcome::Succeeded, ""),
        ["job", job, "fails", note] => report_job(simulation, job, JobOutcome::Failed, note),
        ["step", step, "will", "succeed"] => {
            simulation.outside.set_step(number(step)?, StepScript::Succeeds("exited with 0".to_owned()));
        }
        ["step", step, "will", "hang"] => simulation.outside.set_step(number(step)?, StepScript::Hangs),
        ["step", step, "will", "fail", summary] => {
            simulation.outside.set_step(number(step)?, StepScript::Fails((*summary).to_owned()));
        }
        ["step", step, "will", "fail", "at", "command", command, summary] => {
            let script = StepScript::FailsAt(number(command)?, (*summary).to_owned());
            simulation.outside.set_step(number(step)?, script);
        }
        ["capture", "of", "step", step, "will", script @ ..] => {
            simulation.outside.set_capture(number(step)?, capture(script)?);
        }
        ["step", step, "succeeds"] => end_step(simulation, number(step)?, true, "exited with 0")?,
        ["step", step, "fails", summary] => end_step(simulation, number(step)?, false, summary)?,
        ["step", step, "of", run, "fails", summary] => {
            let run = run.parse().map_err(|_| format!("`{run}` is not a run"))?;
            simulation.end_step(run, number(step)?, false, summary);
        }
        ["step", step, "of", run, "succeeds"] => {
            let run = run.parse().map_err(|_| format!("`{run}` is not a run"))?;
            simulation.end_step(run, number(step)?, true, "exited with 0");
        }
        [name, deed @ ..] => {
            let actor = match name.split_once(':') {
                Some(("source", name)) => Actor::Source(name.into()),
                _ => Actor::Person((*name).into()),
            };
            let command = command(simulation, read, deed)?;
            let _ = simulation.submit(&command, &actor);
        }
        [] => return Err("nothing happens".to_owned()),
    }
    Ok(())
}

fn capture(words: &[&str]) -> Result<CaptureScript, String> {
    match words {
        ["hang"] => Ok(CaptureScript::Hangs),
        ["fail", summary] => Ok(CaptureScript::Fails((*summary).to_owned())),
        ["hold", value] => Ok(CaptureScript::Succeeds((*value).to_owned())),
        _ => Err("a capture will `hang`, `fail \"…\"` or `hold \"…\"`".to_owned()),
    }
}

fn command(simulation: &Simulation, read: &Read, words: &[&str]) -> Result<Command, String> {
    run_command(simulation, read, words)
        .or_else(|| incident_command(simulation, words))
        .or_else(|| review_command(simulation, words))
        .unwrap_or_else(|| Err("nobody can do that".to_owned()))
}

/// A command, or that the words are not understood; `None` where somebody else may understand them.
type Understood = Option<Result<Command, String>>;

fn incident_command(simulation: &Simulation, words: &[&str]) -> Understood {
    let newest = simulation.world().incidents.keys().next_back().copied().unwrap_or(IncidentId(0));
    let owned = |text: &str| text.to_owned();
    if let ["opens", severity, "incident", title, rest @ ..] = words {
        let (component, procedure) = match rest {
            ["for", component] => (Some(owned(component)), None),
            ["with", "procedure", procedure] => (None, Some(owned(procedure))),
            _ => (None, None),
        };
        let open = |severity| Command::OpenIncident { severity, title: owned(title), component, procedure };
        return Some(severity.parse().map(open));
    }
    let [verb, which, rest @ ..] = words else { return None };
    let incident = if *which == "incident" { newest } else { which.parse().ok()? };
    Some(Ok(match (*verb, rest) {
        ("acknowledges", []) => Command::AcknowledgeIncident { incident },
        ("assesses", ["as", severity, impact]) => match severity.parse() {
            Ok(severity) => Command::AssessIncident { incident, severity, impact: owned(impact) },
            Err(error) => return Some(Err(error)),
        },
        ("assigns", ["to", commander]) => Command::AssignIncident { incident, commander: owned(commander) },
        ("updates", [text]) => Command::UpdateIncident { incident, text: owned(text), public: true },
        ("annotates", [text]) => Command::UpdateIncident { incident, text: owned(text), public: false },
        ("mitigates", [text]) => Command::MitigateIncident { incident, text: owned(text) },
        ("resolves", [text]) => Command::ResolveIncident { incident, text: owned(text), root_cause: None },
        ("resolves", [text, "because", cause]) => {
            Command::ResolveIncident { incident, text: owned(text), root_cause: Some(owned(cause)) }
        }
        _ => return None,
    }))
}

fn run_command(simulation: &Simulation, read: &Read, words: &[&str]) -> Understood {
    let run = newest_run(simulation);
    let text = |text: &str| text.to_owned();
    Some(Ok(match words {
        ["plans", procedure, rest @ ..] => {
            let Some(plan) = read.plans.get(*procedure) else {
                return Some(Err(format!("the policy has no procedure `{procedure}`")));
            };
            let mut plan = plan.clone();
            let preapproved = match rest {
                ["approving", "all"] => vec![plan.digest.clone()],
                ["approving", "step", step] => {
                    let step = step.parse().ok().and_then(|step| plan.step(step));
                    step.map(|step| step.digest(&plan.target)).into_iter().collect()
                }
                ["with", "tampering"] => {
                    plan.title.push('!');
                    Vec::new()
                }
                _ => Vec::new(),
            };
            let incident = simulation.world().incidents.keys().next_back().copied();
            Command::PlanRun { plan: Box::new(plan), incident, preapproved }
        }
        ["aborts", "run", reason] => Command::AbortRun { run, reason: text(reason) },
        ["pauses", "run"] => Command::PauseRun { run },
        ["resumes", "run"] => Command::ResumeRun { run },
        ["undoes", "run", rest @ ..] => return Some(undo(simulation, rest)),
        [verb, "step", step, rest @ ..] => {
            let Ok(step) = step.parse() else { return Some(Err(format!("`{step}` is not a step"))) };
            let digest = digest(simulation, run, step);
            match (*verb, rest) {
                ("approves", []) => Command::ApproveStep { run, step, digest },
                ("approves", ["as", seen]) => Command::ApproveStep { run, step, digest: Digest::of(seen.as_bytes()) },
                ("confirms", [note]) => Command::ConfirmStep { run, step, note: text(note) },
                ("skips", [reason]) => Command::SkipStep { run, step, reason: text(reason) },
                ("repeats", []) => Command::RepeatStep { run, step, digest },
                ("performs", ["without", "undo", reason]) => {
                    Command::ForgoUndo { run, step, digest, reason: text(reason) }
                }
                _ => return None,
            }
        }
        _ => return None,
    }))
}

/// Undoes the newest run that undoes none itself, open or closed.
fn undo(simulation: &Simulation, words: &[&str]) -> Result<Command, String> {
    let planned = simulation.log().iter().rev().find_map(|recorded| match recorded.event.as_ref() {
        Event::RunPlanned { run, .. } => Some(*run),
        _ => None,
    });
    let run = planned.and_then(|id| simulation.run(id)).ok_or("no run was planned")?;
    let (to, all) = match words {
        [] => (None, false),
        ["approving", "all"] => (None, true),
        ["to", "step", step] => (Some(number(step)?), false),
        ["to", "step", step, "approving", "all"] => (Some(number(step)?), true),
        _ => return Err("a run is undone `to step N`, or `approving all`".to_owned()),
    };
    // What has no plan is refused by the decision too, with the same sentence: of an open run it makes the plan anew.
    let nothing = || match run.end {
        None => run.plan.as_ref().clone(),
        Some(_) => Plan { steps: Vec::new(), ..run.plan.as_ref().clone() }.sealed(),
    };
    let plan = undo_plan(&run, to).unwrap_or_else(|_| nothing());
    let preapproved = if all { vec![plan.digest.clone()] } else { Vec::new() };
    let incident = run.incident.filter(|id| simulation.world().incidents.contains_key(id));
    Ok(Command::StartUndo { undoes: run.id, plan: Box::new(plan), incident, preapproved })
}

fn review_command(simulation: &Simulation, words: &[&str]) -> Understood {
    let review = simulation.world().reviews.keys().next_back().copied().unwrap_or(ReviewId(0));
    let text = |text: &str| text.to_owned();
    Some(Ok(match words {
        ["adds", "action", what, "for", owner, "by", due] => {
            Command::AddActionItem { review, text: text(what), owner: text(owner), due: text(due) }
        }
        ["publishes", "review"] => Command::PublishReview { review, text: None },
        ["publishes", "review", what] => Command::PublishReview { review, text: Some(text(what)) },
        _ => return None,
    }))
}

/// What a person would approve: the digest of the step as it is planned.
fn digest(simulation: &Simulation, run: RunId, step: u32) -> Digest {
    let plan = simulation.world().runs.get(&run).map(|run| &run.plan);
    plan.and_then(|plan| Some(plan.step(step)?.digest(&plan.target))).unwrap_or_default()
}

fn newest_run(simulation: &Simulation) -> RunId {
    simulation.world().runs.keys().next_back().copied().unwrap_or(RunId(0))
}

fn end_step(simulation: &mut Simulation, step: u32, succeeded: bool, summary: &str) -> Result<(), String> {
    let run = newest_run(simulation);
    let planned = simulation.world().runs.get(&run).and_then(|run| run.plan.step(step));
    match planned.map(|step| step.kind) {
        Some(StepKind::Command) => simulation.end_step(run, step, succeeded, summary),
        Some(StepKind::Manual) => return Err(format!("step {step} is done by hand")),
        None => return Err(format!("no run has a step {step}")),
    }
    Ok(())
}

fn report_check(simulation: &mut Simulation, check: &str, verdict: Verdict) {
    let _ = simulation.submit(&Command::ReportCheck { check: check.to_owned(), verdict }, &Actor::Engine);
}

fn report_job(simulation: &mut Simulation, job: &str, outcome: JobOutcome, note: &str) {
    let command = Command::ReportJob { job: job.to_owned(), outcome, note: note.to_owned() };
    let _ = simulation.submit(&command, &Actor::Source("ping".into()));
}
