//! Rules about clouds, certificates and queues.

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[];
