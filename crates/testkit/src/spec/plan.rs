//! Plans of a specification: `observe "ls"`, `change "…"`, `outage "…"`, `destroy "…"`, `by hand "…"`; after a command
//! `and` another of the same step, `capturing NAME by "…"`, `undone by "…"`, `irreversible "…"`.

use allclear_core::{Digest, EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};

const TARGET: &str = "production";

pub(super) fn plan(id: &str, title: &str, mut rest: &[&str]) -> Result<Plan, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        rest = part(&mut steps, rest)?;
    }
    for command in steps.iter_mut().flat_map(|step: &mut PlannedStep| &mut step.commands) {
        *command = command.clone().bound(TARGET);
    }
    Ok(Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: id.to_owned(),
        title: title.to_owned(),
        target: TARGET.to_owned(),
        variables: std::collections::BTreeMap::new(),
        secrets: Vec::new(),
        steps,
    }
    .sealed())
}

/// Takes one part, and gives back what comes after it.
fn part<'a, 'b>(steps: &mut Vec<PlannedStep>, rest: &'a [&'b str]) -> Result<&'a [&'b str], String> {
    let number = u32::try_from(steps.len()).unwrap_or(u32::MAX).saturating_add(1);
    let last = steps.last_mut();
    let latest = last.and_then(|step| step.commands.last_mut());
    Ok(match (rest, latest) {
        (["capturing", variable, "by", line, after @ ..], Some(command)) => {
            command.capture.insert((*variable).to_owned(), (*line).to_owned());
            after
        }
        (["undone", "by", line, after @ ..], Some(command)) => {
            command.undo = Some((*line).to_owned());
            after
        }
        (["irreversible", reason, after @ ..], Some(command)) => {
            command.irreversible = Some((*reason).to_owned());
            after
        }
        (["and", effect, line, after @ ..], Some(_)) => {
            let command = PlannedCommand::new(number, "bash", (*line).to_owned(), self::effect(effect)?, TARGET);
            steps.last_mut().ok_or("`and` comes after a step")?.commands.push(command);
            after
        }
        (["by", "hand", title, after @ ..], _) => {
            steps.push(PlannedStep::manual(number, number, (*title).to_owned(), String::new()));
            after
        }
        ([effect, line, after @ ..], _) => {
            steps.push(command(number, self::effect(effect)?, line));
            after
        }
        _ => return Err("a step is `observe`, `change`, `outage`, `destroy` or `by hand`, and a text".to_owned()),
    })
}

pub(super) fn effect(word: &str) -> Result<EffectClass, String> {
    use EffectClass::{Change, Destroy, Observe, Outage, Unknown};
    [Observe, Change, Outage, Destroy, Unknown]
        .into_iter()
        .find(|effect| effect.word() == word)
        .ok_or_else(|| format!("`{word}` is not an effect"))
}

fn command(number: u32, effect: EffectClass, line: &str) -> PlannedStep {
    PlannedStep {
        number,
        line: number,
        title: line.to_owned(),
        prose: String::new(),
        kind: StepKind::Command,
        commands: vec![PlannedCommand::new(number, "bash", line.to_owned(), effect, TARGET)],
        wait: None,
        undoes: None,
        undoes_cut_short: false,
    }
}
