//! Rules about the document itself.

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[];
