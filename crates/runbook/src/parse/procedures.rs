//! Which headings are procedures: the smallest titled units that a responder would choose to run.
//!
//! A title is a procedure if there is something to do under it, and if the text says in one way or another that this
//! is a procedure: a trigger, a section of steps, commands, or a list of instructions. Sections and steps below a
//! title belong to it; the branches of a mitigation ("Option B", "If the disk is full") are procedures themselves.
//! A heading that gathers several incidents is none, unless it has steps of its own.

use crate::model::SectionKind;
use crate::parse::evidence::{Evidence, own_evidence};
use crate::parse::outline::Node;
use crate::parse::sentences;
use crate::parse::source::Source;
use crate::parse::vocabulary::{self, HeadingKind};

/// A procedure as a list of nodes, the first of which is its heading.
pub(crate) type Unit = Vec<usize>;

/// Finds the procedures of a text.
pub(crate) struct Discovery<'s> {
    nodes: &'s [Node],
    own: Vec<Evidence>,
    /// What speaks for each node together with everything below it.
    all: Vec<Evidence>,
    /// Whether a section below the node says when it applies; counted once, since parents ask for every child.
    trigger_below: Vec<bool>,
}

impl<'s> Discovery<'s> {
    pub(crate) fn new(source: &'s Source<'s>, nodes: &'s [Node]) -> Self {
        let own: Vec<Evidence> = nodes.iter().map(|node| own_evidence(source, node)).collect();
        let mut all = own.clone();
        for index in (0..nodes.len()).rev() {
            for child in &nodes[index].children {
                let mut below = all[*child];
                match nodes[*child].kind {
                    HeadingKind::Section(SectionKind::Trigger) => all[index].trigger = true,
                    HeadingKind::Section(kind) => below.steps_labelled |= kind.bears_steps(),
                    HeadingKind::Step => below.step_headings += 1,
                    _ => {}
                }
                all[index].add(below);
            }
        }
        let is_trigger = |child: &usize| nodes[*child].kind == HeadingKind::Section(SectionKind::Trigger);
        let trigger_below = nodes.iter().map(|node| node.children.iter().any(is_trigger)).collect();
        Self { nodes, own, all, trigger_below }
    }

