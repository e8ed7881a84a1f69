//! A runbook as Allclear understands it: procedures with their steps and commands, and what surrounds them.
//!
//! Every node keeps its byte span and its 1-based line. Nothing here is rendered for people; see `show`.

use allclear_core::{Digest, EffectClass, StepKind, Wait};

use crate::span::{Origin, Span};
use crate::syntax::bash::Script;

/// One parsed Markdown file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runbook {
    /// Path as it was given.
    pub path: String,
    /// Digest of the text.
    pub digest: Digest,
    /// The first heading of the first level, or the title of the front matter.
    pub title: Option<String>,
    /// The procedures in the order of the text.
    pub procedures: Vec<Procedure>,
    /// Whom to reach, and how.
    pub contacts: Vec<Contact>,
    /// The severity levels that the runbook defines.
    pub severities: Vec<SeverityLevel>,
    /// The steps of the general response process.
    pub process: Vec<ProcessStep>,
    /// Message templates.
    pub templates: Vec<Template>,
    /// What the review after an incident has to contain.
    pub review: Vec<ReviewItem>,
    /// Jobs that run on a schedule.
    pub scheduled_jobs: Vec<ScheduledJob>,
    /// Commands outside any procedure.
    pub snippets: Vec<Snippet>,
    /// What has to be filled in before commands can run; one entry per name.
    pub variables: Vec<Variable>,
    /// Fences that are not commands, with the reason.
    pub not_commands: Vec<NotCommand>,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Runbook {
    /// The procedure with this id.
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.id == id)
    }

    /// HTTP and HTTPS addresses worth watching: what commands fetch, and what prose names as a health check or an API.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }
}

/// What to do about one kind of incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// The heading as a slug without its number, unique in the runbook.
    pub id: String,
    /// The fragment under which GitHub shows the heading.
    pub anchor: String,
    /// The heading, as written, without markup.
    pub title: String,
    /// From the heading to the last byte of the procedure.
    pub span: Span,
    /// Line of the heading.
    pub line: u32,
    /// When the procedure applies.
    pub trigger: Option<Trigger>,
    /// Severity, as written.
    pub severity: Option<String>,
    /// Who owns the procedure, as written.
    pub owner: Option<String>,
    /// The labelled sections in the order of the text.
    pub sections: Vec<Section>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Lines of the sections and steps that undo what the procedure did.
    pub rollback_lines: Vec<u32>,
    /// Lines of the sections, steps, sentences and comments that tell how to check that it worked.
    pub verify_lines: Vec<u32>,
}

impl Procedure {
    /// The sections of one kind.
    pub fn sections_of(&self, kind: SectionKind) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(move |section| section.kind == kind)
    }

    /// How to undo what the procedure did.
    pub fn rollback(&self) -> Option<&Section> {
        self.sections_of(SectionKind::Rollback).next()
    }

    /// How to switch on again what the procedure switched off.
    pub fn re_enable(&self) -> Option<&Section> {
        self.sections_of(SectionKind::ReEnable).next()
    }

    /// How to check that the procedure worked.
    pub fn verification(&self) -> Option<&Section> {
        self.sections_of(SectionKind::Verification).next()
    }

    /// What remains to be done afterwards, soon and in the long term.
    pub fn follow_ups(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| matches!(section.kind, SectionKind::FollowUp | SectionKind::LongTerm))
    }
}

/// When a procedure applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Line of the label, heading or sentence.
    pub line: u32,
    /// Where it stands.
    pub span: Span,
    /// The condition, without markup.
    pub text: String,
}

/// What a labelled part of a procedure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// When, symptoms, alert, meaning.
    Trigger,
    /// Who feels it.
    Impact,
    /// How bad it is.
    Severity,
    /// Who is responsible.
    Owner,
    /// What has to be there first.
    Prerequisites,
    /// Finding out what it is.
    Diagnosis,
    /// What to do.
    Steps,
    /// What to do, where diagnosis is told apart from it.
    Mitigation,
    /// Whether it worked.
    Verification,
    /// How to undo it.
    Rollback,
    /// How to switch on again what was switched off.
    ReEnable,
    /// What remains to be done once the incident is over.
    FollowUp,
    /// What would prevent it.
    LongTerm,
    /// Whom to call in.
    Escalation,
    /// Why it happens.
    Cause,
    /// Overview, notes, links.
    Background,
}

impl SectionKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Trigger,
        Self::Impact,
        Self::Severity,
        Self::Owner,
        Self::Prerequisites,
        Self::Diagnosis,
        Self::Steps,
        Self::Mitigation,
        Self::Verification,
        Self::Rollback,
        Self::ReEnable,
        Self::FollowUp,
        Self::LongTerm,
        Self::Escalation,
        Self::Cause,
        Self::Background,
    ];

    /// The word used in JSON and in listings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Impact => "impact",
            Self::Severity => "severity",
            Self::Owner => "owner",
            Self::Prerequisites => "prerequisites",
            Self::Diagnosis => "diagnosis",
            Self::Steps => "steps",
            Self::Mitigation => "mitigation",
            Self::Verification => "verification",
            Self::Rollback => "rollback",
            Self::ReEnable => "re-enable",
            Self::FollowUp => "follow-up",
            Self::LongTerm => "long-term",
            Self::Escalation => "escalation",
            Self::Cause => "cause",
            Self::Background => "background",
        }
    }

    /// Whether instructions in such a section are steps of the procedure.
    pub const fn bears_steps(self) -> bool {
        matches!(self, Self::Diagnosis | Self::Steps | Self::Mitigation | Self::Verification)
    }

    /// Whether such a section says something about the procedure, in a sentence or a few.
    pub(crate) const fn is_remark(self) -> bool {
        !self.bears_steps() && !matches!(self, Self::Rollback | Self::ReEnable | Self::FollowUp | Self::LongTerm)
    }
}

