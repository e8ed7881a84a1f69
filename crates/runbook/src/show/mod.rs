//! A runbook as `allclear show --format json` prints it: a stable shape, apart from the model, lines 1-based.

#[cfg(test)]
mod schema;
mod text;

use allclear_core::{EffectClass, StepKind};
use serde::Serialize;

use crate::model::{Command, Procedure, Runbook, Section, Step, Variable, VariableForm};
pub use text::render_show;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Show {
    /// Path as it was given.
    pub path: String,
    /// The runbook's title.
    pub title: Option<String>,
    /// The procedures in the order of the text.
    pub procedures: Vec<ShownProcedure>,
    /// What has to be filled in.
    pub variables: Vec<ShownVariable>,
    /// Fences that are not commands.
    pub not_commands: Vec<ShownNotCommand>,
    /// Commands outside any procedure.
    pub snippets: Vec<ShownCommand>,
    /// Whom to reach.
    pub contacts: Vec<ShownContact>,
    /// Severity levels.
    pub severities: Vec<ShownSeverity>,
    /// The general response process.
    pub process: Vec<ShownNamed>,
    /// Message templates.
    pub templates: Vec<ShownTemplate>,
    /// Points of the review.
    pub review: Vec<ShownText>,
    /// Jobs on a schedule.
    pub scheduled_jobs: Vec<ShownJob>,
    /// Addresses worth watching.
    pub endpoints: Vec<ShownEndpoint>,
}

/// A procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownProcedure {
    /// Unique id.
    pub id: String,
    /// Fragment for links.
    pub anchor: String,
    /// The heading.
    pub title: String,
    /// Line of the heading.
    pub line: u32,
    /// When it applies.
    pub trigger: Option<ShownText>,
    /// As written.
    pub severity: Option<String>,
    /// As written.
    pub owner: Option<String>,
    /// The labelled sections.
    pub sections: Vec<ShownSection>,
    /// The steps.
    pub steps: Vec<ShownStep>,
    /// Lines that tell how to undo what the procedure did.
    pub rollback_lines: Vec<u32>,
    /// Lines that tell how to check that it worked.
    pub verify_lines: Vec<u32>,
}

/// A section of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownSection {
    /// `trigger`, `rollback` …
    #[cfg_attr(test, schemars(schema_with = "schema::section_kind"))]
    pub kind: &'static str,
    /// Line of its label.
    pub line: u32,
    /// Its prose.
    pub text: String,
    /// Commands that belong to no step.
    pub commands: Vec<ShownCommand>,
}

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownStep {
    /// Number within the procedure.
    pub number: u32,
    /// Line of the title.
    pub line: u32,
    /// The title.
    pub title: String,
    /// `command` or `manual`.
    #[cfg_attr(test, schemars(schema_with = "schema::step_kind"))]
    pub kind: StepKind,
    /// The commands.
    pub commands: Vec<ShownCommand>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownCommand {
    /// Its first line.
    pub line: u32,
    /// `bash`, `sql`, `yaml` …
    pub language: String,
    /// The text.
    pub text: String,
    /// What it does to the world.
    #[cfg_attr(test, schemars(schema_with = "schema::effect"))]
    pub effect: EffectClass,
    /// The session it runs in: the command that opened it, the prompt, the place or the client; null on the responder's machine.
    pub session: Option<String>,
    /// Line of the command that it replaces.
    pub alternative_of: Option<u32>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownVariable {
    /// The name to set it by.
    pub name: String,
    /// What stands in the commands; mostly the name.
    pub written: String,
    /// First line that needs it.
    pub line: u32,
    /// Whether it is a credential.
    pub secret: bool,
    /// `secret`, `date` or `text`.
    #[cfg_attr(test, schemars(schema_with = "schema::variable_kind"))]
    pub kind: &'static str,
}

/// A fence that is not a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownNotCommand {
    /// Line of the opening fence.
    pub line: u32,
    /// Why it is not one.
    pub why: String,
}

/// A text with its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownText {
    /// Its line.
    pub line: u32,
    /// The text.
    pub text: String,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownContact {
    /// Role or name.
    pub name: String,
    /// How to reach them.
    pub reach: String,
    /// Its line.
    pub line: u32,
}

/// A severity level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownSeverity {
    /// `P0` …
    pub code: String,
    /// `Critical` …
    pub name: String,
    /// What it means.
    pub description: String,
    /// Its line.
    pub line: u32,
}

/// Something with a name and a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownNamed {
    /// The name.
    pub name: String,
    /// The text.
    pub text: String,
    /// Its line.
    pub line: u32,
}

