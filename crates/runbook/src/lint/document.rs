//! A runbook with the syntax trees of its commands, as rules ask about it.

use allclear_core::EffectClass;

use crate::diagnostic::Diagnostic;
use crate::lint::allow::{self, Allow};
use crate::lint::batch::{self, Batch};
use crate::lint::fence::{self, Fence};
use crate::lint::{Prose, Surroundings};
use crate::model::{Command, Procedure, Runbook, Section, SectionKind, Step};
use crate::span::{Lines, Span};
use crate::syntax::bash::{Invocation, Script};
use crate::syntax::call::Call;

/// One runbook, parsed once for all rules.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) runbook: &'a Runbook,
    pub(crate) text: &'a str,
    /// The text with the letters of English in lower case, byte for byte.
    pub(crate) lower: String,
    pub(crate) lines: Lines,
    /// What the parser had to say.
    pub(crate) diagnostics: &'a [Diagnostic],
    pub(crate) surroundings: &'a Surroundings<'a>,
    /// Remarks by which the author allows findings.
    pub(crate) allows: Vec<Allow>,
    /// Headings, links, code blocks and sentences.
    pub(crate) prose: Prose,
    /// One per procedure in the order of the text, then one for the commands outside any procedure.
    pub(crate) scopes: Vec<Scope<'a>>,
    /// In the order of the text.
    pub(crate) fences: Vec<Fence<'a>>,
}

/// Commands that one responder performs in one go: those of a procedure, or those that belong to none.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// Absent for the commands outside any procedure.
    pub(crate) procedure: Option<&'a Procedure>,
    /// The commands in the order of the text, those of its sections (rollback, re-enable …) included.
    pub(crate) entries: Vec<Entry<'a>>,
}

/// One command with what stands around it.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) command: &'a Command,
    /// The step that the command belongs to.
    pub(crate) step: Option<&'a Step>,
    /// The section that the command belongs to, if it is in no step.
    pub(crate) section: Option<&'a Section>,
    /// Title of the step, section or snippet.
    pub(crate) title: &'a str,
    /// The syntax tree of a command in bash; empty for any other language.
    pub(crate) script: &'a Script,
    /// The arguments of each invocation of the script.
    calls: Vec<Call<'a>>,
    /// The SQL in it.
    pub(crate) batches: Vec<Batch>,
}

impl<'a> Document<'a> {
    pub(super) fn new(
        runbook: &'a Runbook,
        text: &'a str,
        diagnostics: &'a [Diagnostic],
        surroundings: &'a Surroundings<'a>,
    ) -> Self {
        let mut scopes: Vec<Scope<'a>> = runbook.procedures.iter().map(Scope::of).collect();
        let snippets = runbook.snippets.iter().map(|snippet| Entry::new(&snippet.command, &snippet.title));
        scopes.push(Scope { procedure: None, entries: snippets.collect() });
        Self {
            runbook,
            text,
            lower: text.to_ascii_lowercase(),
            lines: Lines::of(text),
            diagnostics,
            surroundings,
            allows: allow::allows(text),
            prose: Prose::of(text),
            scopes,
            fences: fence::fences(text),
        }
    }

    /// All commands.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.scopes.iter().flat_map(|scope| &scope.entries)
    }

    /// The fence that a command stands in; none for code in a line of prose.
    pub(crate) fn fence_of(&self, entry: &Entry<'_>) -> Option<&Fence<'a>> {
        let start = entry.command.span.start;
        let behind = self.fences.partition_point(|fence| fence.body.start <= start);
        self.fences[..behind].last().filter(|fence| start < fence.body.end)
    }

    /// The fences that hold commands in bash, each with these commands in the order of the text.
    pub(crate) fn bash_fences(&self) -> Vec<(&Fence<'a>, Vec<&Entry<'a>>)> {
        let mut entries: Vec<&Entry<'a>> = self.entries().filter(|entry| entry.command.language == "bash").collect();
        entries.sort_by_key(|entry| entry.command.span.start);
        let mut found: Vec<(&Fence<'a>, Vec<&Entry<'a>>)> = Vec::new();
        for entry in entries {
            let Some(fence) = self.fence_of(entry) else { continue };
            match found.last_mut() {
                Some((last, commands)) if last.body == fence.body => commands.push(entry),
                _ => found.push((fence, vec![entry])),
            }
        }
        found
    }

    /// All invocations of all commands in bash.
    pub(crate) fn invocations(&self) -> impl Iterator<Item = Place<'_, 'a>> {
        self.entries().flat_map(Entry::invocations)
    }
}

