//! One step: its commands in order, each by the executor of its language.

use std::collections::BTreeMap;
use std::ops::Range;

use allclear_core::{Digest, PlannedCommand, PlannedStep};
use bytes::Bytes;
use tokio::time::{sleep, timeout};

use super::attempt::Attempt;
use super::language::Language;
use super::wait::Tries;
use super::{Captured, Environment, Failure, OutputSink, Scope, Stage, Task, programs};
use crate::redact::Redactor;
use crate::seal::CaptureKey;
use crate::secret::SecretText;
use crate::shell;

/// A step in which every command has an executor.
pub(super) struct Performable<'a> {
    step: &'a PlannedStep,
    commands: Vec<Command<'a>>,
}

/// A command, and what it is performed with.
struct Command<'a> {
    language: Language,
    planned: &'a PlannedCommand,
    /// `command 2 (line 20)`
    name: String,
    captured: Captured,
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
            let name = format!("command {} (line {})", index + 1, command.line);
            let refused = |reason: &str| format!("{name} {reason}; nothing of this step was run");
            let language = Language::of(&command.language).ok_or_else(|| {
                refused(&format!("is written in `{}`, which is not performed here", command.language))
            })?;
            if command.rendered.contains('\0') {
                return Err(refused("holds a NUL character"));
            }
            commands.push(Command { language, planned: command, name, captured: Captured::default() });
        }
        Ok(Self { step, commands })
    }

    /// The same with what was captured for its commands, or a sentence about what cannot be had.
    pub(super) fn opened(mut self, sealed: &BTreeMap<Digest, Bytes>, key: Option<&CaptureKey>) -> Result<Self, String> {
        for command in &mut self.commands {
            command.captured = Captured::of(command.planned, self.step, sealed, key)
                .map_err(|error| format!("{} {error}; nothing of this step was run", command.name))?;
        }
        Ok(self)
    }

    /// What must not be shown of what was captured.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (String, SecretText)> {
        self.commands.iter().flat_map(|command| command.captured.secrets())
    }

    /// Performs the captures that come before the step, up to the first that fails; what they found, by `INDEX/VARIABLE`.
    pub(super) async fn capture(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
    ) -> Result<Vec<(String, Vec<u8>)>, String> {
        shell::begin(scope, stage).await;
        let found = self.found(0..self.step.undisturbed(), |_| true, scope, environment, stage).await;
        found.map_err(|summary| format!("{summary}; nothing of this step was run"))
    }

    /// What the wanted captures of these commands find.
    async fn found(
        &self,
        commands: Range<usize>,
        wanted: impl Fn(&str) -> bool,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
    ) -> Result<Vec<(String, Vec<u8>)>, String> {
        let mut values = Vec::new();
        for (index, command) in self.commands.iter().enumerate().take(commands.end).skip(commands.start) {
            for (variable, capture) in &command.planned.capture {
                let key = format!("{index}/{variable}");
                if !wanted(&key) {
                    continue;
                }
                let task = command.task(scope, environment);
                let value =
                    command.language.capture(capture, &task, stage).await.map_err(|failure| {
                        format!("the capture `{variable}` of {} {}", command.name, failure.summary)
                    })?;
                values.push((key, value));
            }
        }
        Ok(values)
    }

    /// Records what is before these commands, each of which is performed only after that.
    async fn record(
        &self,
        commands: Range<usize>,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
        attempt: &Attempt<'_>,
    ) -> Result<(), Failure> {
        if !attempt.records_before(&commands) {
            return Ok(());
        }
        let wanted = |key: &str| attempt.to_capture.contains(key);
        // What a capture complains about goes into the sentence about its failure and nowhere else.
        let live = std::mem::replace(&mut stage.sink, OutputSink::silent(attempt.redactor.stream()));
        let found = self.found(commands.clone(), wanted, scope, environment, stage).await;
        stage.sink = live;
        let found = match found {
            Err(summary) if stage.cancelled.is_set() => return Err(summary.into()),
            found => found.map_err(|summary| format!("{summary}; nothing from this command on was run")),
        };
        Ok(attempt.keep(scope, found, &mut stage.cancelled).await?)
    }

    /// What is wrong with any of the commands, before the first one runs.
    pub(super) async fn check(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<(), String> {
        for (index, command) in self.commands.iter().enumerate() {
            command
                .language
                .check(&command.task(scope, environment), index == 0)
                .await
                .map_err(|error| format!("{} {}; nothing of this step was run", command.name, redactor.text(&error)))?;
        }
        Ok(())
    }

    /// Performs the commands up to the first that fails, and a step that waits until none does; a sentence about what
    /// was done.
    pub(super) async fn perform(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
        mut attempt: Attempt<'_>,
    ) -> Result<String, Failure> {
        shell::begin(scope, stage).await;
        self.find_programs(scope, environment, stage).await?;
        let Some(mut tries) = Tries::of(self.step)? else {
            return self.once(scope, environment, stage, &mut attempt).await;
        };
        loop {
            shell::begin(scope, stage).await;
            stage.sink.send(tries.begin().as_bytes()).await;
            // A try that takes too long is dropped, with everything that it started: it only observes.
            let last = match timeout(tries.left(), self.once(scope, environment, stage, &mut attempt)).await {
                Ok(Ok(summary)) => return Ok(tries.succeeded(&summary)),
                Ok(Err(failure)) if stage.cancelled.is_set() => return Err(failure),
                Ok(Err(failure)) => failure.summary,
                Err(_) => return Err(tries.over("the last try was still under way")),
            };
            tokio::select! {
                () = sleep(tries.pause()) => {}
                () = stage.cancelled.wait() => return Err("the wait was cancelled".to_owned().into()),
            }
            if tries.left().is_zero() {
                return Err(tries.over(&format!("the last time {last}")));
            }
        }
    }

    /// Fails where a program is missing that a command of the step needs, before the first one runs.
    async fn find_programs(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
    ) -> Result<(), String> {
        let mut before = String::new();
        for Command { planned, name, .. } in &self.commands {
            let names = programs::needed(planned, &before).collect();
            let task = Task { scope, command: planned, environment, captured: &Captured::default() };
            let missing = programs::missing(names, &task, stage).await;
            if let Some(program) = missing.first() {
                return Err(format!(
                    "{name} needs `{program}`, which is not on this machine; nothing of this step was run"
                ));
            }
            before.push_str(&planned.rendered);
        }
        Ok(())
    }

    async fn once(
        &self,
        scope: &Scope<'_>,
        environment: &Environment,
        stage: &mut Stage<'_>,
        attempt: &mut Attempt<'_>,
    ) -> Result<String, Failure> {
        let mut summary = match self.commands.len() {
            1 => "1 command succeeded".to_owned(),
            count => format!("{count} commands succeeded"),
        };
        for Range { start: begin, end } in self.groups(scope, environment, attempt) {
            let Some(group @ [first, ..]) = self.commands.get(begin..end) else { continue };
            self.record(begin..end, scope, environment, stage, attempt).await?;
            *attempt.begun = end;
            let tasks: Vec<Task<'_>> = group.iter().map(|command| command.task(scope, environment)).collect();
            match first.language.perform(&tasks, stage).await {
                Ok(None) => {}
                Ok(Some(done)) if self.commands.len() == group.len() => summary.push_str(&format!(": {done}")),
                Ok(Some(done)) => summary.push_str(&format!("; {}: {done}", first.name)),
                Err((at, Failure { exit_code, summary })) => {
                    *attempt.begun = end.min(begin + at + 1);
                    let failed = group.get(at).unwrap_or(first);
                    return Err(Failure { exit_code, summary: format!("{} {summary}", failed.name) });
                }
            }
        }
        Ok(summary)
    }

    /// The commands as they are performed: those that are grouped together, but apart where something is to be recorded
    /// before one and what came before it can be seen by then.
    fn groups(&self, scope: &Scope<'_>, environment: &Environment, attempt: &Attempt<'_>) -> Vec<Range<usize>> {
        let (mut groups, mut begin) = (Vec::new(), 0);
        for group in self.commands.chunk_by(|one, other| one.language == other.language && one.language.is_grouped()) {
            let [first, ..] = group else { continue };
            let tasks: Vec<Task<'_>> = group.iter().map(|command| command.task(scope, environment)).collect();
            let (place, end) = (begin, begin + group.len());
            let settled = first.language.boundaries(&tasks).into_iter().map(|at| place + at);
            for cut in settled.filter(|at| *at > place && attempt.records_before(&(*at..at + 1))) {
                groups.push(begin..cut);
                begin = cut;
            }
            groups.push(begin..end);
            begin = end;
        }
        groups
    }
}

/// The sentence about a step as it may leave.
pub(super) fn redacted(result: Result<String, Failure>, redactor: &Redactor) -> Result<String, Failure> {
    match result {
        Ok(summary) => Ok(redactor.text(&summary)),
        Err(Failure { exit_code, summary }) => Err(Failure { exit_code, summary: redactor.text(&summary) }),
    }
}

impl Command<'_> {
    fn task<'a>(&'a self, scope: &'a Scope<'a>, environment: &'a Environment) -> Task<'a> {
        Task { scope, command: self.planned, environment, captured: &self.captured }
    }
}
