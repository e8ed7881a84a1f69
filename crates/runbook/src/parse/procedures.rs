//! Which headings are procedures: the smallest titled units that a responder would choose to run.
//!
//! A title is a procedure if there is something to do under it, and if the text says in one way or another that this
//! is a procedure: a trigger, a section of steps, commands, or a list of instructions. Sections and steps below a
//! title belong to it; the branches of a mitigation ("Option B", "If the disk is full") are procedures themselves.

use crate::model::SectionKind;
use crate::parse::fences::FenceRole;
use crate::parse::inline;
use crate::parse::labels;
use crate::parse::markdown::{BlockKind, plain};
use crate::parse::outline::Node;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};

/// A procedure as a list of nodes, the first of which is its heading.
pub(crate) type Unit = Vec<usize>;

/// What speaks for a title being a procedure.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    trigger: bool,
    steps_labelled: bool,
    step_headings: usize,
    items: usize,
    instructions: usize,
    tasks: usize,
    commands: usize,
    inline: usize,
    prose: usize,
}

impl Evidence {
    fn add(&mut self, other: Self) {
        self.trigger |= other.trigger;
        self.steps_labelled |= other.steps_labelled;
        self.step_headings += other.step_headings;
        self.items += other.items;
        self.instructions += other.instructions;
        self.tasks += other.tasks;
        self.commands += other.commands;
        self.inline += other.inline;
        self.prose += other.prose;
    }

    const fn is_actionable(&self) -> bool {
        self.items + self.instructions + self.tasks + self.commands + self.inline + self.step_headings > 0
            || self.steps_labelled && self.prose > 0
    }

    const fn is_procedure(&self) -> bool {
        let instructs = self.instructions >= 2 && self.instructions * 2 >= self.items
            || self.tasks >= 2
            || self.instructions > 0 && self.inline > 0;
        self.is_actionable()
            && (self.trigger || self.steps_labelled || self.step_headings > 0 || self.commands > 0 || instructs)
    }
}

/// Finds the procedures of a text.
pub(crate) struct Discovery<'s> {
    source: &'s Source<'s>,
    nodes: &'s [Node],
    own: Vec<Evidence>,
    /// Whether a section below the node says when it applies; counted once, since parents ask for every child.
    trigger_below: Vec<bool>,
}

impl<'s> Discovery<'s> {
    pub(crate) fn new(source: &'s Source<'s>, nodes: &'s [Node]) -> Self {
        let own = nodes.iter().map(|node| own_evidence(source, node)).collect();
        let is_trigger = |child: &usize| nodes[*child].kind == HeadingKind::Section(SectionKind::Trigger);
        let trigger_below = nodes.iter().map(|node| node.children.iter().any(is_trigger)).collect();
        Self { source, nodes, own, trigger_below }
    }

