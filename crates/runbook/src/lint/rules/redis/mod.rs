//! Rules about Redis.

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[];
