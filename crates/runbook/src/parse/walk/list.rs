//! Lists of a procedure: items are steps, parts of the open step, or points of a section; tables hold properties and commands.

use std::ops::Range;

use crate::model::SectionKind;
use crate::parse::fences::FenceRole;
use crate::parse::inline;
use crate::parse::labels::{self, Label};
use crate::parse::markdown::{BlockKind, plain};
use crate::parse::sentences;
use crate::parse::vocabulary;
use crate::parse::walk::{Intro, Open, Walker};

impl Walker<'_> {
    pub(super) fn list(&mut self, index: usize, ordered: bool) {
        if ordered {
            self.end_remark();
        }
        let explained = sentences::explains(&self.lead);
        let belongs = self.open == Open::Titled && !ordered && (self.headed || !self.bulleted);
        let items: Vec<usize> = self.source.document.children(Some(index)).collect();
        for item in items {
            let label = self.first_paragraph(item).and_then(|paragraph| {
                labels::lines(&self.source.document.blocks[paragraph].inlines).next().and_then(labels::label)
            });
            if let (false, Some(label)) = (ordered, label.as_ref().filter(|label| self.opens_in_list(label))) {
                self.labelled_item(label.clone(), item);
            } else if !self.bears_steps() && !self.is_checklist_before_steps(item) {
                self.item_of_section(item);
            } else if explained
                && !self.is_task(item)
                && !self.holds_commands(item..self.source.document.blocks[item].end)
            {
                self.explained_item(item);
            } else if belongs && !self.is_task(item) {
                self.absorb(item, false);
            } else if ordered || self.instructs(item) {
                self.item_step(item, label);
                self.bulleted = !ordered;
            } else if self.open == Open::Titled {
                self.absorb(item, false);
            } else {
                self.loose_item(item);
            }
        }
        self.lead.clear();
    }

    /// Whether a label in a list of bullets opens a section.
    fn opens_in_list(&self, label: &Label) -> bool {
        let known = label.section.is_some_and(|kind| kind != SectionKind::Background);
        known && (self.content.steps.is_empty() || label.section.is_some_and(|kind| !kind.bears_steps()))
    }

    /// `- **Symptoms**: …` in a list is what it would be in a paragraph.
    pub(super) fn labelled_item(&mut self, label: Label, item: usize) {
        if let Some(paragraph) = self.first_paragraph(item) {
            let inlines = self.source.document.blocks[paragraph].inlines.clone();
            let first = labels::lines(&inlines).next().unwrap_or_default();
            self.labelled(label, first);
            if !self.bears_steps() {
                let span = self.source.visible(item);
                let rest: Vec<String> = labels::lines(&inlines).skip(1).map(plain).collect();
                self.add_to_section(&rest.join(" "), Vec::new(), span);
            }
        }
    }

    /// What happens by itself is no step.
    fn explained_item(&mut self, item: usize) {
        let text = self.source.document.text_of(item);
        if self.open == Open::Nothing {
            self.unstep(&text);
        } else {
            self.attach(&text, Vec::new(), self.source.visible(item));
        }
    }

    /// A bullet that asks for nothing; bullets below it may.
    fn loose_item(&mut self, item: usize) {
        let document = &self.source.document;
        let mut index = item + 1;
        while index < document.blocks[item].end {
            if matches!(document.blocks[index].kind, BlockKind::Item { .. }) && self.instructs_itself(index) {
                self.item_step(index, None);
                self.bulleted = true;
                index = document.blocks[index].end;
            } else {
                index += 1;
            }
        }
        let text = document.text_of(item);
        if self.open == Open::Nothing {
            self.unstep(&text);
            self.intro = Some(Intro { text, sentence: Some(self.source.visible(item)) });
        }
    }

    pub(super) fn first_paragraph(&self, item: usize) -> Option<usize> {
        let first = self.source.document.children(Some(item)).next()?;
        matches!(self.source.document.blocks[first].kind, BlockKind::Paragraph).then_some(first)
    }

    pub(super) fn is_checklist_before_steps(&self, item: usize) -> bool {
        let before = self.content.sections.last().is_some_and(|section| section.kind == SectionKind::Prerequisites);
        before && self.is_task(item)
    }

    pub(super) fn is_task(&self, item: usize) -> bool {
        matches!(self.source.document.blocks[item].kind, BlockKind::Item { task: true, .. })
    }

    /// Whether there are commands in a fence among the blocks: nobody shows those to explain what happens by itself.
    pub(super) fn holds_commands(&self, blocks: Range<usize>) -> bool {
        let mut blocks = blocks;
        blocks.any(|index| matches!(self.source.role(index), Some(FenceRole::Commands(_))))
    }

    pub(super) fn instructs(&self, item: usize) -> bool {
        let blocks = &self.source.document.blocks;
        let asks = self.first_paragraph(item).is_some_and(|index| sentences::asks(&plain(&blocks[index].inlines)));
        self.is_task(item)
            || asks
            || (item..blocks[item].end).any(|index| {
                matches!(self.source.role(index), Some(FenceRole::Commands(_)))
                    || !inline::commands(&blocks[index].inlines).is_empty()
            })
    }

    /// As `instructs`, without what is nested deeper.
    fn instructs_itself(&self, item: usize) -> bool {
        let blocks = &self.source.document.blocks;
        let mut children = self.source.document.children(Some(item));
        self.is_task(item)
            || children.any(|index| match &blocks[index].kind {
                BlockKind::Fence(_) => matches!(self.source.role(index), Some(FenceRole::Commands(_))),
                BlockKind::Paragraph => {
                    sentences::asks(&plain(&blocks[index].inlines))
                        || !inline::commands(&blocks[index].inlines).is_empty()
                }
                _ => false,
            })
    }

    pub(super) fn item_step(&mut self, item: usize, label: Option<Label>) {
        self.begin_item(item, label);
        self.absorb(item, true);
    }

    /// Begins the step that an item is, with its first sentence or label as the title.
    fn begin_item(&mut self, item: usize, label: Option<Label>) {
        let number = match self.source.document.blocks[item].kind {
            BlockKind::Item { number: Some(number), .. } => u32::try_from(number).ok(),
            _ => None,
        };
        let text = self
            .first_paragraph(item)
            .map(|index| plain(&self.source.document.blocks[index].inlines))
            .unwrap_or_default();
        let (title, rest) = match label {
            Some(label) => (vocabulary::without_step(&label.title).to_owned(), label.rest),
            None => {
                let (title, rest) = labels::first_sentence(&text);
                (title.to_owned(), rest.to_owned())
            }
        };
        self.begin_step(number, title, self.source.visible(item), Open::Titled);
        self.attach(&rest, Vec::new(), self.source.visible(item));
    }

    /// Takes everything inside a block into the open step; the text of the first paragraph may be in its title already.
    /// Items of ordered lists within are steps themselves.
    pub(super) fn absorb(&mut self, block: usize, titled: bool) {
        let mut first = if titled { self.first_paragraph(block) } else { None };
        let mut ordered = false;
        for index in block..self.source.document.blocks[block].end {
            let inlines = &self.source.document.blocks[index].inlines;
            match &self.source.document.blocks[index].kind {
                BlockKind::Fence(_) => self.fence_of_item(index),
                BlockKind::Html(html) => {
                    self.declared = self.declared.and(html);
                    let commands = self.inline_commands(inlines);
                    self.attach_mentions("", commands, self.source.visible(index));
                }
                BlockKind::List { ordered: numbered } => ordered = *numbered && !sentences::explains(&self.lead),
                BlockKind::Item { number: Some(_), .. } if index > block && ordered && titled => {
                    self.begin_item(index, None);
                    first = self.first_paragraph(index);
                }
                BlockKind::Paragraph | BlockKind::Cell => {
                    let text = plain(inlines);
                    self.alternative |= labels::introduces_alternative(&text) && text.ends_with(':');
                    for (place, sentence) in labels::sentences(inlines) {
                        self.content.proof.says(&sentence, self.source.line(place));
                        self.lead = sentence;
                    }
                    let commands = self.inline_commands(inlines);
                    let text = if first == Some(index) { "" } else { &text };
                    self.attach_mentions(text, commands, self.source.visible(index));
                }
                _ => {}
            }
        }
    }

    pub(super) fn item_of_section(&mut self, item: usize) {
        for index in item..self.source.document.blocks[item].end {
            match &self.source.document.blocks[index].kind {
                BlockKind::Fence(_) => self.fence(index),
                BlockKind::Paragraph => {
                    let inlines = &self.source.document.blocks[index].inlines;
                    let commands = self.inline_commands(inlines);
                    self.add_to_section(&plain(inlines), commands, self.source.visible(index));
                }
                _ => {}
            }
        }
    }

    /// A table of properties under the heading (`| Severity | P1 |`), or of commands: then each row is a step.
    pub(super) fn table(&mut self, index: usize) {
        let document = &self.source.document;
        for row in document.children(Some(index)) {
            let cells: Vec<usize> = document.children(Some(row)).collect();
            let texts: Vec<String> = cells.iter().map(|cell| plain(&document.blocks[*cell].inlines)).collect();
            if let [name, value] = texts.as_slice() {
                match vocabulary::section(name) {
                    Some(SectionKind::Severity) => self.content.severity = Some(value.clone()),
                    Some(SectionKind::Owner) => self.content.owner = Some(value.clone()),
                    _ => {}
                }
            }
            let mut commands = Vec::new();
            for cell in &cells {
                for (code, language) in inline::of_cell(&document.blocks[*cell].inlines) {
                    commands.push(self.inline_command(code, language));
                }
            }
            let span = self.source.visible(row);
            if commands.is_empty() {
                continue;
            }
            if !self.bears_steps() {
                self.add_to_section("", commands, span);
            } else if self.open == Open::Titled {
                self.attach("", commands, span);
            } else {
                self.begin_step(None, texts.first().cloned().unwrap_or_default(), span, Open::Introduced);
                self.attach("", commands, span);
            }
        }
    }
}