impl<'a> Scope<'a> {
    fn of(procedure: &'a Procedure) -> Self {
        let of_steps = procedure.steps.iter().flat_map(|step| {
            step.commands.iter().map(move |command| Entry { step: Some(step), ..Entry::new(command, &step.title) })
        });
        let of_sections = procedure.sections.iter().flat_map(|section| {
            let entry = move |command| Entry { section: Some(section), ..Entry::new(command, &section.title) };
            section.commands.iter().map(entry)
        });
        let mut entries: Vec<Entry<'a>> = of_steps.chain(of_sections).collect();
        entries.sort_by_key(|entry| entry.command.span.start);
        Self { procedure: Some(procedure), entries }
    }

    /// All invocations of the commands in bash, in order.
    pub(crate) fn invocations(&self) -> impl Iterator<Item = Place<'_, 'a>> {
        self.entries.iter().flat_map(Entry::invocations)
    }
}

impl<'a> Entry<'a> {
    fn new(command: &'a Command, title: &'a str) -> Self {
        let script = &command.script;
        let calls = script.invocations.iter().map(Call::of).collect();
        let batches = batch::batches(command, script);
        Self { command, step: None, section: None, title, script, calls, batches }
    }

    /// The bytes of the file behind a span of the command's text.
    pub(crate) fn place(&self, span: Span) -> Span {
        self.command.place(span)
    }

    /// The invocations of a command in bash, in order.
    pub(crate) fn invocations<'d>(&'d self) -> impl Iterator<Item = Place<'d, 'a>> {
        let all = self.script.invocations.iter().enumerate();
        all.map(move |(index, invocation)| Place { entry: self, index, invocation })
    }

    /// Whether the command does more than look, as far as is known.
    pub(crate) fn acts(&self) -> bool {
        self.command.effect != EffectClass::Observe
    }

    /// Whether the command is in a section that undoes what the procedure did.
    pub(crate) fn undoes(&self) -> bool {
        self.section.is_some_and(|section| matches!(section.kind, SectionKind::Rollback | SectionKind::ReEnable))
    }
}

/// One invocation and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'d, 'a> {
    pub(crate) entry: &'d Entry<'a>,
    pub(crate) index: usize,
    pub(crate) invocation: &'d Invocation,
}

impl<'d> Place<'d, '_> {
    /// Name of the program.
    pub(crate) fn program(&self) -> &'d str {
        self.invocation.program()
    }

    /// The arguments as the program reads them.
    pub(crate) fn call(&self) -> &'d Call<'d> {
        &self.entry.calls[self.index]
    }

    /// The bytes of the file behind the invocation.
    pub(crate) fn span(&self) -> Span {
        self.entry.place(self.invocation.span)
    }

    /// Whether it runs on another host or inside a container, or in a session that an earlier command opened.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.entry.command.session.is_some() || self.entry.script.is_elsewhere(self.index)
    }

    /// The other stages of its pipeline behind it, in order.
    pub(crate) fn downstream(&self) -> impl Iterator<Item = &'d Invocation> + use<'d> {
        let stage = self.invocation.stage;
        self.entry.script.pipeline(self.invocation.pipeline).filter(move |other| other.stage > stage)
    }
}
