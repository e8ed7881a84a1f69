//! The blocks of a procedure to its sections, steps and commands.
//!
//! One pass in document order. Lists that fences at the margin have cut into pieces are stitched together by their
//! numbers: a fence or paragraph behind a list item belongs to that item until the next item or heading.

mod fence;
mod list;
mod proof;
mod prose;

use std::ops::Range;

use allclear_core::StepKind;

use crate::model::{Command, Section, SectionKind, Step, Trigger};
use crate::parse::annotation::Declared;
use crate::parse::labels;
use crate::parse::markdown::BlockKind;
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};
use crate::parse::{outcomes, sentences};
use crate::session::Sessions;
use crate::span::Span;
use proof::Proof;

/// What a procedure holds, as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) sections: Vec<Section>,
    pub(crate) steps: Vec<Step>,
    pub(crate) severity: Option<String>,
    pub(crate) owner: Option<String>,
    /// A sentence that says when the procedure applies, where no section does.
    pub(crate) condition: Option<Trigger>,
    /// Where the text tells how to undo and how to check.
    pub(crate) proof: Proof,
}

/// The step that what follows belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// An item, a heading or a bold title: it stays open until the next one.
    Titled,
    /// A fence with the sentence before it: the next sentence or fence closes it.
    Introduced,
}

/// The level below which there are no headings.
const DEEPEST: u8 = 6;

/// What may become the title of the step that a fence makes.
#[derive(Debug, Clone)]
struct Intro {
    text: String,
    /// Where its last sentence stands; `None` for a heading, which lends its words but not its place.
    sentence: Option<Span>,
}

pub(crate) struct Walker<'s> {
    source: &'s Source<'s>,
    content: Content,
    /// Level of the heading of the current section, 0 for a label; `None` before the first section.
    section: Option<u8>,
    /// Whether the current section is a checklist for afterwards, whose items are no steps.
    muted: bool,
    /// Whether the procedure's own heading is that of a section, such as "Rollback": then it holds steps all the same.
    alone: bool,
    open: Open,
    /// Whether the open step is a heading, so that bullets below it are part of it.
    headed: bool,
    /// Level of the heading that is a step.
    step_level: Option<u8>,
    /// Whether the open step is a bullet, so that the next bullet is the next step.
    bulleted: bool,
    /// Heading that was passed last: what a fence is called that nothing introduces.
    latest_heading: (String, Span),
    intro: Option<Intro>,
    /// The last sentence that was read, which says what a list or fence behind it is.
    lead: String,
    declared: Declared,
    alternative: bool,
    /// Commands of the open step that the latest fence brought.
    latest: Range<usize>,
    /// Commands of the open step that stand in its sentences.
    mentioned: Range<usize>,
    sessions: Sessions,
    /// Number of steps before the current section, and its prose as far as it has made no step.
    unstepped: Option<(usize, String)>,
    /// Sections of steps that have made none, with their prose.
    prosaic: Vec<(String, Span, String)>,
}

impl<'s> Walker<'s> {
    pub(crate) fn new(source: &'s Source<'s>) -> Self {
        Self {
            source,
            content: Content::default(),
            section: None,
            muted: false,
            alone: false,
            open: Open::Nothing,
            headed: false,
            step_level: None,
            bulleted: false,
            latest_heading: (String::new(), Span::default()),
            intro: None,
            lead: String::new(),
            declared: Declared::default(),
            alternative: false,
            latest: 0..0,
            mentioned: 0..0,
            sessions: Sessions::default(),
            unstepped: None,
            prosaic: Vec::new(),
        }
    }

    /// Reads the nodes of a unit; the first is the procedure's own heading.
    pub(crate) fn walk(mut self, nodes: &[Node], unit: &[usize]) -> Content {
        for (position, index) in unit.iter().enumerate() {
            let node = &nodes[*index];
            self.latest_heading = (node.title.clone(), node.span);
            if position > 0 {
                self.heading(node);
            } else if let HeadingKind::Section(kind) = node.kind {
                self.begin_section(kind, node.level, &node.title, node.span, String::new());
                self.muted = false;
                self.alone = true;
            }
            let mut block = node.blocks.start;
            while block < node.blocks.end {
                self.block(block);
                block = self.source.document.blocks[block].end;
            }
        }
        self.finish();
        self.content
    }

    /// Leaves a section; one of steps that holds nothing but prose may have to stand for a step.
    fn settle(&mut self) {
        let Some((before, prose)) = self.unstepped.take() else { return };
        if before == self.content.steps.len()
            && !prose.is_empty()
            && let Some(section) = self.content.sections.last()
        {
            self.prosaic.push((section.title.clone(), section.span, prose));
        }
    }

    /// Where there are no steps at all, each section of instructions in prose is one, which a person does.
    fn finish(&mut self) {
        self.settle();
        if self.content.steps.is_empty() {
            for (title, span, prose) in std::mem::take(&mut self.prosaic) {
                self.begin_step(None, title, span, Open::Nothing);
                self.attach(&prose, Vec::new(), span);
            }
        }
    }

