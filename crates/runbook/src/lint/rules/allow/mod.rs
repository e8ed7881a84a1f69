//! Rules about the remarks that allow what other rules would report.

mod allow_without_effect;
mod allow_without_reason;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[&allow_without_reason::RULE, &allow_without_effect::RULE];
pub(in crate::lint) use allow_without_effect::report_unused;
