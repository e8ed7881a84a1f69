//! How much each rule matters to a team: the levels that its configuration sets.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticSeverity;
use crate::lint::{RULES, Rule};

/// Levels by rule; a rule that is not named keeps its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    levels: BTreeMap<&'static str, Option<DiagnosticSeverity>>,
}

impl Settings {
    /// Sets the level of a rule, given by its code or name; `None` switches it off.
    ///
    /// # Errors
    /// The name as it was given, where there is no such rule.
    pub fn set(&mut self, rule: &str, level: Option<DiagnosticSeverity>) -> Result<(), String> {
        let rule = find_rule(rule).ok_or_else(|| rule.to_owned())?;
        self.levels.insert(rule.code, level);
        Ok(())
    }

    /// The level of a rule; `None` where it is switched off.
    pub(crate) fn level(&self, rule: &Rule) -> Option<DiagnosticSeverity> {
        self.levels.get(rule.code).copied().unwrap_or(Some(rule.severity))
    }
}

/// The rule with this code or name, in capitals or not.
pub fn find_rule(code_or_name: &str) -> Option<&'static Rule> {
    let wanted = |rule: &&'static Rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    };
    RULES.iter().copied().flatten().copied().find(wanted)
}
