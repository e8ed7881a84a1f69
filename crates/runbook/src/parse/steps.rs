//! The blocks of a procedure to its sections, steps and commands.
//!
//! One pass in document order. Lists that fences at the margin have cut into pieces are stitched together by their
//! numbers: a fence or paragraph behind a list item belongs to that item until the next item or heading.

use std::ops::Range;

use allclear_core::{EffectClass, StepKind};

use crate::model::{Command, Section, SectionKind, Step, Trigger};
use crate::parse::choices;
use crate::parse::fences::{FenceRole, Language};
use crate::parse::inline;
use crate::parse::labels::{self, Label};
use crate::parse::markdown::{BlockKind, Inline, plain};
use crate::parse::outline::Node;
use crate::parse::session::Sessions;
use crate::parse::source::{Found, Source, declared_effect};
use crate::parse::vocabulary::{self, HeadingKind};
use crate::span::Span;

/// What a procedure holds, as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) sections: Vec<Section>,
    pub(crate) steps: Vec<Step>,
    pub(crate) severity: Option<String>,
    pub(crate) owner: Option<String>,
    /// A sentence that says when the procedure applies, where no section does.
    pub(crate) condition: Option<Trigger>,
}

/// The step that what follows belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// An item, a heading or a bold title: it stays open until the next one.
    Titled,
    /// A fence with the sentence before it: the next sentence closes it.
    Introduced,
}

pub(crate) struct Walker<'s> {
    source: &'s Source<'s>,
    content: Content,
    /// Level of the heading of the current section, 0 for a label; `None` before the first section.
    section: Option<u8>,
    open: Open,
    /// Whether the open step is a heading, so that lists below it are part of it.
    headed: bool,
    intro: Option<(String, Span)>,
    declared: Option<EffectClass>,
    alternative: bool,
    /// Commands of the open step that the latest fence brought.
    latest: Range<usize>,
    sessions: Sessions,
}

impl<'s> Walker<'s> {
    pub(crate) fn new(source: &'s Source<'s>) -> Self {
        Self {
            source,
            content: Content::default(),
            section: None,
            open: Open::Nothing,
            headed: false,
            intro: None,
            declared: None,
            alternative: false,
            latest: 0..0,
            sessions: Sessions::default(),
        }
    }

    /// Reads the nodes of a unit; the first is the procedure's own heading.
    pub(crate) fn walk(mut self, nodes: &[Node], unit: &[usize]) -> Content {
        for (position, index) in unit.iter().enumerate() {
            let node = &nodes[*index];
            if position > 0 {
                self.heading(node);
            }
            let mut block = node.blocks.start;
            while block < node.blocks.end {
                self.block(block);
                block = self.source.document.blocks[block].end;
            }
        }
        self.content
    }

    fn heading(&mut self, node: &Node) {
        self.close();
        if self.section.is_some_and(|level| level == 0 || node.level <= level) {
            self.section = None;
        }
        match node.kind {
            HeadingKind::Section(kind) => self.begin_section(kind, node.level, &node.title, node.span, String::new()),
            HeadingKind::Step => self.begin_titled(&node.title, node.span),
            _ if self.bears_steps() && vocabulary::is_imperative(&node.title) => self.begin_titled(&node.title, node.span),
            _ => self.intro = Some((node.title.clone(), node.span)),
        }
    }

    fn begin_titled(&mut self, title: &str, span: Span) {
        let number = vocabulary::leading_number(title);
        let title = labels::first_sentence(vocabulary::without_step(title)).0.to_owned();
        self.begin_step(number, title, span, Open::Titled);
        self.headed = true;
    }

    fn begin_section(&mut self, kind: SectionKind, level: u8, title: &str, span: Span, text: String) {
        self.close();
        self.section = Some(level);
        let line = self.source.line(span);
        self.content.sections.push(Section { kind, title: title.to_owned(), span, line, text, commands: Vec::new() });
    }

    fn begin_step(&mut self, number: Option<u32>, title: String, span: Span, open: Open) {
        let last = self.content.steps.last().map_or(0, |step| step.number);
        let number = number.filter(|number| *number > last).unwrap_or(last.saturating_add(1));
        let line = self.source.line(span);
        let step = Step { number, title, prose: String::new(), kind: StepKind::Manual, commands: Vec::new(), span, line };
        self.content.steps.push(step);
        self.intro = None;
        self.alternative = false;
        self.latest = 0..0;
        self.open = open;
        self.headed = false;
    }

