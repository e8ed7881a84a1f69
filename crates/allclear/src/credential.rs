//! Credentials in a plan: it goes into the log, which is kept for ever, so a plan that holds one is refused, whoever made
//! it.
//!
//! Invariant: no sentence of this module repeats what it found.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use allclear_core::{Plan, PlannedStep};
use allclear_drivers::Redactor;

/// What stands for a credential in redacted text.
const REDACTED: &str = "[redacted]";
/// What is shorter is a word, such as the one after "authorization:" in a sentence.
const CREDENTIAL_BYTES_MIN: usize = 6;

/// Knows every pattern and no value; made once, since that is what costs.
static PATTERNS: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(std::iter::empty::<(&str, &str)>()));

/// One sentence for each place that holds a credential.
pub(crate) fn refusals(plan: &Plan) -> Vec<String> {
    let lines = plan.steps.iter().flat_map(texts).filter(|(_, text)| holds_credential(text));
    let lines: BTreeSet<u32> = lines.map(|(line, _)| line).collect();
    let variables = plan.variables.iter().filter(|(_, value)| holds_credential(value));
    let head = [&plan.title, &plan.procedure, &plan.runbook].into_iter().any(|text| holds_credential(text));
    let places = lines.into_iter().map(|line| format!("line {line}"));
    let places = places.chain(variables.map(|(name, _)| format!("the variable `{name}`")));
    let places = places.chain(head.then(|| "the title, the procedure or the path of the runbook".to_owned()));
    let refusal = |place| {
        format!(
            "{place} holds what looks like a credential: give it as a secret in the environment of the target, and \
             write its name in the runbook"
        )
    };
    places.map(refusal).collect()
}

/// Everything in a step that somebody wrote, with its line.
fn texts(step: &PlannedStep) -> impl Iterator<Item = (u32, &str)> {
    let commands = step.commands.iter().flat_map(|command| {
        let others = [&command.undo, &command.preview, &command.verify].into_iter().flatten();
        let texts = std::iter::once(&command.rendered).chain(others).chain(command.capture.values());
        texts.map(|text| (command.line, text.as_str()))
    });
    [(step.line, step.title.as_str()), (step.line, step.prose.as_str())].into_iter().chain(commands)
}

/// Output is redacted to be on the safe side; here the name of a variable, which is what ought to stand there, and a
/// short word are no credential.
fn holds_credential(text: &str) -> bool {
    let redacted = PATTERNS.text(text);
    let mut rest = text;
    let mut kept = redacted.split(REDACTED);
    rest = rest.strip_prefix(kept.next().unwrap_or_default()).unwrap_or(rest);
    kept.any(|piece| {
        let end = if piece.is_empty() { Some(rest.len()) } else { rest.find(piece) };
        let removed = &rest[..end.unwrap_or(rest.len())];
        rest = rest.get(removed.len() + piece.len()..).unwrap_or_default();
        removed.len() >= CREDENTIAL_BYTES_MIN && !removed.starts_with(['$', '<', '{', '`'])
    })
}
