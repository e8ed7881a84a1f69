//! Where a procedure tells how to check that it worked, and how to undo what it did.
//!
//! Checks count only behind a change; inside a section of checks only its first line counts. Going back counts
//! where it undoes what the procedure did, not where it is the fix.

use allclear_core::EffectClass;

use crate::model::{Command, SectionKind};
use crate::parse::{outcomes, undoing};

#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// Lines of sections, steps, sentences and comments that tell how to check.
    pub(crate) verify: Vec<u32>,
    /// Lines of sections and steps that undo.
    pub(crate) rollback: Vec<u32>,
    /// Whether anything has been changed so far.
    changed: bool,
    /// Whether the current section is about checking, so that everything in it is one place.
    checking: bool,
    /// Whether the current step is.
    verifying: bool,
    /// Whether the current section is about going back.
    returning: bool,
}

impl Proof {
    pub(crate) fn section(&mut self, kind: SectionKind, line: u32, begun: bool) {
        self.verifying = false;
        self.checking = kind == SectionKind::Verification;
        self.returning = matches!(kind, SectionKind::Rollback | SectionKind::ReEnable);
        if self.checking && begun {
            self.verify.push(line);
        }
        if self.returning {
            self.rollback.push(line);
        }
    }

    /// Behind the last section with a heading of its own kind.
    pub(crate) fn leave(&mut self) {
        (self.checking, self.verifying, self.returning) = (false, false, false);
    }

    pub(crate) fn step(&mut self, title: &str, line: u32) {
        self.verifying = outcomes::verifies(title);
        if self.verifying && self.changed && !self.checking && !self.returning {
            self.verify.push(line);
        }
        if self.changed && !self.returning && undoing::undoes(title) {
            self.rollback.push(line);
        }
        self.changed |= outcomes::changes(title);
    }

    pub(crate) fn command(&mut self, command: &Command) {
        // What an unknown program does is told by the sentence around it, if at all.
        self.changed |= matches!(command.effect, EffectClass::Change | EffectClass::Outage | EffectClass::Destroy);
    }

    /// A sentence or a comment that may say what is to be seen.
    pub(crate) fn says(&mut self, text: &str, line: u32) {
        let elsewhere = self.checking || self.verifying || self.returning || self.verify.last() == Some(&line);
        if self.changed && !elsewhere && outcomes::expects(text) {
            self.verify.push(line);
        }
        let told = self.returning || self.rollback.last() == Some(&line);
        if self.changed && !told && undoing::reminds_to_undo(text) {
            self.rollback.push(line);
        }
    }
}