    fn close(&mut self) {
        self.open = Open::Nothing;
        self.headed = false;
        self.intro = None;
        self.alternative = false;
        self.latest = 0..0;
    }

    fn bears_steps(&self) -> bool {
        self.section.is_none() || self.content.sections.last().is_none_or(|section| section.kind.bears_steps())
    }

    fn block(&mut self, index: usize) {
        let document = &self.source.document;
        self.extend(self.source.visible(index));
        match &document.blocks[index].kind {
            BlockKind::Paragraph => self.paragraph(index),
            BlockKind::List { ordered } => self.list(index, *ordered),
            BlockKind::Fence(_) => self.fence(index),
            BlockKind::Html(html) => self.declared = declared_effect(html).or(self.declared),
            BlockKind::Table => self.table(index),
            BlockKind::Quote => {
                // Containers inside a quotation are read as if they stood outside; deeper quotations are prose.
                let inside: Vec<usize> = document.children(Some(index)).collect();
                for child in inside {
                    if !matches!(document.blocks[child].kind, BlockKind::Quote) {
                        self.block(child);
                    }
                }
            }
            _ => {}
        }
    }

    /// Lets the current section reach as far as the text that has been read.
    fn extend(&mut self, span: Span) {
        if self.section.is_some()
            && let Some(section) = self.content.sections.last_mut()
        {
            section.span = section.span.cover(span);
        }
    }

    fn paragraph(&mut self, index: usize) {
        let inlines = &self.source.document.blocks[index].inlines;
        let mut prose: Vec<Inline> = Vec::new();
        for line in labels::lines(inlines) {
            match labels::label(line).filter(|label| self.opens(label)) {
                Some(label) => {
                    self.prose(&std::mem::take(&mut prose));
                    self.labelled(label, line);
                }
                None => {
                    if let Some(before) = prose.last().map(|inline| inline.span.end) {
                        let span = Span::new(before, before);
                        prose.push(Inline { text: String::new(), span, style: crate::parse::markdown::Style::Break });
                    }
                    prose.extend_from_slice(line);
                }
            }
        }
        self.prose(&prose);
    }

    /// Whether a label means more than emphasis: it opens a section or a step.
    fn opens(&self, label: &Label) -> bool {
        label.section.is_some() || self.is_step_label(label)
    }

    fn is_step_label(&self, label: &Label) -> bool {
        self.bears_steps()
            && (vocabulary::is_step(&label.title)
                || vocabulary::leading_number(&label.title).is_some() && vocabulary::without_number(&label.title) != label.title)
    }