    /// The procedures in the order of the text.
    pub(crate) fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        self.visit(0, &mut units);
        units.sort_by_key(|unit| unit[0]);
        units
    }

    /// What speaks for each node by itself.
    pub(crate) fn own(&self) -> &[Evidence] {
        &self.own
    }

    fn visit(&self, index: usize, units: &mut Vec<Unit>) {
        let node = &self.nodes[index];
        if node.reference.is_some() {
            return;
        }
        let mut unit = vec![index];
        let mut evidence = self.own[index];
        let mut apart = Vec::new();
        if self.is_single(index) {
            self.gather(index, &mut unit, &mut evidence, &mut apart);
        } else {
            apart.extend(&node.children);
        }
        let candidate = index > 0 || self.stands_for_document(unit.len() > 1);
        let explained = sentences::is_explanation(&node.title) && evidence.commands == 0;
        let acts = evidence.is_procedure() || self.is_branch(index) && evidence.is_actionable();
        // Bullets above procedures of their own say what is going to be done below.
        let overview =
            unit.len() == 1 && evidence.only_bullets() && apart.iter().any(|child| self.all[*child].is_procedure());
        if candidate && !overview && !explained && !self.is_aside(index) && acts {
            units.push(unit);
        }
        for child in apart {
            self.visit(child, units);
        }
    }

    /// Text without headings, or whose headings are all sections, is one procedure named after its file.
    fn stands_for_document(&self, gathers: bool) -> bool {
        self.nodes[0].children.is_empty() || gathers
    }

    /// A section that stands alone, outside any procedure, and is not about doing something.
    fn is_aside(&self, index: usize) -> bool {
        matches!(self.nodes[index].kind, HeadingKind::Section(kind) if kind.is_remark() || matches!(kind, SectionKind::FollowUp | SectionKind::LongTerm))
    }

    /// Whether a heading is about one incident or one task, so that sections and steps below it are its own.
    fn is_single(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        if index > 0 && !matches!(node.kind, HeadingKind::Title) {
            return !self.is_gathering(index);
        }
        let structural = node.children.iter().any(|child| self.is_structural(*child));
        let titles: Vec<usize> =
            node.children.iter().copied().filter(|child| self.is_standalone_title(*child)).collect();
        let incidents = titles.iter().filter(|child| self.is_incident(**child) && !self.is_branch(**child)).count();
        if incidents >= 2 && (incidents * 2 >= titles.len() || !structural) {
            return false;
        }
        if titles.iter().any(|child| self.gathers_incidents(*child)) {
            return false;
        }
        structural
            || node.children.iter().any(|child| self.nodes[*child].kind == HeadingKind::Step)
            || self.own[index].trigger && !titles.iter().any(|child| self.is_incident(*child))
            || self.own[index].steps_labelled
            || self.is_sequence(index)
            || self.is_incident(index) && titles.iter().all(|child| sentences::is_imperative(&self.nodes[*child].title))
            || index > 0 && titles.is_empty()
    }

    /// "Common incidents", with two of them at least.
    fn gathers_incidents(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let titles = node.children.iter().filter(|child| self.is_standalone_title(**child));
        vocabulary::is_collection(&node.title) && titles.count() >= 2 && !self.own[index].is_actionable()
    }

    /// A section below the heading that only a procedure has.
    fn is_structural(&self, index: usize) -> bool {
        match self.nodes[index].kind {
            HeadingKind::Section(
                SectionKind::Trigger | SectionKind::Diagnosis | SectionKind::Steps | SectionKind::Mitigation,
            ) => !self.is_gathering(index),
            _ => false,
        }
    }

    /// A section whose headings are incidents or tasks of their own: "Troubleshooting", "Rollback procedures".
    fn is_gathering(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let titles: Vec<usize> =
            node.children.iter().copied().filter(|child| self.is_standalone_title(*child)).collect();
        let apart = titles.iter().filter(|child| {
            let title = &self.nodes[**child].title;
            self.is_incident(**child) && !self.is_branch(**child)
                || vocabulary::is_collection(&node.title)
                    && vocabulary::leading_number(title).is_none()
                    && !vocabulary::is_branch(title)
        });
        !titles.is_empty() && apart.count() * 2 >= titles.len().max(2) && !self.own[index].is_actionable()
    }

    /// Numbered instructions below a heading that is no collection are its steps.
    fn is_sequence(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let titles =
            node.children.iter().map(|child| &self.nodes[*child]).filter(|child| child.kind == HeadingKind::Title);
        let titles: Vec<&Node> = titles.collect();
        let numbered = titles.iter().filter(|child| vocabulary::leading_number(&child.title).is_some()).count();
        let imperative = titles.iter().filter(|child| sentences::is_imperative(&child.title)).count();
        let specific =
            node.level > 1 || sentences::is_imperative(&node.title) || vocabulary::names_symptom(&node.title);
        numbered >= 2
            && numbered * 4 >= titles.len() * 3
            && imperative * 2 >= titles.len()
            && specific
            && !vocabulary::is_collection(&node.title)
            && !node.children.iter().any(|child| self.own[*child].trigger || self.trigger_below[*child])
    }

    /// A title with something to do below it.
    fn is_standalone_title(&self, index: usize) -> bool {
        self.nodes[index].kind == HeadingKind::Title && self.all[index].is_procedure()
    }

    fn is_branch(&self, index: usize) -> bool {
        vocabulary::is_branch(&self.nodes[index].title)
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
            HeadingKind::Section(_) => !self.is_gathering(child),
            HeadingKind::Step => true,
            HeadingKind::Reference(_) => false,
            HeadingKind::Title if self.own[child].trigger || self.trigger_below[child] => false,
            HeadingKind::Title if vocabulary::is_branch(&node.title) => !self.all[child].is_actionable(),
            HeadingKind::Title => match above.kind {
                HeadingKind::Step => true,
                HeadingKind::Section(kind) => kind.bears_steps() || !self.is_standalone_title(child),
                _ if parent != head => true,
                _ => {
                    sentences::is_imperative(&node.title)
                        || vocabulary::leading_number(&node.title).is_some()
                        || !self.is_standalone_title(child)
                }
            },
        }
    }

    /// Whether the title is about one kind of incident, so that the imperatives under it are its steps.
    fn is_incident(&self, index: usize) -> bool {
        self.own[index].trigger || self.trigger_below[index] || vocabulary::names_symptom(&self.nodes[index].title)
    }
}
