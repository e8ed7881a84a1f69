//! Paragraphs of a procedure: labels open sections and steps, sentences introduce what follows or belong to the open step.

use crate::model::{SectionKind, Trigger};
use crate::parse::labels::{self, Label};
use crate::parse::markdown::{Inline, Style, plain};
use crate::parse::sentences;
use crate::parse::vocabulary;
use crate::parse::walk::{Intro, Open, Walker};
use crate::span::Span;

impl Walker<'_> {
    pub(super) fn paragraph(&mut self, index: usize) {
        let inlines = &self.source.document.blocks[index].inlines;
        let mut prose: Vec<Inline> = Vec::new();
        for line in labels::lines(inlines).flat_map(labels::properties) {
            match labels::label(&line).filter(|label| self.opens(label)) {
                Some(label) => {
                    self.prose(&std::mem::take(&mut prose));
                    self.labelled(label, &line);
                }
                None => {
                    if let Some(before) = prose.last().map(|inline| inline.span.end) {
                        let span = Span::new(before, before);
                        prose.push(Inline { text: String::new(), span, style: Style::Break });
                    }
                    prose.extend_from_slice(&line);
                }
            }
        }
        self.prose(&prose);
        self.end_remark();
    }

    /// What stands on the label's own line, such as `**When**: …`, is all there is to a remark.
    pub(super) fn end_remark(&mut self) {
        let complete =
            self.content.sections.last().is_some_and(|section| section.kind.is_remark() && !section.text.is_empty());
        if self.section == Some(0) && complete {
            self.section = None;
        }
    }

    /// Whether a label means more than emphasis: it opens a section or a step.
    pub(super) fn opens(&self, label: &Label) -> bool {
        match label.section {
            // A note within a step is part of it.
            Some(SectionKind::Background) => self.open == Open::Nothing && self.content.steps.is_empty(),
            // What is expected of a command belongs to the command.
            Some(SectionKind::Verification) => !vocabulary::normalised(&label.title).starts_with("expect"),
            Some(_) => true,
            None => self.is_step_label(label),
        }
    }

    pub(super) fn is_step_label(&self, label: &Label) -> bool {
        let numbered = vocabulary::leading_number(&label.title).is_some()
            && vocabulary::without_number(&label.title) != label.title;
        self.bears_steps() && (vocabulary::is_step(&label.title) || numbered || self.is_bold_title(label))
    }

    /// An instruction in bold on a line of its own is a title, unless it stands below an item or a heading that is one.
    fn is_bold_title(&self, label: &Label) -> bool {
        let free = self.open != Open::Titled || self.headed && self.step_level.is_none();
        free && label.rest.is_empty() && sentences::is_imperative(&label.title)
    }

    pub(super) fn labelled(&mut self, label: Label, line: &[Inline]) {
        let span = labels::span_of(line);
        let Some(kind) = label.section else {
            self.close();
            self.begin_titled(&label.title, span);
            let commands = self.inline_commands(line);
            return self.attach(&label.rest, commands, span);
        };
        match kind {
            SectionKind::Severity if !label.rest.is_empty() => self.content.severity = Some(label.rest.clone()),
            SectionKind::Owner if !label.rest.is_empty() => self.content.owner = Some(label.rest.clone()),
            _ => {}
        }
        let rest = if kind.bears_steps() { String::new() } else { label.rest.clone() };
        self.begin_section(kind, 0, &label.title, span, rest);
        let commands = self.inline_commands(line);
        if !kind.bears_steps() {
            return self.add_to_section("", commands, span);
        }
        if !commands.is_empty() {
            self.begin_step(None, labels::first_sentence(&label.rest).0.to_owned(), span, Open::Introduced);
            self.attach("", commands, span);
            self.mentioned = 0..self.content.steps.last().map_or(0, |step| step.commands.len());
        } else if !label.rest.is_empty() {
            self.unstep(&label.rest);
            self.lead = labels::last_sentence(&label.rest).to_owned();
            self.intro = Some(Intro { text: label.rest, sentence: Some(span) });
        }
    }

    pub(super) fn prose(&mut self, inlines: &[Inline]) {
        let text = plain(inlines);
        let told = labels::sentences(inlines);
        if text.is_empty() && !inlines.iter().any(|inline| inline.style == Style::Attribute) {
            return;
        }
        let span = labels::span_of(inlines);
        self.notice_condition(&text, span);
        if labels::introduces_alternative(&text) && text.ends_with(':') && self.open != Open::Nothing {
            self.alternative = true;
            return;
        }
        for (place, sentence) in &told {
            self.content.proof.says(sentence, self.source.line(*place));
        }
        if told.iter().any(|(_, sentence)| sentences::opens_shell(sentence)) {
            self.sessions.assume(self.content.steps.last().and_then(|step| step.commands.last()));
        }
        let last = told.last().map_or(span, |(place, _)| *place);
        self.lead = told.last().map(|(_, sentence)| sentence.clone()).unwrap_or_default();
        let commands = self.inline_commands(inlines);
        match self.open {
            Open::Titled => self.attach_mentions(&text, commands, span),
            _ if !self.bears_steps() => self.add_to_section(&text, commands, span),
            _ if !commands.is_empty() => {
                let (title, rest) = labels::first_sentence(&text);
                let title = if title.is_empty() { self.section_title() } else { title.to_owned() };
                let lead = std::mem::take(&mut self.lead);
                self.begin_step(None, title, span, Open::Introduced);
                self.attach_mentions(rest, commands, span);
                self.lead = lead;
            }
            _ => {
                self.unstep(&text);
                self.intro = Some(Intro { text, sentence: Some(last) });
            }
        }
    }

    pub(super) fn unstep(&mut self, text: &str) {
        if let Some((_, prose)) = &mut self.unstepped {
            prose.push_str(if prose.is_empty() { "" } else { "\n" });
            prose.push_str(text);
        }
    }

    /// "This alert fires when …" in front of the first section says what a trigger says.
    pub(super) fn notice_condition(&mut self, text: &str, span: Span) {
        if self.content.condition.is_none()
            && self.content.steps.is_empty()
            && (self.section.is_none()
                || self.content.sections.last().is_some_and(|it| it.kind == SectionKind::Background))
            && sentences::states_condition(text)
        {
            self.content.condition = Some(Trigger { line: self.source.line(span), span, text: text.to_owned() });
        }
    }
}