/// A labelled part of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What the part is about.
    pub kind: SectionKind,
    /// The label or heading, as written.
    pub title: String,
    /// From the label to the last byte of the section.
    pub span: Span,
    /// Line of the label.
    pub line: u32,
    /// The prose, without markup.
    pub text: String,
    /// Commands, unless the section bears steps: then they are in the steps.
    pub commands: Vec<Command>,
}

/// One instruction, in the author's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number that the source gives where it gives one; rising within the procedure.
    pub number: u32,
    /// The step's title, without markup.
    pub title: String,
    /// The rest of the prose, without markup and without the commands.
    pub prose: String,
    /// Whether Allclear performs the step or a person does.
    pub kind: StepKind,
    /// The commands in order; empty for a manual step.
    pub commands: Vec<Command>,
    /// From the step's first byte to its last.
    pub span: Span,
    /// Line of the title.
    pub line: u32,
}

/// One logical command: a pipeline, a loop, a statement, a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `bash`, `sql`, `yaml`, `http`, `redis`, `powershell`, or that of an interpreter: `ruby`, `python`, `javascript`.
    pub language: String,
    /// The text, without prompt and without trailing comment.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line of its first character.
    pub line: u32,
    /// Line of the command that this one is an alternative of.
    pub alternative_of: Option<u32>,
    /// Where there is a choice: line of the first command of the option that this command belongs to.
    pub option: Option<u32>,
    /// The command that opened the session in which this one runs; `None` on the responder's own machine.
    pub session: Option<String>,
    /// What the command does to the world.
    pub effect: EffectClass,
    /// What its author says that it does, in an annotation.
    pub declared: Option<EffectClass>,
    /// Where its author wants it tried until it succeeds: how often, and for how long.
    pub wait: Option<Wait>,
    /// Where each line of the text stands in the file.
    pub(crate) origin: Origin,
    /// The syntax tree of `text` if that is bash; empty for any other language.
    pub(crate) script: Script,
}

impl Command {
    /// Where a byte of `text` stands in the file: prompts and the indentation of lists and quotes are not in `text`.
    ///
    /// Always on a character boundary; behind the text it is the end of the command.
    pub fn position(&self, offset: usize) -> usize {
        if offset >= self.text.len() {
            return self.span.end;
        }
        self.origin.position(self.text.floor_char_boundary(offset))
    }

    /// Where a part of `text` stands in the file.
    pub fn place(&self, span: Span) -> Span {
        let start = self.position(span.start);
        let end = self.text.floor_char_boundary(span.end.min(self.text.len()));
        let Some(last) = self.text[..end].chars().next_back().filter(|_| end > span.start) else {
            return Span::new(start, start);
        };
        Span::new(start, self.origin.advance(end - last.len_utf8(), last.len_utf8()).max(start))
    }
}

/// A command outside any procedure, under the sentence that introduces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// What the command is for, as far as the text says.
    pub title: String,
    /// The command.
    pub command: Command,
}

/// Someone to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Role or name.
    pub name: String,
    /// How to reach them, as written; may be empty.
    pub reach: String,
    /// Where it stands.
    pub span: Span,
    /// Line.
    pub line: u32,
}

/// A severity that the runbook defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityLevel {
    /// `P0`, `SEV-1` …
    pub code: String,
    /// `Critical` …; may be empty.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Line.
    pub line: u32,
}

/// A step of the general response process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessStep {
    /// The step's name.
    pub name: String,
    /// What it asks for.
    pub text: String,
    /// Line.
    pub line: u32,
}

/// A message to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The heading or sentence above it.
    pub title: String,
    /// The template.
    pub text: String,
    /// Line of the opening fence.
    pub line: u32,
}

/// One point of the review after an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewItem {
    /// The point, without markup.
    pub text: String,
    /// Line.
    pub line: u32,
}

/// A job that runs on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledJob {
    /// The job's name.
    pub name: String,
    /// The cadence, as written.
    pub cadence: String,
    /// The cron expression, where one is written in backticks.
    pub cron: Option<String>,
    /// Who owns the job.
    pub owner: Option<String>,
    /// What the job is for; may be empty.
    pub purpose: String,
    /// Line of the job's heading or item.
    pub line: u32,
}

/// How a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VariableForm {
    /// `<pod>`
    Angle,
    /// `{{ version }}`
    Braces,
    /// `$NAMESPACE`, used and never set.
    Shell,
    /// `YOUR_CLUSTER`, `sk_live_NEW_KEY`
    Capitals,
    /// `backup-2025-01-20.sql.gz`, `2025-01-20`, `YYYY-MM-DD`
    DatedFile,
    /// A value that the text itself tells to replace.
    Literal,
}

/// Something to fill in before commands can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name to set it by.
    pub name: String,
    /// What stands in the commands; the name, unless that would be a poor one to type.
    pub written: String,
    /// Line of the first command that needs it.
    pub line: u32,
    /// The first command that needs it.
    pub span: Span,
    /// Whether it is a credential; then its value travels by environment only.
    pub secret: bool,
    /// How it is written.
    pub form: VariableForm,
}

/// A fence that is not a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCommand {
    /// Line of the opening fence.
    pub line: u32,
    /// The whole fence.
    pub span: Span,
    /// Why it is not one.
    pub why: String,
}

/// An address worth watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address, as written.
    pub url: String,
    /// Line of its first mention.
    pub line: u32,
    /// Where it stands.
    pub span: Span,
}
