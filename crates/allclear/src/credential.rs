//! Credentials that somebody wrote into a runbook or a plan: a plan that holds one is refused, whoever made it, since the
//! log is kept for ever; and wherever the text is shown, they are covered.
//!
//! Invariant: no sentence of this module repeats what it found. The redactor is on the safe side: what it takes out of
//! output is not always a credential. Here the name of a variable or a blank, which is what ought to stand there, stays.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use allclear_core::{Plan, PlannedStep};
use allclear_drivers::Redactor;

/// What stands for a credential in redacted text.
const REDACTED: &str = "[redacted]";
/// What is shorter is a word, such as the one after "authorization:" in a sentence.
const CREDENTIAL_BYTES_MIN: usize = 6;

/// Knows every pattern and no value; made once, since that is what costs.
static PATTERNS: LazyLock<Credentials> = LazyLock::new(|| Credentials::with(&[]));

/// What somebody typed, without credentials.
pub(crate) fn redacted(text: &str) -> String {
    PATTERNS.covered(text)
}

/// One sentence for each place that holds a credential.
pub(crate) fn refusals(plan: &Plan) -> Vec<String> {
    found(plan).into_iter().map(|(_, sentence)| sentence).collect()
}

/// One sentence for each place that holds a credential, with its line where it has one.
pub(crate) fn found(plan: &Plan) -> Vec<(Option<u32>, String)> {
    let holds = |text: &str| PATTERNS.hold(text);
    let lines = plan.steps.iter().flat_map(texts).filter(|(_, text)| holds(text));
    let lines: BTreeSet<u32> = lines.map(|(line, _)| line).collect();
    let variables = plan.variables.iter().filter(|(_, value)| holds(value));
    let head = [&plan.title, &plan.procedure, &plan.runbook].into_iter().any(|text| holds(text));
    let places = lines.into_iter().map(|line| (Some(line), format!("line {line}")));
    let places = places.chain(variables.map(|(name, _)| (None, format!("the variable `{name}`"))));
    let places = places.chain(head.then(|| (None, "the title, the procedure or the path of the runbook".to_owned())));
    let refusal = |(line, place)| {
        let sentence = format!(
            "{place} holds what looks like a credential: give it as a secret in the environment of the target, and \
             write its name in the runbook"
        );
        (line, sentence)
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

/// Knows what credentials look like, whoever they belong to.
pub(crate) struct Credentials {
    redactor: Redactor,
}

impl Credentials {
    /// Knows also these, which nobody could tell from other words.
    pub(crate) fn with(values: &[&str]) -> Self {
        Self { redactor: Redactor::new(values.iter().map(|value| ("in the runbook", *value))) }
    }

    /// Whether the text holds one.
    pub(crate) fn hold(&self, text: &str) -> bool {
        self.pieces(text).iter().any(|(_, removed)| is_credential(removed))
    }

    /// The text with every one of them covered.
    pub(crate) fn covered(&self, text: &str) -> String {
        let pieces = self.pieces(text).into_iter();
        pieces.flat_map(|(kept, removed)| [kept, if is_credential(removed) { REDACTED } else { removed }]).collect()
    }

    /// A plan for the eyes only: its digests are those of the text that is not shown.
    pub(crate) fn covered_plan(&self, mut plan: Plan) -> Plan {
        plan.variables.values_mut().for_each(|value| *value = self.covered(value));
        for step in &mut plan.steps {
            step.title = self.covered(&step.title);
            step.prose = self.covered(&step.prose);
            for command in &mut step.commands {
                command.rendered = self.covered(&command.rendered);
                command.capture.values_mut().for_each(|text| *text = self.covered(text));
                let others = [&mut command.undo, &mut command.preview, &mut command.verify];
                others.into_iter().flatten().for_each(|text| *text = self.covered(text));
            }
        }
        plan
    }

    /// The text in pieces: what the redactor keeps, and what it takes out behind that.
    fn pieces<'t>(&self, text: &'t str) -> Vec<(&'t str, &'t str)> {
        let redacted = self.redactor.text(text);
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut kept = redacted.split(REDACTED).peekable();
        while let Some(piece) = kept.next() {
            // What is taken out ends where the next kept piece begins.
            let (held, behind) = rest.split_at(if rest.starts_with(piece) { piece.len() } else { 0 });
            let end = match kept.peek() {
                None => 0,
                Some(&"") => behind.len(),
                Some(next) => behind.find(next).unwrap_or(behind.len()),
            };
            pieces.push((held, &behind[..end]));
            rest = &behind[end..];
        }
        pieces
    }
}

fn is_credential(removed: &str) -> bool {
    removed.len() >= CREDENTIAL_BYTES_MIN && removed != REDACTED && !removed.starts_with(['$', '<', '{', '`'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_covered_and_blanks_stay() {
        let credentials = Credentials::with(&[]);
        for (text, expected) in [
            ("psql postgres://ana:hunter22@db.example/app -c 1", "psql postgres://ana:[redacted]@db.example/app -c 1"),
            ("curl -H 'Authorization: Bearer $TOKEN' x", "curl -H 'Authorization: Bearer $TOKEN' x"),
            ("curl -H 'Authorization: Bearer <your-token>' x", "curl -H 'Authorization: Bearer <your-token>' x"),
            (
                concat!("a ghp_", "abcdefghijklmnopqrstuvwxyz012345 b ghp_", "abcdefghijklmnopqrstuvwxyz012345"),
                "a [redacted] b [redacted]",
            ),
            ("nothing [redacted] here é", "nothing [redacted] here é"),
            ("", ""),
        ] {
            assert_eq!(credentials.covered(text), expected);
            assert_eq!(credentials.hold(text), text != expected, "{text}");
        }
    }
}
