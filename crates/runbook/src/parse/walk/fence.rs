//! Fences and inline code of a procedure: their commands go to the open step, to a step of their own, or to a section.

use crate::model::{Command, SectionKind};
use crate::parse::choices;
use crate::parse::fences::{FenceRole, Language};
use crate::parse::inline;
use crate::parse::labels;
use crate::parse::markdown::Inline;
use crate::parse::sentences;
use crate::parse::source::Found;
use crate::parse::vocabulary;
use crate::parse::walk::{Open, Walker};
use crate::shell::programs;
use crate::span::Span;

impl Walker<'_> {
    pub(super) fn fence(&mut self, index: usize) {
        self.read_fence(index, true);
    }

    /// A fence inside a list item: numbered comments in it are not the author's steps, the item is.
    pub(super) fn fence_of_item(&mut self, index: usize) {
        self.read_fence(index, false);
    }

    fn read_fence(&mut self, index: usize, outside: bool) {
        let declared = std::mem::take(&mut self.declared);
        let Some(FenceRole::Commands(language)) = self.source.role(index) else {
            // What introduced the fence does not introduce what follows it.
            self.lead.clear();
            return self.note(index);
        };
        let place = sentences::place(&self.lead);
        let found = self.source.commands(index, language, declared);
        self.end_remark();
        if !self.bears_steps() && self.open == Open::Nothing {
            let commands = self.entered(found, place.as_deref());
            return self.add_to_section("", commands, self.source.visible(index));
        }
        let numbered =
            found.iter().filter(|found| matches!(found, Found::Comment { text, .. } if is_numbered(text))).count();
        if outside && numbered >= 2 {
            return self.numbered_fence(index, found);
        }
        self.open_for_fence(index);
        let alternative = std::mem::take(&mut self.alternative);
        let commands = self.entered(found, place.as_deref());
        self.take_commands(commands, alternative, index);
        self.lead.clear();
    }

    /// A fence of comments: numbered ones are manual steps, others a note to the open step or to the heading's.
    pub(super) fn note(&mut self, index: usize) {
        if self.source.role(index) != Some(FenceRole::Note) {
            return;
        }
        let Some(fence) = self.source.fence(index) else { return };
        let text: Vec<&str> = fence.text.lines().map(|line| line.trim_start_matches(['#', '-', '/', ' '])).collect();
        let numbered = text.iter().filter(|line| is_numbered(line)).count();
        if numbered > 0 && self.bears_steps() {
            let mut offset = 0;
            for (line, words) in fence.text.split_inclusive('\n').zip(&text) {
                let span = fence.source(offset, offset + line.trim_end().len());
                offset += line.len();
                if is_numbered(words) {
                    let title = vocabulary::without_step(words).to_owned();
                    self.begin_step(None, title, span, Open::Introduced);
                } else if self.open != Open::Nothing {
                    self.attach(words, Vec::new(), span);
                }
            }
            return;
        }
        if self.open == Open::Nothing {
            if !self.bears_steps() {
                return;
            }
            let (title, span) = self.latest_heading.clone();
            self.begin_step(None, title, span, Open::Introduced);
        }
        self.attach(text.join("\n").trim(), Vec::new(), self.source.visible(index));
    }

    /// Without a step to belong to, a fence makes one, titled by the sentence in front of it.
    pub(super) fn open_for_fence(&mut self, index: usize) {
        if self.open == Open::Titled || self.open == Open::Introduced && self.alternative {
            return;
        }
        // A sentence that holds commands itself has made the step already.
        if self.open == Open::Introduced && self.intro.is_none() && !self.mentioned.is_empty() && self.latest.is_empty()
        {
            return;
        }
        let alternative = self.alternative;
        let (text, sentence) =
            self.intro.take().map_or_else(|| (String::new(), None), |intro| (intro.text, intro.sentence));
        let span = sentence.unwrap_or_else(|| self.source.visible(index));
        let last = labels::last_sentence(&text);
        let title = if last.is_empty() { self.section_title() } else { last.to_owned() };
        let lead = std::mem::take(&mut self.lead);
        self.begin_step(None, title, span, Open::Introduced);
        self.lead = lead;
        self.alternative = alternative;
        let before = text.trim_end_matches([':', '.', ' ', '\n']);
        let before = before.strip_suffix(last).unwrap_or_default().trim();
        self.attach(before, Vec::new(), span);
    }

    pub(super) fn section_title(&self) -> String {
        let section = self.content.sections.last().filter(|_| self.section.is_some());
        section.map_or_else(|| self.latest_heading.0.clone(), |section| section.title.clone())
    }

    /// `# 1. …` comments in a fence are the titles of steps.
    pub(super) fn numbered_fence(&mut self, index: usize, found: Vec<Found>) {
        let mut preamble = Vec::new();
        let mut open = false;
        for found in found {
            match found {
                Found::Comment { text, at } if is_numbered(&text) => {
                    let title = vocabulary::without_step(&text).to_owned();
                    self.begin_step(None, title, Span::new(at, at), Open::Introduced);
                    let carried = self.entered(std::mem::take(&mut preamble), None);
                    self.take_commands(carried, false, index);
                    open = true;
                }
                found if open => {
                    let commands = self.entered(vec![found], None);
                    self.take_commands(commands, false, index);
                }
                found => preamble.push(found),
            }
        }
    }

    /// The commands, each in the session that is open when it is reached, with the choices that comments announce.
    pub(super) fn entered(&mut self, found: Vec<Found>, place: Option<&str>) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        let mut alternative = false;
        let mut place = place.map(str::to_owned);
        for found in found {
            match found {
                Found::Comment { text, at } => {
                    alternative = labels::introduces_alternative(&text);
                    place = sentences::place(&text).or(place);
                    self.content.proof.says(&text, self.source.line(Span::new(at, at)));
                }
                Found::Command(mut command) => {
                    if let Some(place) = place.as_ref().filter(|_| command.session.is_none() && runs_there(&command)) {
                        command.session = Some(place.clone());
                    }
                    self.sessions.enter(&mut command);
                    self.content.proof.command(&command);
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
        if !self.states_conditions() {
            for (code, language) in inline::commands(inlines) {
                commands.push(self.inline_command(code, language));
            }
        }
        commands
    }

    /// Whether the current section says what has to be so, rather than what to do.
    fn states_conditions(&self) -> bool {
        let section = self.content.sections.last().filter(|_| self.section.is_some());
        section.is_some_and(|section| {
            matches!(
                section.kind,
                SectionKind::Trigger
                    | SectionKind::Impact
                    | SectionKind::Severity
                    | SectionKind::Owner
                    | SectionKind::Prerequisites
                    | SectionKind::Cause
            )
        })
    }

    pub(super) fn inline_command(&mut self, code: &Inline, language: Language) -> Command {
        let mut command = self.source.inline(code, language);
        self.sessions.enter(&mut command);
        self.content.proof.command(&command);
        command
    }

    /// Adds a sentence with the commands that it mentions to the open step.
    pub(super) fn attach_mentions(&mut self, text: &str, commands: Vec<Command>, span: Span) {
        let start = self.content.steps.last().map_or(0, |step| step.commands.len());
        let end = start + commands.len();
        if end > start {
            self.mentioned = start..end;
        }
        self.attach(text, commands, span);
    }

    pub(super) fn take_commands(&mut self, commands: Vec<Command>, alternative: bool, fence: usize) {
        let span = self.source.visible(fence);
        let mentioned = std::mem::replace(&mut self.mentioned, 0..0);
        let Some(step) = self.content.steps.last_mut() else { return };
        if let Some(first) = commands.first() {
            let names = |mention: &Command| is_mention(mention, first);
            if mentioned.end == step.commands.len()
                && mentioned.len() == 1
                && step.commands[mentioned.clone()].iter().all(names)
            {
                step.commands.truncate(mentioned.start);
            }
        }
        let start = step.commands.len();
        step.commands.extend(commands);
        if alternative && start > 0 {
            choices::join(&mut step.commands, self.latest.clone(), start);
        } else if let Some(same) = mentioned.clone().find(|at| {
            *at < start && start < step.commands.len() && is_same(&step.commands[*at], &step.commands[start])
        }) {
            choices::join(&mut step.commands, same..same + 1, start);
        } else {
            self.latest = start..step.commands.len();
        }
        self.attach("", Vec::new(), span);
    }
}

fn is_numbered(comment: &str) -> bool {
    vocabulary::is_step(comment) || vocabulary::without_number(comment) != comment.trim_start()
}

/// Whether code in a sentence only names the command that the fence behind it spells out: "with `kubectl logs`:".
fn is_mention(mention: &Command, command: &Command) -> bool {
    let mut words = command.text.split_whitespace().take(8);
    let named = mention.text.split_whitespace().all(|word| words.any(|other| other == word));
    named && mention.text.split_whitespace().count() <= 3 && command.text.len() > mention.text.len()
}

/// Whether two command lines do the same with other arguments.
fn is_same(mention: &Command, command: &Command) -> bool {
    let head = |command: &Command| command.text.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    mention.language == command.language && head(mention) == head(command) && mention.text != command.text
}

/// Whether a command is one for the machine that the text names, rather than one that reaches it from afar.
fn runs_there(command: &Command) -> bool {
    let first = command.text.split_whitespace().find(|word| *word != "sudo").unwrap_or_default();
    command.language == "bash" && !programs::is_remote(first)
}
