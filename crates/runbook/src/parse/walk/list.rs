//! Lists of a procedure: items are steps, parts of the open step, or points of a section; tables hold properties.

use crate::model::SectionKind;
use crate::parse::fences::FenceRole;
use crate::parse::inline;
use crate::parse::labels::{self, Label};
use crate::parse::markdown::{BlockKind, plain};
use crate::parse::source::declared_effect;
use crate::parse::vocabulary;
use crate::parse::walk::{Open, Walker};

impl Walker<'_> {
    pub(super) fn list(&mut self, index: usize, ordered: bool) {
        if ordered {
            self.end_remark();
        }
        let belongs = self.open == Open::Titled && (self.headed || !ordered && !self.bulleted);
        let items: Vec<usize> = self.source.document.children(Some(index)).collect();
        for item in items {
            let label = self.first_paragraph(item).and_then(|paragraph| {
                labels::lines(&self.source.document.blocks[paragraph].inlines).next().and_then(labels::label)
            });
            if let (false, Some(label)) = (ordered, label.as_ref().filter(|label| label.section.is_some())) {
                self.labelled_item(label.clone(), item);
            } else if !self.bears_steps() && !self.is_checklist_before_steps(item) {
                self.item_of_section(item);
            } else if belongs && !self.is_task_at_margin(item) {
                self.absorb(item, false);
            } else if ordered || self.instructs(item) {
                self.item_step(item, label);
                self.bulleted = !ordered;
            } else if self.open == Open::Titled {
                self.absorb(item, false);
            } else {
                let text = self.source.document.text_of(item);
                self.unstep(&text);
                self.intro = Some((text, self.source.visible(item)));
            }
        }
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

    pub(super) fn first_paragraph(&self, item: usize) -> Option<usize> {
        let first = self.source.document.children(Some(item)).next()?;
        matches!(self.source.document.blocks[first].kind, BlockKind::Paragraph).then_some(first)
    }

    pub(super) fn is_checklist_before_steps(&self, item: usize) -> bool {
        let before = self.content.sections.last().is_some_and(|section| section.kind == SectionKind::Prerequisites);
        before && matches!(self.source.document.blocks[item].kind, BlockKind::Item { task: true, .. })
    }

    /// A task list is a list of steps of its own; it does not belong to the step before it unless that is a heading.
    pub(super) fn is_task_at_margin(&self, item: usize) -> bool {
        !self.headed && matches!(self.source.document.blocks[item].kind, BlockKind::Item { task: true, .. })
    }

    pub(super) fn instructs(&self, item: usize) -> bool {
        let blocks = &self.source.document.blocks;
        let task = matches!(blocks[item].kind, BlockKind::Item { task: true, .. });
        let imperative =
            self.first_paragraph(item).is_some_and(|index| vocabulary::is_imperative(&plain(&blocks[index].inlines)));
        task || imperative
            || (item..blocks[item].end).any(|index| {
                matches!(self.source.role(index, false), Some(FenceRole::Commands(_)))
                    || !inline::commands(&blocks[index].inlines).is_empty()
            })
    }

    pub(super) fn item_step(&mut self, item: usize, label: Option<Label>) {
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
        self.absorb(item, true);
    }

    /// Takes everything inside a block into the open step; the text of the first paragraph may be in its title already.
    pub(super) fn absorb(&mut self, block: usize, titled: bool) {
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

    /// A table of properties under the heading: `| Severity | P1 |`.
    pub(super) fn table(&mut self, index: usize) {
        let document = &self.source.document;
        for row in document.children(Some(index)) {
            let cells: Vec<String> =
                document.children(Some(row)).map(|cell| plain(&document.blocks[cell].inlines)).collect();
            let [name, value] = cells.as_slice() else { continue };
            match vocabulary::section(name) {
                Some(SectionKind::Severity) => self.content.severity = Some(value.clone()),
                Some(SectionKind::Owner) => self.content.owner = Some(value.clone()),
                _ => {}
            }
        }
    }
}