    /// The procedures in the order of the text.
    pub(crate) fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        self.visit(0, &mut units);
        units.sort_by_key(|unit| unit[0]);
        units
    }

    /// Whether this is some other kind of document: a README, a report, a proposal, a template.
    pub(crate) fn is_foreign(&self) -> bool {
        const FILES: &[&str] = &[
            "readme",
            "changelog",
            "contributing",
            "code_of_conduct",
            "security",
            "license",
            "maintainers",
            "summary",
        ];
        let sections = self.nodes.iter().any(|node| match node.kind {
            HeadingKind::Section(kind) => {
                matches!(kind, SectionKind::Trigger | SectionKind::Rollback) || kind.bears_steps()
            }
            HeadingKind::Step => true,
            _ => false,
        });
        let labelled = self.own.iter().any(|evidence| evidence.trigger || evidence.steps_labelled);
        let first = self.nodes.iter().find(|node| node.level == 1).map_or("", |node| node.title.as_str());
        if vocabulary::normalised(first).ends_with("template") {
            return true;
        }
        let headings = self.nodes.iter().filter(|node| vocabulary::is_foreign(&node.title)).count();
        let named = FILES.contains(&self.source.stem().to_ascii_lowercase().as_str());
        !sections && !labelled && (named || headings >= 2)
    }

    fn visit(&self, index: usize, units: &mut Vec<Unit>) {
        let node = &self.nodes[index];
        if node.reference.is_some() {
            return;
        }
        let mut unit = vec![index];
        let mut evidence = self.own[index];
        let mut apart = Vec::new();
        self.gather(index, &mut unit, &mut evidence, &mut apart);
        let candidate = index > 0 || self.stands_for_document();
        let explained = vocabulary::is_explanation(&node.title) && evidence.commands == 0;
        if candidate && !explained && evidence.is_procedure() {
            units.push(unit);
        }
        for child in apart {
            self.visit(child, units);
        }
    }

    /// Text without headings, or whose headings are all sections, is one procedure named after its file.
    fn stands_for_document(&self) -> bool {
        let children = &self.nodes[0].children;
        children.is_empty()
            || children
                .iter()
                .any(|child| matches!(self.nodes[*child].kind, HeadingKind::Section(_) | HeadingKind::Step))
    }

    /// Adds the nodes below that belong to the unit; those that stand for themselves go to `apart`.
    fn gather(&self, index: usize, unit: &mut Unit, evidence: &mut Evidence, apart: &mut Vec<usize>) {
        for child in &self.nodes[index].children {
            if !self.belongs(index, *child, unit[0]) {
                apart.push(*child);
                continue;
            }
            unit.push(*child);
            let mut below = self.own[*child];
            match self.nodes[*child].kind {
                HeadingKind::Section(SectionKind::Trigger) => evidence.trigger = true,
                HeadingKind::Section(SectionKind::Diagnosis | SectionKind::Steps | SectionKind::Mitigation) => {
                    below.steps_labelled = true;
                    evidence.add(below);
                }
                HeadingKind::Section(_) => {}
                HeadingKind::Step => {
                    below.step_headings += 1;
                    evidence.add(below);
                }
                _ => evidence.add(below),
            }
            self.gather(*child, unit, evidence, apart);
        }
    }

    /// Whether a heading is part of the unit that `parent` belongs to.
    fn belongs(&self, parent: usize, child: usize, head: usize) -> bool {
        let (above, node) = (&self.nodes[parent], &self.nodes[child]);
        match node.kind {
            HeadingKind::Section(_) | HeadingKind::Step => true,
            HeadingKind::Reference(_) => false,
            HeadingKind::Title if self.is_incident(child) => false,
            HeadingKind::Title => match above.kind {
                HeadingKind::Step => true,
                HeadingKind::Section(_) => !vocabulary::is_branch(&node.title) || !self.own[child].is_actionable(),
                _ if parent != head => !vocabulary::is_branch(&node.title),
                _ => self.is_incident(head) && vocabulary::is_imperative(&node.title),
            },
        }
    }

    /// Whether the title is about one kind of incident, so that the imperatives under it are its steps.
    fn is_incident(&self, index: usize) -> bool {
        self.own[index].trigger || self.trigger_below[index]
    }
}

fn own_evidence(source: &Source<'_>, node: &Node) -> Evidence {
    let mut evidence = Evidence::default();
    for index in node.blocks.clone() {
        let block = &source.document.blocks[index];
        match &block.kind {
            BlockKind::Fence(_) => {
                evidence.commands += usize::from(matches!(source.role(index, false), Some(FenceRole::Commands(_))));
            }
            BlockKind::Item { number, task } => {
                evidence.items += usize::from(number.is_some());
                evidence.tasks += usize::from(*task);
                evidence.instructions += usize::from(number.is_some() && item_instructs(source, index));
            }
            BlockKind::Paragraph => {
                evidence.prose += 1;
                evidence.inline += inline::commands(&block.inlines).len();
                for label in labels::lines(&block.inlines).filter_map(labels::label) {
                    evidence.trigger |= label.section == Some(SectionKind::Trigger);
                    evidence.steps_labelled |= label.section.is_some_and(SectionKind::bears_steps);
                    evidence.step_headings += usize::from(vocabulary::is_step(&label.title));
                }
            }
            _ => {}
        }
    }
    evidence
}

fn item_instructs(source: &Source<'_>, index: usize) -> bool {
    let paragraph = source.document.blocks.get(index + 1).filter(|block| matches!(block.kind, BlockKind::Paragraph));
    paragraph.is_some_and(|block| vocabulary::is_imperative(&plain(&block.inlines)))
}
