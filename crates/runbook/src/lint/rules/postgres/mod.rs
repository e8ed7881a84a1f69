//! Rules about PostgreSQL and SQL.

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[];