    fn heading(&mut self, node: &Node) {
        let below_step =
            self.headed && self.open == Open::Titled && self.step_level.is_some_and(|level| node.level > level);
        if below_step && node.kind == HeadingKind::Title && !is_instruction(&node.title) {
            return self.attach(&node.title, Vec::new(), node.span);
        }
        self.close();
        if !self.bears_steps() && self.section.is_some_and(|level| level > 0 && node.level > level) {
            // Whatever stands below "Prerequisites" or "Follow-up" is part of it.
            return;
        }
        if self.section.is_some_and(|level| level == 0 || node.level <= level) {
            self.settle();
            self.section = None;
            self.muted = false;
            self.content.proof.leave();
        }
        match node.kind {
            // "2. Restore" below "Procedure" is a step, whatever else its word may mean.
            HeadingKind::Section(kind) if kind.bears_steps() && self.is_below_steps(node) => self.begin_headed(node),
            HeadingKind::Section(kind) => self.begin_section(kind, node.level, &node.title, node.span, String::new()),
            HeadingKind::Step => self.begin_headed(node),
            _ if self.bears_steps() && is_instruction(&node.title) => self.begin_headed(node),
            // Below a title that says nothing of its kind, commands are there to be run, and each heading speaks for itself.
            _ if self.section.is_none() && !self.holds_commands(node.blocks.clone()) => {
                self.begin_section(SectionKind::Background, DEEPEST, &node.title, node.span, String::new());
            }
            _ => self.intro = Some(Intro { text: node.title.clone(), sentence: None }),
        }
    }

    fn is_below_steps(&self, node: &Node) -> bool {
        let below = self.section.is_some_and(|level| level > 0 && node.level > level);
        below && self.bears_steps() && vocabulary::without_number(&node.title) != node.title.trim_start()
    }

    fn begin_headed(&mut self, node: &Node) {
        self.begin_titled(&node.title, node.span);
        self.step_level = Some(node.level);
    }

    fn begin_titled(&mut self, title: &str, span: Span) {
        let number = vocabulary::leading_number(title);
        let title = labels::first_sentence(vocabulary::without_step(title)).0.to_owned();
        self.begin_step(number, title, span, Open::Titled);
        self.headed = true;
    }

    fn begin_section(&mut self, kind: SectionKind, level: u8, title: &str, span: Span, text: String) {
        self.close();
        self.settle();
        self.section = Some(level);
        self.muted = kind == SectionKind::Verification && outcomes::is_afterwards(title);
        if kind.bears_steps() && kind != SectionKind::Verification {
            self.unstepped = Some((self.content.steps.len(), String::new()));
        }
        let line = self.source.line(span);
        self.content.proof.section(kind, line, !self.content.steps.is_empty());
        self.content.sections.push(Section { kind, title: title.to_owned(), span, line, text, commands: Vec::new() });
    }

    fn begin_step(&mut self, number: Option<u32>, title: String, span: Span, open: Open) {
        let last = self.content.steps.last().map_or(0, |step| step.number);
        let number = number.filter(|number| *number > last).unwrap_or(last.saturating_add(1));
        let line = self.source.line(span);
        self.content.proof.step(&title, line);
        let step =
            Step { number, title, prose: String::new(), kind: StepKind::Manual, commands: Vec::new(), span, line };
        self.content.steps.push(step);
        self.close();
        self.open = open;
    }

    fn close(&mut self) {
        self.open = Open::Nothing;
        self.headed = false;
        self.step_level = None;
        self.bulleted = false;
        self.intro = None;
        self.lead.clear();
        self.alternative = false;
        self.latest = 0..0;
        self.mentioned = 0..0;
    }

    fn bears_steps(&self) -> bool {
        let section = self.content.sections.last().filter(|_| self.section.is_some());
        !self.muted
            && section
                .is_none_or(|section| section.kind.bears_steps() || self.alone && self.content.sections.len() == 1)
    }

    fn block(&mut self, index: usize) {
        let document = &self.source.document;
        self.extend(self.source.visible(index));
        match &document.blocks[index].kind {
            BlockKind::Paragraph => self.paragraph(index),
            BlockKind::List { ordered } => self.list(index, *ordered),
            BlockKind::Fence(_) => self.fence(index),
            BlockKind::Html(html) => {
                self.declared = self.declared.and(html);
                self.prose(&document.blocks[index].inlines);
            }
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

    fn add_to_section(&mut self, text: &str, commands: Vec<Command>, span: Span) {
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

/// Whether a heading below a procedure is a step: an instruction, or numbered.
fn is_instruction(title: &str) -> bool {
    sentences::is_imperative(title)
        || vocabulary::leading_number(title).is_some() && vocabulary::without_number(title) != title.trim_start()
}
