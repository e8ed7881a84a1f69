//! Fences and inline code of a procedure: their commands go to the open step, to a step of their own, or to a section.

use crate::model::Command;
use crate::parse::choices;
use crate::parse::fences::{FenceRole, Language};
use crate::parse::inline;
use crate::parse::labels;
use crate::parse::markdown::Inline;
use crate::parse::source::Found;
use crate::parse::vocabulary;
use crate::parse::walk::{Open, Walker};
use crate::span::Span;

impl Walker<'_> {
    pub(super) fn fence(&mut self, index: usize) {
        let declared = self.declared.take();
        let Some(FenceRole::Commands(language)) = self.source.role(index, false) else {
            return self.note(index);
        };
        let found = self.source.commands(index, language, declared);
        self.end_remark();
        if !self.bears_steps() && self.open == Open::Nothing {
            let commands = self.entered(found);
            return self.add_to_section("", commands, self.source.visible(index));
        }
        let numbered = found.iter().filter(|found| matches!(found, Found::Comment(text) if is_numbered(text))).count();
        if self.open != Open::Titled && numbered >= 2 {
            return self.numbered_fence(index, found);
        }
        self.open_for_fence(index);
        let alternative = std::mem::take(&mut self.alternative);
        let commands = self.entered(found);
        self.take_commands(commands, alternative, index);
    }

    /// A fence of comments is a note that belongs to the open step.
    pub(super) fn note(&mut self, index: usize) {
        if self.source.role(index, false) == Some(FenceRole::Note)
            && self.open != Open::Nothing
            && let Some(fence) = self.source.fence(index)
        {
            let text: Vec<&str> = fence.text.lines().map(|line| line.trim_start_matches(['#', '-', ' '])).collect();
            self.attach(text.join("\n").trim(), Vec::new(), self.source.visible(index));
        }
    }

    /// Without a step to belong to, a fence makes one, titled by the sentence in front of it.
    pub(super) fn open_for_fence(&mut self, index: usize) {
        let continues = match self.open {
            Open::Titled => true,
            Open::Introduced => self.intro.is_none() || self.alternative,
            Open::Nothing => false,
        };
        if continues {
            return;
        }
        let alternative = self.alternative;
        let (text, span) = self.intro.take().unwrap_or_else(|| (String::new(), self.source.visible(index)));
        let last = labels::last_sentence(&text);
        let title = if last.is_empty() { self.section_title() } else { last.to_owned() };
        self.begin_step(None, title, span, Open::Introduced);
        self.alternative = alternative;
        let before = text.strip_suffix(last).unwrap_or(text.trim_end_matches(':')).trim();
        if before.len() + last.len() + 1 < text.len() {
            self.attach(before.strip_suffix(last).unwrap_or(before).trim(), Vec::new(), span);
        }
    }

    pub(super) fn section_title(&self) -> String {
        let section = self.content.sections.last().filter(|_| self.section.is_some());
        section.map_or_else(|| self.fallback.clone(), |section| section.title.clone())
    }

    /// `# 1. …` comments in a fence are the titles of steps.
    pub(super) fn numbered_fence(&mut self, index: usize, found: Vec<Found>) {
        let mut preamble = Vec::new();
        let mut open = false;
        for found in found {
            match found {
                Found::Comment(text) if is_numbered(&text) => {
                    let span = self.source.visible(index);
                    let title = vocabulary::without_step(&text).to_owned();
                    self.begin_step(None, title, span, Open::Introduced);
                    let carried = self.entered(std::mem::take(&mut preamble));
                    self.take_commands(carried, false, index);
                    open = true;
                }
                found if open => {
                    let commands = self.entered(vec![found]);
                    if let (Some(first), Some(step)) = (commands.first(), self.content.steps.last_mut())
                        && step.commands.is_empty()
                    {
                        step.line = first.line.saturating_sub(1);
                    }
                    self.take_commands(commands, false, index);
                }
                found => preamble.push(found),
            }
        }
    }

    /// The commands, each in the session that is open when it is reached, with the choices that comments announce.
    pub(super) fn entered(&mut self, found: Vec<Found>) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        let mut alternative = false;
        for found in found {
            match found {
                Found::Comment(text) => alternative = labels::introduces_alternative(&text),
                Found::Command(mut command) => {
                    self.sessions.enter(&mut command);
                    commands.push(*command);
                    if std::mem::take(&mut alternative) {
                        choices::split_last(&mut commands);
                    }
                }
            }
        }
        commands
    }

    pub(super) fn inline_commands(&mut self, inlines: &[Inline]) -> Vec<Command> {
        let mut commands = Vec::new();
        for code in inline::commands(inlines) {
            let source = code.span.slice(self.source.text);
            let start = code.span.start + source.find(code.text.trim()).unwrap_or(0);
            let text = code.text.trim().to_owned();
            let span = Span::new(start, (start + text.len()).min(code.span.end));
            let span = if span.slice(self.source.text) == text { span } else { code.span };
            let mut command = self.source.inline_command(Language::Shell, text, span);
            self.sessions.enter(&mut command);
            commands.push(command);
        }
        commands
    }

    pub(super) fn take_commands(&mut self, commands: Vec<Command>, alternative: bool, fence: usize) {
        let span = self.source.visible(fence);
        let Some(step) = self.content.steps.last_mut() else { return };
        let start = step.commands.len();
        step.commands.extend(commands);
        if alternative && start > 0 {
            choices::join(&mut step.commands, self.latest.clone(), start);
        } else {
            self.latest = start..step.commands.len();
        }
        self.attach("", Vec::new(), span);
    }
}

fn is_numbered(comment: &str) -> bool {
    vocabulary::is_step(comment) || vocabulary::without_number(comment) != comment.trim_start()
}