    fn labelled(&mut self, label: Label, line: &[Inline]) {
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
            return self.to_section("", commands, span);
        }
        if !commands.is_empty() {
            self.begin_step(None, labels::first_sentence(&label.rest).0.to_owned(), span, Open::Introduced);
            self.attach("", commands, span);
        } else if !label.rest.is_empty() {
            self.intro = Some((label.rest, span));
        }
    }

    fn prose(&mut self, inlines: &[Inline]) {
        let text = plain(inlines);
        if text.is_empty() {
            return;
        }
        let span = labels::span_of(inlines);
        self.notice_condition(&text, span);
        if labels::introduces_alternative(&text) && text.ends_with(':') && self.open != Open::Nothing {
            self.alternative = true;
            return;
        }
        let commands = self.inline_commands(inlines);
        match self.open {
            Open::Titled => self.attach(&text, commands, span),
            _ if !self.bears_steps() => self.to_section(&text, commands, span),
            _ if !commands.is_empty() => {
                let (title, rest) = labels::first_sentence(&text);
                self.begin_step(None, title.to_owned(), span, Open::Introduced);
                self.attach(rest, commands, span);
            }
            _ => self.intro = Some((text, span)),
        }
    }

    /// "This alert fires when …" in front of the first section says what a trigger says.
    fn notice_condition(&mut self, text: &str, span: Span) {
        let lower = text.to_lowercase();
        let says = lower.contains("alert fires when") || lower.starts_with("when ") || lower.starts_with("use this ");
        if says && self.section.is_none() && self.content.condition.is_none() && self.content.steps.is_empty() {
            self.content.condition = Some(Trigger { line: self.source.line(span), span, text: text.to_owned() });
        }
    }

    fn list(&mut self, index: usize, ordered: bool) {
        let items: Vec<usize> = self.source.document.children(Some(index)).collect();
        for item in items {
            let label = self.first_paragraph(item).and_then(|paragraph| {
                labels::lines(&self.source.document.blocks[paragraph].inlines).next().and_then(labels::label)
            });
            if let (false, Some(label)) = (ordered, label.as_ref().filter(|label| label.section.is_some())) {
                self.labelled_item(label.clone(), item);
            } else if !self.bears_steps() && !self.is_checklist_before_steps(item) {
                self.item_of_section(item);
            } else if self.open == Open::Titled && (self.headed || !ordered) && !self.is_task_at_margin(item) {
                self.absorb(item, false);
            } else if ordered || self.instructs(item) {
                self.item_step(item, label);
            } else {
                let text = self.source.document.text_of(item);
                self.intro = Some((text, self.source.visible(item)));
            }
        }
    }

    /// `- **Symptoms**: …` in a list is what it would be in a paragraph.
    fn labelled_item(&mut self, label: Label, item: usize) {
        if let Some(paragraph) = self.first_paragraph(item) {
            let inlines = self.source.document.blocks[paragraph].inlines.clone();
            let first = labels::lines(&inlines).next().unwrap_or_default();
            self.labelled(label, first);
            if !self.bears_steps() {
                let span = self.source.visible(item);
                let rest: Vec<String> = labels::lines(&inlines).skip(1).map(plain).collect();
                self.to_section(&rest.join(" "), Vec::new(), span);
            }
        }
    }

    fn first_paragraph(&self, item: usize) -> Option<usize> {
        let first = self.source.document.children(Some(item)).next()?;
        matches!(self.source.document.blocks[first].kind, BlockKind::Paragraph).then_some(first)
    }

    fn is_checklist_before_steps(&self, item: usize) -> bool {
        let before = self.content.sections.last().is_some_and(|section| section.kind == SectionKind::Prerequisites);
        before && matches!(self.source.document.blocks[item].kind, BlockKind::Item { task: true, .. })
    }

    /// A task list is a list of steps of its own; it does not belong to the step before it unless that is a heading.
    fn is_task_at_margin(&self, item: usize) -> bool {
        !self.headed && matches!(self.source.document.blocks[item].kind, BlockKind::Item { task: true, .. })
    }

    fn instructs(&self, item: usize) -> bool {
        let blocks = &self.source.document.blocks;
        let task = matches!(blocks[item].kind, BlockKind::Item { task: true, .. });
        let imperative = self.first_paragraph(item).is_some_and(|index| vocabulary::is_imperative(&plain(&blocks[index].inlines)));
        task || imperative
            || (item..blocks[item].end).any(|index| {
                matches!(self.source.role(index, false), Some(FenceRole::Commands(_)))
                    || !inline::commands(&blocks[index].inlines).is_empty()
            })
    }

    fn item_step(&mut self, item: usize, label: Option<Label>) {
        let number = match self.source.document.blocks[item].kind {
            BlockKind::Item { number: Some(number), .. } => u32::try_from(number).ok(),
            _ => None,
        };
        let text = self.first_paragraph(item).map(|index| plain(&self.source.document.blocks[index].inlines)).unwrap_or_default();
        let (title, rest) = match label {
            Some(label) => (vocabulary::without_step(&label.title).to_owned(), label.rest),
            None => {
                let (title, rest) = labels::first_sentence(&text);
                (title.to_owned(), rest.to_owned())
            }
        };
        self.begin_step(number, title, self.source.visible(item), Open::Titled);
        self.attach(&rest, Vec::new(), self.source.visible(item));
        self.absorb(item, true);
    }

    /// Takes everything inside a block into the open step; the text of the first paragraph may be in its title already.
    fn absorb(&mut self, block: usize, titled: bool) {
        let first = if titled { self.first_paragraph(block) } else { None };
        for index in block..self.source.document.blocks[block].end {
            let inlines = &self.source.document.blocks[index].inlines;
            match &self.source.document.blocks[index].kind {
                BlockKind::Fence(_) => self.fence(index),
                BlockKind::Html(html) => self.declared = declared_effect(html).or(self.declared),
                BlockKind::Paragraph | BlockKind::Cell => {
                    let text = plain(inlines);
                    self.alternative |= labels::introduces_alternative(&text) && text.ends_with(':');
                    let commands = self.inline_commands(inlines);
                    self.attach(if first == Some(index) { "" } else { &text }, commands, self.source.visible(index));
                }
                _ => {}
            }
        }
    }

    fn item_of_section(&mut self, item: usize) {
        for index in item..self.source.document.blocks[item].end {
            match &self.source.document.blocks[index].kind {
                BlockKind::Fence(_) => self.fence(index),
                BlockKind::Paragraph => {
                    let inlines = &self.source.document.blocks[index].inlines;
                    let commands = self.inline_commands(inlines);
                    self.to_section(&plain(inlines), commands, self.source.visible(index));
                }
                _ => {}
            }
        }
    }

    /// A table of properties under the heading: `| Severity | P1 |`.
    fn table(&mut self, index: usize) {
        let document = &self.source.document;
        for row in document.children(Some(index)) {
            let cells: Vec<String> = document.children(Some(row)).map(|cell| plain(&document.blocks[cell].inlines)).collect();
            let [name, value] = cells.as_slice() else { continue };
            match vocabulary::section(name) {
                Some(SectionKind::Severity) => self.content.severity = Some(value.clone()),
                Some(SectionKind::Owner) => self.content.owner = Some(value.clone()),
                _ => {}
            }
        }
    }

    fn fence(&mut self, index: usize) {
        let declared = self.declared.take();
        let Some(FenceRole::Commands(language)) = self.source.role(index, false) else {
            return self.note(index);
        };
        let found = self.source.commands(index, language, declared);
        if !self.bears_steps() && self.open == Open::Nothing {
            let commands = self.entered(found);
            return self.to_section("", commands, self.source.visible(index));
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
    fn note(&mut self, index: usize) {
        if self.source.role(index, false) == Some(FenceRole::Note)
            && self.open != Open::Nothing
            && let Some(fence) = self.source.fence(index)
        {
            let text: Vec<&str> = fence.text.lines().map(|line| line.trim_start_matches(['#', '-', ' '])).collect();
            self.attach(text.join("\n").trim(), Vec::new(), self.source.visible(index));
        }
    }

    /// Without a step to belong to, a fence makes one, titled by the sentence in front of it.
    fn open_for_fence(&mut self, index: usize) {
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

    fn section_title(&self) -> String {
        let section = self.content.sections.last().filter(|_| self.section.is_some());
        section.map_or_else(|| "Run".to_owned(), |section| section.title.clone())
    }

    /// `# 1. …` comments in a fence are the titles of steps.
    fn numbered_fence(&mut self, index: usize, found: Vec<Found>) {
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
    fn entered(&mut self, found: Vec<Found>) -> Vec<Command> {
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

    fn inline_commands(&mut self, inlines: &[Inline]) -> Vec<Command> {
        let mut commands = Vec::new();
        for code in inline::commands(inlines) {
            let source = code.span.slice(self.source.text);
            let start = code.span.start + source.find(code.text.trim()).unwrap_or(0);
            let text = code.text.trim().to_owned();
            let span = Span::new(start, (start + text.len()).min(code.span.end));
            let span = if span.slice(self.source.text) == text { span } else { code.span };
            let mut command = self.source.command(Language::Shell, text, span, None);
            self.sessions.enter(&mut command);
            commands.push(command);
        }
        commands
    }

    fn take_commands(&mut self, commands: Vec<Command>, alternative: bool, fence: usize) {
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

    /// Adds prose and commands to the open step.
    fn attach(&mut self, text: &str, commands: Vec<Command>, span: Span) {
        let Some(step) = self.content.steps.last_mut() else { return };
        if !text.is_empty() {
            if !step.prose.is_empty() {
                step.prose.push('\n');
            }
            step.prose.push_str(text);
        }
        step.commands.extend(commands);
        step.span = step.span.cover(span);
        step.kind = if step.commands.is_empty() { StepKind::Manual } else { StepKind::Command };
    }

    fn to_section(&mut self, text: &str, commands: Vec<Command>, span: Span) {
        let Some(section) = self.content.sections.last_mut() else { return };
        if !text.is_empty() {
            if !section.text.is_empty() {
                section.text.push('\n');
            }
            section.text.push_str(text);
        }
        section.commands.extend(commands);
        section.span = section.span.cover(span);
    }
}

fn is_numbered(comment: &str) -> bool {
    vocabulary::is_step(comment) || vocabulary::without_number(comment) != comment.trim_start()
}
