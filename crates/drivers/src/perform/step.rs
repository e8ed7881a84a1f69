//! One step: its commands in order, each by the executor of its language.

use allclear_core::PlannedCommand;

use super::language::Language;
use super::{Environment, Failure, Scope, Stage, Task};
use crate::redact::Redactor;

/// A step in which every command has an executor.
pub(super) struct Performable<'a> {
    commands: Vec<(Language, &'a PlannedCommand)>,
}

impl<'a> Performable<'a> {
    /// The step, if everything in it can be performed here.
    pub(super) fn of(scope: &Scope<'a>) -> Result<Self, String> {
        let step = scope.plan.step(scope.step).ok_or_else(|| format!("the plan has no step {}", scope.step))?;
        if step.commands.is_empty() {
            return Err("the step has no command: a person does it and confirms it".to_owned());
        }
        let mut commands = Vec::new();
        for (index, command) in step.commands.iter().enumerate() {
            let refused = |reason: &str| format!("{} {reason}; nothing of this step was run", name(index, command));
            let language = Language::of(&command.language).ok_or_else(|| {
                refused(&format!("is written in `{}`, which is not performed here", command.language))
            })?;
            if command.rendered.contains('\0') {
                return Err(refused("holds a NUL character"));
            }
            commands.push((language, command));
        }
        Ok(Self { commands })
    }

    /// What is wrong with any of the commands, before the first one runs.
    pub(super) async fn check(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<(), String> {
        for (index, &(language, command)) in self.commands.iter().enumerate() {
            let task = Task { scope, command, environment };
            language.check(&task).await.map_err(|error| {
                format!("{} {}; nothing of this step was run", name(index, command), redactor.text(&error))
            })?;
        }
        Ok(())
    }

    /// Performs the commands up to the first that fails; a sentence about what was done.
    pub(super) async fn perform(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
    ) -> Result<String, Failure> {
        let mut summary = match self.commands.len() {
            1 => "1 command succeeded".to_owned(),
            count => format!("{count} commands succeeded"),
        };
        for (index, &(language, command)) in self.commands.iter().enumerate() {
            let task = Task { scope, command, environment };
            match language.perform(&task, stage).await {
                Ok(None) => {}
                Ok(Some(done)) if self.commands.len() == 1 => summary.push_str(&format!(": {done}")),
                Ok(Some(done)) => summary.push_str(&format!("; {}: {done}", name(index, command))),
                Err(Failure { exit_code, summary }) => {
                    let summary = format!("{} {summary}", name(index, command));
                    return Err(Failure { exit_code, summary });
                }
            }
        }
        Ok(summary)
    }
}

/// The sentence about a step as it may leave.
pub(super) fn redacted(result: Result<String, Failure>, redactor: &Redactor) -> Result<String, Failure> {
    match result {
        Ok(summary) => Ok(redactor.text(&summary)),
        Err(Failure { exit_code, summary }) => Err(Failure { exit_code, summary: redactor.text(&summary) }),
    }
}

fn name(index: usize, command: &PlannedCommand) -> String {
    format!("command {} (line {})", index + 1, command.line)
}
