//! The policy of a specification, a sentence per line.

use allclear_core::{
    Channel, CheckPolicy, EscalationLevel, HttpProbe, JobPolicy, Plan, Policy, Probe, ProcedureLink, RunbookPolicy,
    SeverityPolicy,
};

use super::SpecError;
use super::plan;
use super::words::{number, seconds, words};

/// What a policy block says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) policy: Policy,
    /// Plans of the procedures, by id.
    pub(super) plans: std::collections::BTreeMap<String, Plan>,
}

pub(super) fn read(block: &[(usize, &str)]) -> Result<Read, SpecError> {
    let mut read = Read::default();
    "https://status.example".clone_into(&mut read.policy.public_url);
    for (line, text) in block {
        let words = words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        sentence(&mut read, &words)
            .map_err(|message| SpecError { line: *line, message: format!("{message}: `{text}`") })?;
    }
    Ok(read)
}

/// Takes one sentence into the policy. What is said again replaces what was said.
pub(super) fn sentence(read: &mut Read, words: &[&str]) -> Result<(), String> {
    let policy = &mut read.policy;
    match words {
        [] => {}
        ["check", name, rest @ ..] => {
            let check = check(name, rest)?;
            policy.checks.insert((*name).to_owned(), check);
        }
        ["no", "check", name] => drop(policy.checks.remove(*name)),
        ["job", name, rest @ ..] => {
            policy.jobs.insert((*name).to_owned(), job(rest)?);
        }
        ["no", "job", name] => drop(policy.jobs.remove(*name)),
        ["escalate", rest @ ..] => {
            policy.escalation = levels(rest)?;
            let channels: Vec<String> = policy.escalation.iter().flat_map(|level| level.channels.clone()).collect();
            know_channels(policy, &channels);
        }
        ["no", "escalation"] => policy.escalation.clear(),
        ["repeat", count] => policy.escalation_repeats = number(count)?,
        ["last", "resort", channels @ ..] => {
            policy.last_resort = owned(channels);
            know_channels(policy, &owned(channels));
        }
        ["audience", channels @ ..] => {
            policy.audience = owned(channels);
            know_channels(policy, &owned(channels));
        }
        ["severity", severity, rest @ ..] => {
            let severity = severity.parse()?;
            let mut demands = policy.severity(severity);
            self::severity(&mut demands, rest)?;
            policy.severities.insert(severity, demands);
        }
        ["approvals", "expire", "after", after] => policy.approvals.expires_s = seconds(after)?,
        ["approvals", "need", "four", "eyes", "for", effects @ ..] => {
            let effects = effects.iter().filter(|word| **word != "and").map(|word| plan::effect(word));
            policy.approvals.four_eyes = effects.collect::<Result<_, _>>()?;
        }
        ["procedure", id, title, steps @ ..] => {
            let url = format!("https://runbook.example/runbook.md#{id}");
            let runbook = policy.runbook.get_or_insert_with(|| RunbookPolicy {
                path: "runbook.md".to_owned(),
                procedures: std::collections::BTreeMap::new(),
            });
            runbook.procedures.insert((*id).to_owned(), ProcedureLink { title: (*title).to_owned(), url });
            read.plans.insert((*id).to_owned(), plan::plan(id, title, steps)?);
        }
        _ => return Err("this is not a sentence about a policy".to_owned()),
    }
    Ok(())
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn know_channels(policy: &mut Policy, names: &[String]) {
    for name in names {
        policy.channels.entry(name.clone()).or_insert(Channel::Console);
    }
}

fn check(name: &str, mut rest: &[&str]) -> Result<CheckPolicy, String> {
    let probe = HttpProbe {
        method: "GET".to_owned(),
        url: format!("https://{name}.example/health"),
        headers: Vec::new(),
        body: None,
        samples: 1,
        p95_limit_ms: None,
        connect_timeout_ms: 2_000,
        timeout_ms: 5_000,
        conditions: Vec::new(),
    };
    let mut check = CheckPolicy {
        probe: Probe::Http(probe),
        interval_ms: 60_000,
        failures_to_fail: 1,
        passes_to_recover: 1,
        severity: allclear_core::Severity::P1,
        component: name.to_owned(),
        procedure: None,
    };
    loop {
        rest = match rest {
            [] => return Ok(check),
            ["every", every, rest @ ..] => {
                check.interval_ms = u64::from(seconds(every)?) * 1_000;
                rest
            }
            ["fails", "after", count, rest @ ..] => {
                check.failures_to_fail = number(count)?;
                rest
            }
            ["recovers", "after", count, rest @ ..] => {
                check.passes_to_recover = number(count)?;
                rest
            }
            ["severity", severity, rest @ ..] => {
                check.severity = severity.parse()?;
                rest
            }
            ["component", component, rest @ ..] => {
                (*component).clone_into(&mut check.component);
                rest
            }
            ["procedure", procedure, rest @ ..] => {
                check.procedure = Some((*procedure).to_owned());
                rest
            }
            [word, ..] => return Err(format!("`{word}` says nothing about a check")),
        };
    }
}

fn job(mut rest: &[&str]) -> Result<JobPolicy, String> {
    let mut job = JobPolicy { every_s: 3600, grace_s: 0, severity: allclear_core::Severity::P2, procedure: None };
    loop {
        rest = match rest {
            [] => return Ok(job),
            ["every", every, rest @ ..] => {
                job.every_s = seconds(every)?;
                rest
            }
            ["grace", grace, rest @ ..] => {
                job.grace_s = seconds(grace)?;
                rest
            }
            ["severity", severity, rest @ ..] => {
                job.severity = severity.parse()?;
                rest
            }
            ["procedure", procedure, rest @ ..] => {
                job.procedure = Some((*procedure).to_owned());
                rest
            }
            [word, ..] => return Err(format!("`{word}` says nothing about a job")),
        };
    }
}

/// `to pager and sms within 5m then phone within 10m`
fn levels(mut rest: &[&str]) -> Result<Vec<EscalationLevel>, String> {
    let mut levels = Vec::new();
    let mut channels = Vec::new();
    loop {
        rest = match rest {
            [] => return Ok(levels),
            ["to" | "then" | "and", rest @ ..] => rest,
            ["nobody", rest @ ..] => rest,
            ["within", within, rest @ ..] => {
                let acknowledge_within_s = seconds(within)?;
                levels.push(EscalationLevel { channels: std::mem::take(&mut channels), acknowledge_within_s });
                rest
            }
            [channel, rest @ ..] => {
                channels.push((*channel).to_owned());
                rest
            }
        };
    }
}

fn severity(demands: &mut SeverityPolicy, mut rest: &[&str]) -> Result<(), String> {
    loop {
        rest = match rest {
            [] => return Ok(()),
            ["pages", rest @ ..] => {
                demands.page = true;
                rest
            }
            ["is", "public", rest @ ..] => {
                demands.public = true;
                rest
            }
            ["is", "private", rest @ ..] => {
                demands.public = false;
                rest
            }
            ["resolves", "itself", rest @ ..] => {
                demands.resolves_itself = true;
                rest
            }
            ["update", "every", every, rest @ ..] => {
                demands.update_every_s = Some(seconds(every)?);
                rest
            }
            ["review", "within", within, rest @ ..] => {
                demands.review_within_s = Some(seconds(within)?);
                rest
            }
            [word, ..] => return Err(format!("`{word}` says nothing about a severity")),
        };
    }
}