/// A message template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownTemplate {
    /// What stands above it.
    pub title: String,
    /// The template.
    pub text: String,
    /// Line of the opening fence.
    pub line: u32,
}

/// A scheduled job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownJob {
    /// Its name.
    pub name: String,
    /// As written.
    pub cadence: String,
    /// The cron expression.
    pub cron: Option<String>,
    /// As written.
    pub owner: Option<String>,
    /// What it is for.
    pub purpose: String,
    /// Its line.
    pub line: u32,
}

/// An address worth watching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownEndpoint {
    /// The address.
    pub url: String,
    /// Line of its first mention.
    pub line: u32,
}

/// The runbook in the documented shape.
pub fn show(runbook: &Runbook) -> Show {
    let named = runbook.process.iter();
    let jobs = runbook.scheduled_jobs.iter();
    Show {
        path: runbook.path.clone(),
        title: runbook.title.clone(),
        procedures: runbook.procedures.iter().map(procedure).collect(),
        variables: each(&runbook.variables, |it| ShownVariable {
            name: it.name.clone(),
            written: it.written.clone(),
            line: it.line,
            secret: it.secret,
            kind: variable_kind(it),
        }),
        not_commands: each(&runbook.not_commands, |it| ShownNotCommand { line: it.line, why: it.why.clone() }),
        snippets: each(&runbook.snippets, |it| command(&it.command)),
        contacts: each(&runbook.contacts, |it| ShownContact {
            name: it.name.clone(),
            reach: it.reach.clone(),
            line: it.line,
        }),
        severities: each(&runbook.severities, |it| ShownSeverity {
            code: it.code.clone(),
            name: it.name.clone(),
            description: it.description.clone(),
            line: it.line,
        }),
        process: named.map(|it| ShownNamed { name: it.name.clone(), text: it.text.clone(), line: it.line }).collect(),
        templates: each(&runbook.templates, |it| ShownTemplate {
            title: it.title.clone(),
            text: it.text.clone(),
            line: it.line,
        }),
        review: each(&runbook.review, |it| ShownText { line: it.line, text: it.text.clone() }),
        scheduled_jobs: jobs
            .map(|it| ShownJob {
                name: it.name.clone(),
                cadence: it.cadence.clone(),
                cron: it.cron.clone(),
                owner: it.owner.clone(),
                purpose: it.purpose.clone(),
                line: it.line,
            })
            .collect(),
        endpoints: each(runbook.endpoints(), |it| ShownEndpoint { url: it.url.clone(), line: it.line }),
    }
}

const fn variable_kind(variable: &Variable) -> &'static str {
    match variable.form {
        _ if variable.secret => "secret",
        VariableForm::DatedFile => "date",
        _ => "text",
    }
}

/// Statements for a client run in it, whether or not the text opens it.
fn session(command: &Command) -> Option<String> {
    let client = match command.language.as_str() {
        "sql" => Some("psql"),
        "redis" => Some("redis-cli"),
        "ruby" => Some("irb"),
        "python" => Some("python"),
        "javascript" => Some("mongosh"),
        _ => None,
    };
    command.session.clone().or_else(|| client.map(str::to_owned))
}

fn each<T, U>(items: &[T], shown: impl Fn(&T) -> U) -> Vec<U> {
    items.iter().map(shown).collect()
}

fn procedure(procedure: &Procedure) -> ShownProcedure {
    ShownProcedure {
        id: procedure.id.clone(),
        anchor: procedure.anchor.clone(),
        title: procedure.title.clone(),
        line: procedure.line,
        trigger: procedure.trigger.as_ref().map(|trigger| ShownText { line: trigger.line, text: trigger.text.clone() }),
        severity: procedure.severity.clone(),
        owner: procedure.owner.clone(),
        sections: each(&procedure.sections, section),
        steps: each(&procedure.steps, step),
        rollback_lines: procedure.rollback_lines.clone(),
        verify_lines: procedure.verify_lines.clone(),
    }
}

fn section(section: &Section) -> ShownSection {
    let commands = each(&section.commands, command);
    ShownSection { kind: section.kind.word(), line: section.line, text: section.text.clone(), commands }
}

fn step(step: &Step) -> ShownStep {
    let commands = each(&step.commands, command);
    ShownStep { number: step.number, line: step.line, title: step.title.clone(), kind: step.kind, commands }
}

fn command(command: &Command) -> ShownCommand {
    ShownCommand {
        line: command.line,
        language: command.language.clone(),
        text: command.text.clone(),
        effect: command.effect,
        session: session(command),
        alternative_of: command.alternative_of,
    }
}
