//! Plans of a specification: `observe "ls"`, `change "…"`, `outage "…"`, `destroy "…"`, `by hand "…"`.

use allclear_core::{Digest, EffectClass, Plan, PlannedCommand, PlannedStep, StepKind};

const TARGET: &str = "production";

pub(super) fn plan(id: &str, title: &str, mut rest: &[&str]) -> Result<Plan, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let number = u32::try_from(steps.len()).unwrap_or(u32::MAX).saturating_add(1);
        let (step, after) = match rest {
            ["by", "hand", title, after @ ..] => (manual(number, title), after),
            [effect, line, after @ ..] => (command(number, self::effect(effect)?, line), after),
            _ => return Err("a step is `observe`, `change`, `outage`, `destroy` or `by hand`, and a text".to_owned()),
        };
        steps.push(step);
        rest = after;
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

fn effect(word: &str) -> Result<EffectClass, String> {
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
    }
}

fn manual(number: u32, title: &str) -> PlannedStep {
    PlannedStep::manual(number, number, title.to_owned(), String::new())
}
