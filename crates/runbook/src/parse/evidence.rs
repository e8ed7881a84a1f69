//! What speaks for a heading being a procedure, counted in the blocks directly under it.

use crate::model::SectionKind;
use crate::parse::fences::FenceRole;
use crate::parse::inline;
use crate::parse::labels;
use crate::parse::markdown::{BlockKind, Inline, plain};
use crate::parse::outline::Node;
use crate::parse::sentences;
use crate::parse::source::Source;
use crate::parse::vocabulary;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    pub(crate) trigger: bool,
    pub(crate) steps_labelled: bool,
    pub(crate) step_headings: usize,
    pub(crate) items: usize,
    pub(crate) instructions: usize,
    pub(crate) bullets: usize,
    pub(crate) tasks: usize,
    pub(crate) commands: usize,
    pub(crate) inline: usize,
    pub(crate) prose: usize,
}

impl Evidence {
    pub(crate) fn add(&mut self, other: Self) {
        self.trigger |= other.trigger;
        self.steps_labelled |= other.steps_labelled;
        self.step_headings += other.step_headings;
        self.items += other.items;
        self.instructions += other.instructions;
        self.bullets += other.bullets;
        self.tasks += other.tasks;
        self.commands += other.commands;
        self.inline += other.inline;
        self.prose += other.prose;
    }

    pub(crate) const fn is_actionable(&self) -> bool {
        self.items + self.instructions + self.tasks + self.commands + self.inline + self.step_headings > 0
            || self.steps_labelled && self.prose > 0
    }

    /// Whether instructions in bullets are all there is.
    pub(crate) const fn only_bullets(&self) -> bool {
        let others = self.items + self.instructions + self.tasks + self.commands + self.inline + self.step_headings;
        self.bullets > 0 && others == 0 && !self.trigger && !self.steps_labelled
    }

    pub(crate) const fn is_procedure(&self) -> bool {
        let instructs = self.instructions >= 2 && self.instructions * 2 >= self.items
            || self.tasks >= 2
            || self.bullets >= 2
            || self.instructions + self.bullets > 0 && self.inline > 0;
        (self.is_actionable() || self.bullets >= 2)
            && (self.trigger || self.steps_labelled || self.step_headings > 0 || self.commands > 0 || instructs)
    }
}

pub(crate) fn own_evidence(source: &Source<'_>, node: &Node) -> Evidence {
    let mut evidence = Evidence::default();
    let mut ordered = false;
    // The last sentence says what a list below it is.
    let mut lead: &[Inline] = &[];
    let mut explained = false;
    for index in node.blocks.clone() {
        let block = &source.document.blocks[index];
        match &block.kind {
            BlockKind::Fence(fence) => match source.role(index) {
                Some(FenceRole::Commands(_)) => evidence.commands += 1,
                Some(FenceRole::Note) => {
                    evidence.tasks += fence.text.lines().filter(|line| is_numbered_comment(line)).count()
                }
                _ => {}
            },
            BlockKind::List { ordered: numbered } => {
                ordered = *numbered;
                let last = labels::sentences(std::mem::take(&mut lead)).pop();
                explained = last.is_some_and(|(_, sentence)| sentences::explains(&sentence));
            }
            BlockKind::Item { task: false, .. } if explained => {}
            BlockKind::Item { number, task } => {
                let instructs = item_instructs(source, index);
                evidence.items += usize::from(number.is_some());
                evidence.tasks += usize::from(*task);
                evidence.instructions += usize::from(number.is_some() && instructs);
                evidence.bullets += usize::from(!ordered && number.is_none() && instructs);
            }
            BlockKind::Paragraph | BlockKind::Html(_) => {
                evidence.prose += 1;
                lead = &block.inlines;
                evidence.inline += inline::commands(&block.inlines).len();
                for label in labels::lines(&block.inlines).filter_map(labels::label) {
                    evidence.trigger |= label.section == Some(SectionKind::Trigger);
                    evidence.steps_labelled |= label.section.is_some_and(SectionKind::bears_steps);
                    evidence.step_headings += usize::from(vocabulary::is_step(&label.title));
                }
            }
            BlockKind::Cell => evidence.inline += inline::of_cell(&block.inlines).len(),
            _ => {}
        }
    }
    evidence
}

/// `# 1. …`
fn is_numbered_comment(line: &str) -> bool {
    let comment = line.trim_start_matches(['#', ' ']);
    vocabulary::is_step(comment) || vocabulary::without_number(comment) != comment
}

fn item_instructs(source: &Source<'_>, index: usize) -> bool {
    let paragraph = source.document.blocks.get(index + 1).filter(|block| matches!(block.kind, BlockKind::Paragraph));
    paragraph.is_some_and(|block| sentences::asks(&plain(&block.inlines)))
}
